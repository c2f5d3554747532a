"""Deployment packages, unpacked once for each content."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
import zipfile
from pathlib import Path

from localcloud.cache_folder import default_cache_dir
from localcloud.lambdas.bytecode import Bytecode
from localcloud.lambdas.function import FunctionVersion

CHANGED = 315_532_800
"""1980-01-01, when all files of a package were changed last: bytecode tells of which time it is."""


class CodeStore:
    """Folders that hold the unpacked code of functions; functions with equal code share one.

    The bytecode that workers leave beside their modules is there again in the next cloud.
    """

    def __init__(self) -> None:
        self._root = Path(tempfile.mkdtemp(prefix="lambda-code-"))
        self._bytecode_dir = default_cache_dir() / "bytecode"
        self._lock = threading.Lock()
        self._unpacked: dict[str, tuple[Path, Bytecode]] = {}

    def folder(self, function: FunctionVersion) -> Path:
        """Where the function's code lies (`LAMBDA_TASK_ROOT`)."""
        with self._lock:
            if function.code_sha256 not in self._unpacked:
                target = self._root / str(len(self._unpacked))
                _unpack(function.code, target)
                bytecode = Bytecode.of(function.code, self._bytecode_dir)
                bytecode.restore(target)
                self._unpacked[function.code_sha256] = (target, bytecode)
            return self._unpacked[function.code_sha256][0]

    def close(self) -> None:
        """Keep the bytecode, and remove all folders."""
        for folder, bytecode in self._unpacked.values():
            bytecode.keep(folder)
        shutil.rmtree(self._root, ignore_errors=True)


def _unpack(code: bytes, target: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(code)) as package:
        for entry in package.infolist():
            os.utime(package.extract(entry, target), (CHANGED, CHANGED))
