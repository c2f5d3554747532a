"""Deployment packages, unpacked once for each content."""

from __future__ import annotations

import io
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path

from localcloud.lambdas.function import FunctionVersion


class CodeStore:
    """Folders that hold the unpacked code of functions; functions with equal code share one."""

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="lambda-code-"))
        self._lock = threading.Lock()
        self._folders: dict[str, Path] = {}

    def folder(self, function: FunctionVersion) -> Path:
        """Where the function's code lies (`LAMBDA_TASK_ROOT`)."""
        with self._lock:
            if function.code_sha256 not in self._folders:
                target = self._root / str(len(self._folders))
                with zipfile.ZipFile(io.BytesIO(function.code)) as package:
                    package.extractall(target)
                self._folders[function.code_sha256] = target
            return self._folders[function.code_sha256]

    def close(self) -> None:
        """Remove all folders."""
        shutil.rmtree(self._root, ignore_errors=True)
