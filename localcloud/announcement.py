"""How programs find the local cloud: `.sluice/cloud.json`, and `export` lines for a shell."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol


class Reachable(Protocol):
    """What is announced: an endpoint and the environment that leads to it."""

    endpoint_url: str
    region: str

    @property
    def environment(self) -> dict[str, str]:
        """The variables that every AWS SDK reads."""


class Announcement:
    """Exists as a file only while the cloud can be used."""

    def __init__(self, path: Path, *, beginning: float) -> None:
        """`beginning` is the `time.perf_counter()` at which the first phase began."""
        self._path = path
        self._last = beginning
        self._timings: dict[str, float] = {}

    def finished(self, phase: str) -> None:
        """Note how many seconds passed since the phase before."""
        now = time.perf_counter()
        self._timings[phase] = round(now - self._last, 3)
        self._last = now

    def publish(self, cloud: Reachable, *, stack: str) -> None:
        """Write the file in one step and print the exports."""
        environment = cloud.environment
        document = {
            "endpoint_url": cloud.endpoint_url,
            "pid": os.getpid(),
            "stack": stack,
            "region": cloud.region,
            "access_key_id": environment["AWS_ACCESS_KEY_ID"],
            "secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
            "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "timings": self._timings,
        }
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.unlink(missing_ok=True)
        with open(draft, "x", encoding="utf-8", opener=_private) as file:
            file.write(json.dumps(document, indent=2) + "\n")
        draft.replace(self._path)
        for name, value in {**environment, "SLUICE_STACK": stack}.items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
        sys.stdout.flush()

    def withdraw(self) -> None:
        """Remove the file, unless it names another cloud that still runs."""
        try:
            pid = int(json.loads(self._path.read_bytes())["pid"])
        except FileNotFoundError:
            return
        except (ValueError, KeyError, TypeError):
            pid = os.getpid()
        if pid == os.getpid() or pid <= 0 or not _runs(pid):
            self._path.unlink(missing_ok=True)


def _runs(pid: int) -> bool:
    """Whether there is such a process, be it another user's."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (ProcessLookupError, OverflowError):
        return False
    return True


def _private(path: str, flags: int) -> int:
    """Open a file that its owner alone may read."""
    return os.open(path, flags, mode=0o600)
