"""`python -m localcloud --template template.yaml`: the cloud in the foreground.

Once the stack, if any is named, is deployed, standard output carries the shell's `export` lines and
`.sluice/cloud.json` says where the cloud is; everything else goes to standard error.
"""

from __future__ import annotations

import time

_BEGINNING = time.perf_counter()

import argparse  # noqa: E402  the clock above starts before the slow imports
import gc  # noqa: E402
import logging  # noqa: E402
import os  # noqa: E402
import shlex  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402

from localcloud.account import chosen_region  # noqa: E402
from localcloud.announcement import Announcement  # noqa: E402
from localcloud.door import Door  # noqa: E402
from localcloud.temporary_folder import own_temporary_folder  # noqa: E402
from localcloud.users import is_locked  # noqa: E402

# New objects between two looks for garbage, and looks at the young before the old are looked at:
# nearly all that is new stays, as items of tables and objects of buckets.
_COLLECT_AFTER = (20_000, 20, 20)
# Nobody else reads what is kept, staged or logged.
_OWNER_ONLY = 0o077
# How soon a cloud notices that it is an orphan.
_LOOK_SECONDS = 1.0


def main(arguments: list[str]) -> int:
    """Start, deploy, announce, and wait for SIGINT or SIGTERM."""
    options = _parse(arguments)
    gc.set_threshold(*_COLLECT_AFTER)
    gc.disable()  # until the cloud is there: what is made meanwhile stays
    logging.basicConfig(
        stream=sys.stderr, level=options.log_level, format="%(levelname)s %(name)s: %(message)s"
    )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    announcement = Announcement(options.announce, beginning=_BEGINNING)
    announcement.withdraw()
    os.umask(_OWNER_ONLY)
    with own_temporary_folder():
        return _serve(options, announcement, stop)


def _serve(options: argparse.Namespace, announcement: Announcement, stop: threading.Event) -> int:
    """Be the cloud until `stop`; the exit code."""
    try:
        door = Door(port=options.port, region=chosen_region())
    except OSError as error:
        return _fail(f"the local cloud cannot start: {error}")
    announcement.finished("door")

    from localcloud.cloud import Cloud, DeployError  # noqa: PLC0415  the door is open meanwhile
    from localcloud.deploy.deployments import Watch  # noqa: PLC0415
    from localcloud.persistence.pickling import ForeignPickleError  # noqa: PLC0415

    announcement.finished("import")
    try:
        cloud = Cloud(door, data_dir=options.data, fsync=options.fsync, judges_roles=options.iam)
    except OSError as error:
        return _fail(f"the local cloud cannot start: {error}")
    except ForeignPickleError as error:
        return _fail(
            f"{options.data} was not written by this version of the local cloud: {error}; "
            "start with another directory, or remove this one"
        )
    try:
        announcement.finished("server")
        if options.template is None:
            cloud.resume()
        else:
            cloud.deploy(options.template, stack=options.stack, parameters=dict(options.parameter))
            announcement.finished("deploy")
        gc.freeze()  # later looks for garbage pass it by, and 2 MB of garbage in it
        gc.enable()
        announcement.publish(cloud.account, stack=options.stack)
        watch = Watch(cloud.deployments, check=options.check) if options.watch else None
        while not stop.wait(_LOOK_SECONDS) and _is_wanted(options.parent, options.users):
            if watch is not None:
                sys.stderr.write(watch.deploy_changes())
    except DeployError as error:
        return _fail(f"{options.template} cannot be deployed: {error}")
    finally:
        announcement.withdraw()
        cloud.close()
    sys.stderr.write(_farewell(options.data))
    return 0


def _farewell(data: Path | None) -> str:
    if data is None:
        return "the local cloud has ended and kept nothing\n"
    return f"the local cloud has ended; {data} keeps what it held for the next start\n"


def _fail(reason: str) -> int:
    sys.stderr.write(f"Error: {reason}\n")
    return 1


def _is_wanted(parent: int | None, users: Path | None) -> bool:
    """Whether those for whom this cloud was started still live; they do, where nobody is named."""
    if parent is not None and os.getppid() != parent:
        return False
    return users is None or is_locked(users)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m localcloud", description=__doc__)
    parser.add_argument(
        "--template", type=Path, help="the SAM template to deploy; none leaves it empty"
    )
    parser.add_argument("--stack", default="sluice", help="the name of the stack")
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--data", type=Path, help="keep everything in this directory")
    parser.add_argument(
        "--fsync", action="store_true", help="have executions in it survive a power cut, too"
    )
    parser.add_argument(
        "--iam", action="store_true", help="refuse functions what their roles do not allow"
    )
    parser.add_argument(
        "--parameter",
        type=_key_and_value,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a parameter of the template; may be repeated",
    )
    parser.add_argument(
        "--announce",
        type=Path,
        default=Path(".sluice/cloud.json"),
        help="the file that says where the cloud is, while it can be used",
    )
    parser.add_argument("--parent", type=int, help="end as soon as this process has ended")
    parser.add_argument(
        "--users", type=Path, help="end as soon as nobody holds a lock on this file"
    )
    parser.add_argument(
        "--watch", action="store_true", help="deploy again whenever a file of the template changes"
    )
    parser.add_argument(
        "--check",
        type=shlex.split,
        default=[],
        metavar="COMMAND",
        help="with --watch: deploy nothing while this command, run beside the template, fails",
    )
    parser.add_argument("--log-level", default="WARNING", help="of what goes to standard error")
    return parser.parse_args(arguments)


def _key_and_value(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
