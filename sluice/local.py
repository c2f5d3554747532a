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
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from types import FrameType
from typing import Self
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from sluice.data_folder import reserved
from sluice.exits import CloudError
from sluice.project import TEMPLATE

STATE_FOLDER = ".sluice"
# A cold start with an empty page cache took 12 s on a slow disk.
START_SECONDS = 120.0
_STOP_SECONDS = 15.0
_LOOK_SECONDS = 0.05
_HEALTH_SECONDS = 2.0
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

    def is_healthy(self) -> bool:
        """Ask the cloud itself; a proxy of the environment has no business in between."""
        url = f"{self.endpoint_url}/_localcloud/health"
        request = AWSRequest("GET", url)
        key = Credentials(self.access_key_id, self.secret_access_key)
        SigV4Auth(key, "localcloud", self.region).add_auth(request)
        signed = Request(url, headers=dict(request.headers))  # noqa: S310  from its file
        try:
            with build_opener(ProxyHandler({})).open(signed, timeout=_HEALTH_SECONDS) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except (URLError, OSError):
            return False


def command(
    project: Path,
    *,
    stack: str,
    port: int = 0,
    data: Path | None = None,
    parameters: Sequence[str] = (),
) -> list[str]:
    """The command line that starts a local cloud; port 0 takes a free one."""
    words = [sys.executable, "-m", "localcloud", "--template", str(project / TEMPLATE)]
    words += ["--stack", stack, "--port", str(port)]
    words += [word for parameter in parameters for word in ("--parameter", parameter)]
    return words if data is None else [*words, "--data", str(data)]


def running(project: Path) -> LocalCloud | None:
    """The local cloud that `sluice up` started in this checkout."""
    return _announced(project / STATE_FOLDER / "cloud.json")


def _announced(announcement: Path) -> LocalCloud | None:
    try:
        cloud = LocalCloud.from_announcement(announcement.read_text())
    except (FileNotFoundError, ValueError):
        return None
    return cloud if _alive(cloud.pid) and cloud.is_healthy() else None


@contextmanager
def started(
    project: Path,
    *,
    stack: str,
    keep: bool,
    say: Callable[[str], None],
    parameters: Sequence[str] = (),
) -> Iterator[LocalCloud]:
    """A local cloud of this command's own, which ends with the context.

    With `keep` it goes on with what the last one of this checkout held, and the next one will;
    without, it starts empty and leaves nothing.

    Raises:
        CloudError: it did not come up.
    """
    folder = project / STATE_FOLDER
    folder.mkdir(exist_ok=True)
    with ExitStack() as contexts:
        words, descriptors = command(project, stack=stack, parameters=parameters), []
        if keep:
            data = folder / "data"
            descriptors.append(contexts.enter_context(reserved(data, say)))
            words += ["--data", str(data)]
        announcement = folder / f"cloud-{os.getpid()}.json"
        words += ["--announce", str(announcement), "--parent", str(os.getpid())]
        contexts.enter_context(_ended_by_sigterm())
        began = time.monotonic()
        say("starting a local cloud …")
        log = announcement.with_suffix(".log")
        with _process(words, cwd=project, log=log, descriptors=descriptors) as process:
            cloud = _await(announcement, process, log)
            say(f"local cloud at {cloud.endpoint_url}, ready in {time.monotonic() - began:.1f} s")
            yield cloud


@contextmanager
def _process(
    words: Sequence[str], *, cwd: Path, log: Path, descriptors: Sequence[int]
) -> Iterator[subprocess.Popen[bytes]]:
    """The process, ended with the context; its log stays where it ended by itself."""
    with log.open("wb") as sink:
        process = subprocess.Popen(
            words,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            pass_fds=descriptors,
            process_group=0,  # Ctrl-C reaches this command first, which then ends the cloud
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            _end(process)
            log.unlink()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends this process as an exception does: with everything put away."""

    def leave(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _await(announcement: Path, process: subprocess.Popen[bytes], log: Path) -> LocalCloud:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if cloud := _announced(announcement):
            return cloud
        if process.poll() is not None:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-_LOG_LINES:])
            raise CloudError(
                f"the local cloud ended with code {process.returncode}; {log} says\n{tail}"
            )
        time.sleep(_LOOK_SECONDS)
    raise CloudError(f"the local cloud was not ready after {START_SECONDS:.0f} s; see {log}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
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
