"""A process that has imported boto3 once and forks Lambda workers from that state.

It is run as a plain script, not as a module of the package, so that a worker never carries
the local cloud's own imports. One thread, no clients, no open connections: forking it is safe.

Protocol, on the Unix stream socket whose descriptor is the first argument, one JSON document a
line: a request `{"handler", "cwd", "env", "runtime"}` comes with the descriptor of the worker's
log file and is answered by `{"spawned": pid}`; `{"exited": pid, "status": wait status}` follows
at the worker's end. At the end of the socket (the server is gone) every worker is killed.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import importlib.util
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

PRELOADED_SERVICES = ("s3", "dynamodb", "stepfunctions", "sns")
PRELOADED_MODULES = (
    "concurrent.futures",
    "decimal",
    "difflib",
    "http.client",
    "simplejson",
    "statistics",
    "unicodedata",
    "uuid",
    "zoneinfo",
)
LINE_LIMIT_BYTES = 1 << 20


def preload() -> None:
    """Import what nearly every handler imports, and parse the service models it will ask for.

    Botocore lists and parses them again in each new session; here it is given a memory, which
    the workers inherit.
    """
    import boto3.session  # noqa: PLC0415  (the cost is the purpose)
    import botocore.loaders  # noqa: PLC0415

    files: Any = botocore.loaders.JSONFileLoader
    parse = functools.cache(functools.partial(files.load_file, files()))
    files.load_file = lambda _self, path: parse(path)
    folders: Any = botocore.loaders.Loader
    list_services = functools.cache(
        functools.partial(folders.list_available_services, folders([folders.BUILTIN_DATA_PATH]))
    )
    folders.list_available_services = lambda _self, type_name: list_services(type_name)
    session = boto3.session.Session(
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106  (a word, not a secret)
    )
    for service in PRELOADED_SERVICES:
        session.client(service)  # type: ignore[call-overload]
    for name in PRELOADED_MODULES:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()


def run_worker(request: dict[str, Any], log: int) -> None:
    """Turn this forked process into a Lambda worker; returns when its runtime client does."""
    os.environ.clear()
    os.environ.update(request["env"])
    os.environ["_LAMBDA_TELEMETRY_LOG_FD"] = str(log)
    time.tzset()
    os.chdir(request["cwd"])
    sys.path.insert(0, request["cwd"])
    sys.argv = ["bootstrap", request["handler"]]
    if request["runtime"] == "awslambdaric":
        from awslambdaric.__main__ import main  # noqa: PLC0415  (it connects when imported)

        _report_below_the_word()
        main(sys.argv)
    else:
        path = Path(__file__).with_name("standin.py")
        spec = importlib.util.spec_from_file_location("lambda_runtime_standin", path)
        if spec is None or spec.loader is None:
            raise ImportError(f"cannot load {path}")
        standin = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(standin)
        standin.run(request["handler"])


def _report_below_the_word() -> None:
    """Let the part of AWS's client that is written in Python take an address with a path, too."""
    from awslambdaric.lambda_runtime_client import (  # noqa: PLC0415  (as above)
        BaseLambdaRuntimeClient,
    )

    client: Any = BaseLambdaRuntimeClient
    call = client.call_rapid

    def call_rapid(self: Any, method: str, endpoint: str, *rest: Any, **more: Any) -> None:
        address, _, word = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
        self.lambda_runtime_address = address
        call(self, method, f"/{word}{endpoint}", *rest, **more)

    client.call_rapid = call_rapid


def child(request: dict[str, Any], log: int) -> None:
    """The forked process, from its first line to its end; never returns."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.set_wakeup_fd(-1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    code = 0
    try:
        run_worker(request, log)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001  (the end of a process: say why, then go)
        sys.excepthook(*sys.exc_info())
        code = 1
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


class Zygote:
    """The loop: fork on request, report what ended."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._children: set[int] = set()
        self._wake, wake_writer = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_writer, False)
        self._wake_writer = wake_writer
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_writer, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Work until the server closes the socket, then end all workers."""
        try:
            while True:
                sources: list[Any] = [self._link, self._wake]
                ready, _, _ = select.select(sources, [], [])
                if self._wake in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake, 4096)
                    self._reap()
                if self._link in ready and not self._fork_one():
                    return
        finally:
            self._end_all()

    def _end_all(self) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        for pid in self._children:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)

    def _fork_one(self) -> bool:
        line, descriptors, _, _ = socket.recv_fds(self._link, LINE_LIMIT_BYTES, 1)
        if not line:
            return False
        while not line.endswith(b"\n"):
            line += self._link.recv(LINE_LIMIT_BYTES)
        request, log = json.loads(line), descriptors[0]
        pid = os.fork()
        if pid == 0:
            self._link.close()
            os.close(self._wake)
            child(request, log)
        os.close(log)
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.setpgid(pid, pid)  # both sides set it: neither may run ahead of it
        self._children.add(pid)
        self._tell({"spawned": pid})
        return True

    def _reap(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            self._children.discard(pid)
            self._tell({"exited": pid, "status": status})

    def _tell(self, message: dict[str, int]) -> None:
        self._link.sendall(json.dumps(message).encode() + b"\n")


def main() -> None:
    """Serve the socket given as the first argument."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    link = socket.socket(fileno=int(sys.argv[1]))
    preload()
    with contextlib.suppress(ConnectionError):
        Zygote(link).serve()


if __name__ == "__main__":
    main()
