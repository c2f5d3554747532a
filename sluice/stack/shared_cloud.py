"""One local cloud for all commands of a checkout: the first starts it, the last one ends it.

Each command holds a shared lock on `.sluice/users.lock` while it works.  Who can have that lock
for itself alone is the last: the command that leaves, or the cloud where commands were killed.
`sluice up` holds the lock as a user does, so no command ends its cloud.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from sluice.stack import local
from sluice.stack.data_folder import kept_bytes, reserve
from sluice.stack.local import LocalCloud
from sluice.terminal.exits import CloudError

Say = Callable[[str], None]


def lease(project: Path) -> int:
    """Become a user of the checkout's cloud until the descriptor is closed.

    Waits while a cloud is being ended.
    """
    folder = project / local.STATE_FOLDER
    folder.mkdir(exist_ok=True)
    users = os.open(users_file(project), os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_SH)
    return users


def users_file(project: Path) -> Path:
    """The file on which users of the cloud hold a lock."""
    return project / local.STATE_FOLDER / "users.lock"


def data_folder(project: Path) -> Path:
    """Where the checkout's cloud keeps what it holds."""
    return project / local.STATE_FOLDER / "data"


@contextmanager
def shared(
    project: Path, *, stack: str, say: Say, parameters: Sequence[str] = ()
) -> Iterator[LocalCloud]:
    """The cloud that runs in this checkout, started if there is none.

    It goes on with what the last one held, and ends with the last command that uses it.

    Raises:
        CloudError: it did not come up.
        click.UsageError: it runs already, so it takes no parameters.
    """
    users = lease(project)
    try:
        with local.ended_by_sigterm():
            cloud = local.running(project)
            if cloud is not None and parameters:
                raise click.UsageError(
                    f"a local cloud is up already at {cloud.endpoint_url}: "
                    "`sluice --local deploy --parameter …` changes it; or add --fresh"
                )
            if cloud is None:
                cloud = _start_or_join(project, stack=stack, say=say, parameters=parameters)
            try:
                yield cloud
            finally:
                _end_if_last(project, users, cloud)
    finally:
        os.close(users)


def _start_or_join(project: Path, *, stack: str, say: Say, parameters: Sequence[str]) -> LocalCloud:
    if pid := local.died(project):
        say(f"the local cloud (process {pid}) has died; what it held is kept")
    kept = kept_bytes(data_folder(project))
    deadline, waiting = time.monotonic() + local.start_seconds(kept), False
    while time.monotonic() < deadline:
        if (reserved := reserve(data_folder(project))) is not None:
            log = project / local.STATE_FOLDER / "cloud.log"
            try:
                words = local.command(
                    project, stack=stack, data=data_folder(project), parameters=parameters
                )
                words += ["--users", str(users_file(project))]
                process = local.start(words, project=project, log=log, descriptors=[reserved])
            finally:
                os.close(reserved)
            return _started(project, process, log, say, kept)
        if cloud := local.running(project):
            return cloud
        if not waiting:
            say("another command is starting this checkout's local cloud …")
        waiting = True
        time.sleep(local.LOOK_SECONDS)
    raise CloudError(
        f"another process has {data_folder(project)}, but no local cloud answers; "
        "end it, or add --fresh"
    )


def _started(
    project: Path, process: subprocess.Popen[bytes], log: Path, say: Say, kept: int
) -> LocalCloud:
    announcement = project / local.STATE_FOLDER / "cloud.json"
    try:
        return local.await_cloud(announcement, process, log, say, kept_bytes=kept)
    except BaseException:
        process.terminate()
        process.wait()
        raise


def _end_if_last(project: Path, users: int, cloud: LocalCloud) -> None:
    """End the cloud, unless others use it; who comes meanwhile waits for the end."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    deadline, asked = time.monotonic() + local.STOP_SECONDS, False
    while (reserved := reserve(data_folder(project))) is None:
        late = time.monotonic() > deadline
        if late or not asked:
            with suppress(ProcessLookupError):
                os.kill(cloud.pid, signal.SIGKILL if late else signal.SIGTERM)
        asked = True
        time.sleep(local.LOOK_SECONDS)
    os.close(reserved)
    with suppress(ChildProcessError):  # another command may have started it
        os.waitpid(cloud.pid, 0)
    if asked:  # else it has died by itself, and its log says why
        (project / local.STATE_FOLDER / "cloud.log").unlink(missing_ok=True)
