"""The server's side of the zygote: asks for forks, hears of ends."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import StrEnum
from pathlib import Path

SPAWN_TIMEOUT_SECONDS = 30.0
OnExit = Callable[[int], None]
"""Called with the wait status, on the spawner's reader thread: must not block."""


class RuntimeClient(StrEnum):
    """The program in a worker that speaks the Runtime API and calls the handler."""

    AWS = "awslambdaric"
    STAND_IN = "stand-in"

    @classmethod
    def best(cls) -> RuntimeClient:
        """AWS's own where it is installed: its compiled part exists for Linux only."""
        installed = all(map(importlib.util.find_spec, ("awslambdaric", "runtime_client")))
        return cls.AWS if installed else cls.STAND_IN


class Spawner:
    """Starts worker processes, by a zygote that it starts when it needs one: first, or again."""

    def __init__(self, runtime: RuntimeClient) -> None:
        self._runtime = runtime
        self._asking = threading.Lock()
        self._state = threading.Lock()
        self._watched: dict[int, OnExit] = {}
        self._answer: Future[int] = Future()
        self._awaited: OnExit = lambda _status: None
        self._closed = False
        self._link: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def get_ready(self) -> None:
        """Start the zygote, which imports boto3 meanwhile; returns at once."""
        with self._asking:
            if not self._closed and self._link is None:
                with contextlib.suppress(OSError):  # it only saves time: `spawn` tries again
                    self._start()

    def spawn(
        self, *, handler: str, cwd: Path, env: dict[str, str], log: int, on_exit: OnExit
    ) -> int:
        """Fork a worker that writes to the file `log`; its process id, also its group's.

        Raises:
            OSError: no process could be started.
        """
        wanted = {"handler": handler, "cwd": str(cwd), "env": env, "runtime": self._runtime}
        request = json.dumps(wanted).encode() + b"\n"
        with self._asking:
            if self._closed:
                raise OSError("the spawner is closed")
            try:
                return self._ask(request, log, on_exit)
            except OSError:
                self._stop_zygote()
                self._start()
                return self._ask(request, log, on_exit)

    def close(self) -> None:
        """End the zygote and with it every worker."""
        with self._asking:
            self._closed = True
            self._stop_zygote()

    def _ask(self, request: bytes, log: int, on_exit: OnExit) -> int:
        if self._link is None:
            raise ConnectionError("there is no zygote")
        answer: Future[int] = Future()
        with self._state:
            self._answer, self._awaited = answer, on_exit
        socket.send_fds(self._link, [request], [log])
        return answer.result(SPAWN_TIMEOUT_SECONDS)

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    str(Path(__file__).with_name("zygote.py")),
                    str(theirs.fileno()),
                ],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
                start_new_session=True,
            )
        self._link = ours
        threading.Thread(
            target=self._listen, args=(ours,), name="lambda-spawner", daemon=True
        ).start()

    def _stop_zygote(self) -> None:
        if self._link is not None:
            with contextlib.suppress(OSError):
                self._link.shutdown(socket.SHUT_RDWR)
            self._link.close()
            self._link = None
        if self._process is not None:
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _listen(self, link: socket.socket) -> None:
        with contextlib.suppress(OSError), link.makefile("rb") as lines:
            for line in lines:
                self._hear(json.loads(line))
        with self._state:
            orphans, self._watched = self._watched, {}
            answer = self._answer
        if not answer.done():
            answer.set_exception(ConnectionResetError("the zygote ended"))
        for pid, on_exit in orphans.items():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
            on_exit(int(signal.SIGKILL))

    def _hear(self, message: dict[str, int]) -> None:
        if "spawned" in message:
            with self._state:
                self._watched[message["spawned"]] = self._awaited
                answer = self._answer
            answer.set_result(message["spawned"])
            return
        with self._state:
            on_exit = self._watched.pop(message["exited"], None)
        if on_exit is not None:
            on_exit(message["status"])
