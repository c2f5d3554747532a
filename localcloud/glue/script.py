"""The process that runs a job's script, and what its output says about its end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

_ERROR_LINE = re.compile(r"(?P<name>[A-Za-z_][\w.]*): ?(?P<message>.*)")
TAIL_BYTES = 64 * 1024


class ScriptProcess:
    """A running script, leader of a process group of its own."""

    def __init__(
        self, script: Path, arguments: Sequence[str], *, cwd: Path, env: Mapping[str, str]
    ) -> None:
        self.output = cwd / "output.log"
        self.error = cwd / "error.log"
        with self.output.open("wb") as output, self.error.open("wb") as error:
            self._process = subprocess.Popen(
                [sys.executable, script, *arguments],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=error,
                start_new_session=True,
            )

    def wait(self) -> int:
        """The exit code; negative for the number of a signal."""
        return self._process.wait()

    def kill(self) -> None:
        """End the script and what it started, and reap it; harmless once it has ended."""
        if self._process.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()


def error_message(stderr: str, exit_code: int) -> str:
    r"""What Glue shows as ErrorMessage: the exception that ended the script.

    >>> error_message("Traceback (most recent call last):\n  File …\nValueError: no rows\n", 1)
    'ValueError: no rows'
    """
    lines = stderr.splitlines()
    start = max(
        (i for i, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")),
        default=None,
    )
    if start is not None:
        for i in range(start + 1, len(lines)):
            if not lines[i].startswith((" ", "\t")) and _ERROR_LINE.match(lines[i] + ": "):
                return lines[i].strip() + _cause_in_java(lines[i + 1 :])
    said = [line.strip() for line in lines if line.strip()]
    if said and exit_code > 0:
        return said[-1]
    if exit_code < 0:
        name = signal.strsignal(-exit_code) or str(-exit_code)
        return f"the script was ended by the signal {-exit_code} ({name})"
    return f"the script ended with exit code {exit_code}"


def _cause_in_java(lines: list[str]) -> str:
    """The Java exception behind one of py4j's, which stands in the next line after a colon."""
    if lines and lines[0].startswith(": "):
        return " " + lines[0].removeprefix(": ").strip()
    return ""
