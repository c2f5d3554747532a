"""The local cloud of a checkout: find the one that `sluice up` started, or start one.

A running cloud announces itself in `.sluice/cloud.json` (endpoint, process, stack, region) once
everything is deployed, and removes that file when it ends.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Self

import boto3
from botocore.exceptions import BotoCoreError, HTTPClientError

from sluice.stack.controls import ask
from sluice.stack.project import TEMPLATE
from sluice.terminal.exits import CloudError

STATE_FOLDER = ".sluice"
# A cold start with an empty page cache took 12 s on a slow disk.
START_SECONDS = 120.0
# 1 GB that a cloud had kept was read back at 10 MB a second on two busy cores.
KEPT_BYTES_A_SECOND = 2_000_000
_MUCH_BYTES = 100_000_000
STOP_SECONDS = 15.0
LOOK_SECONDS = 0.05
CHECK = (sys.executable, "-m", "sluice.stack.deployable")
"""What a cloud runs before it deploys what was saved."""
_HEALTH_SECONDS = 2
_LOG_LINES = 15


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalCloud:
    """A local cloud that is up."""

    endpoint_url: str
    pid: int
    stack: str
    region: str
    access_key_id: str
    secret_access_key: str = field(repr=False)

    @classmethod
    def from_announcement(cls, text: str) -> Self:
        """From the text of `cloud.json`.

        Raises:
            ValueError: it is no announcement, or not yet a whole one.
        """
        try:
            said = json.loads(text)
            return cls(
                endpoint_url=said["endpoint_url"],
                pid=int(said["pid"]),
                stack=said["stack"],
                region=said["region"],
                access_key_id=said["access_key_id"],
                secret_access_key=said["secret_access_key"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not an announcement of a local cloud: {error!r}") from error

    def session(self) -> boto3.Session:
        """A session that can only mean this cloud: its credentials are worth nothing elsewhere."""
        return boto3.Session(
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            region_name=self.region,
        )

    def ask(self, control: str, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What a control of this cloud answers."""
        return ask(self.endpoint_url, self.session(), control, document)

    def is_healthy(self) -> bool:
        """Whether it answers, and soon."""
        try:
            ask(self.endpoint_url, self.session(), "health", seconds=_HEALTH_SECONDS)
        except (CloudError, BotoCoreError, HTTPClientError):
            return False
        return True


def command(
    project: Path,
    *,
    stack: str,
    port: int = 0,
    data: Path | None = None,
    parameters: Sequence[str] = (),
) -> list[str]:
    """The command line that starts a local cloud; port 0 takes a free one.

    Raises:
        OperatorError: a contract of the checkout may not be deployed.
    """
    from sluice.stack.deployable import require_deployable  # noqa: PLC0415  (reads YAML)

    require_deployable(project)
    words = [sys.executable, "-m", "localcloud", "--template", str(project / TEMPLATE)]
    words += ["--stack", stack, "--port", str(port)]
    words += [word for parameter in parameters for word in ("--parameter", parameter)]
    return words if data is None else [*words, "--data", str(data)]


def running(project: Path) -> LocalCloud | None:
    """The local cloud that `sluice up` started in this checkout."""
    return _announced(project / STATE_FOLDER / "cloud.json")


def died(project: Path) -> int | None:
    """The process of a cloud that ended without withdrawing its announcement."""
    try:
        cloud = LocalCloud.from_announcement(
            (project / STATE_FOLDER / "cloud.json").read_text(encoding="utf-8")
        )
    except (FileNotFoundError, ValueError):
        return None
    return None if _alive(cloud.pid) else cloud.pid


def _announced(announcement: Path) -> LocalCloud | None:
    try:
        cloud = LocalCloud.from_announcement(announcement.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return cloud if _alive(cloud.pid) and cloud.is_healthy() else None


@contextmanager
def fresh(
    project: Path, *, stack: str, say: Callable[[str], None], parameters: Sequence[str] = ()
) -> Iterator[LocalCloud]:
    """A local cloud of this command's own: it starts empty, keeps nothing, ends with the context.

    Raises:
        CloudError: it did not come up.
    """
    folder = project / STATE_FOLDER
    folder.mkdir(exist_ok=True)
    announcement = folder / f"cloud-{os.getpid()}.json"
    words = command(project, stack=stack, parameters=parameters)
    words += ["--announce", str(announcement), "--parent", str(os.getpid())]
    log = announcement.with_suffix(".log")
    with ended_by_sigterm():
        process = start(words, project=project, log=log)
        try:
            yield await_cloud(announcement, process, log, say)
        finally:
            if process.poll() is None:
                _end(process)
                log.unlink()


def start(
    words: Sequence[str], *, project: Path, log: Path, descriptors: Sequence[int] = ()
) -> subprocess.Popen[bytes]:
    """The process of a cloud, which inherits the descriptors and writes to the log.

    Its exports go nowhere: they hold its key.
    """
    with log.open("wb") as sink:
        return subprocess.Popen(
            words,
            cwd=project,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=sink,
            pass_fds=descriptors,
            process_group=0,  # Ctrl-C reaches this command first, which then ends the cloud
        )


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends this process as an exception does: with everything put away."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def start_seconds(kept_bytes: int) -> float:
    """How long a cloud may take to start that reads back so many bytes.

    >>> start_seconds(0), start_seconds(1_000_000_000)
    (120.0, 620.0)
    """
    return START_SECONDS + kept_bytes / KEPT_BYTES_A_SECOND


def await_cloud(
    announcement: Path,
    process: subprocess.Popen[bytes],
    log: Path,
    say: Callable[[str], None],
    *,
    kept_bytes: int = 0,
) -> LocalCloud:
    """The cloud of a process, once it can be used.

    Raises:
        CloudError: it ended, or took too long.
    """
    much = f" and reading the {kept_bytes:,} bytes that the last one kept"
    say(f"starting a local cloud{much if kept_bytes >= _MUCH_BYTES else ''} …")
    began, patience = time.monotonic(), start_seconds(kept_bytes)
    while time.monotonic() < began + patience:
        if cloud := _announced(announcement):
            say(f"local cloud at {cloud.endpoint_url}, ready in {time.monotonic() - began:.1f} s")
            return cloud
        if process.poll() is not None:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
            raise CloudError(
                f"the local cloud ended with code {process.returncode}; {log} says\n{tail}"
            )
        time.sleep(LOOK_SECONDS)
    raise CloudError(f"the local cloud was not ready after {patience:.0f} s; see {log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
