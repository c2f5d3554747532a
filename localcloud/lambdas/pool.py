"""Warm workers of all functions, and how many of them may work at once."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable

from localcloud.http.keys import AccessKey
from localcloud.lambdas.code import CodeStore
from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.reply import ThrottledError
from localcloud.lambdas.slots import Slots
from localcloud.lambdas.spawner import RuntimeClient, Spawner
from localcloud.lambdas.worker import Outcome, Worker

IDLE_LIMIT = 40
"""Warm workers kept over all functions; the one idle for longest goes first."""


class WorkerPool:
    """Runs invocations in warm workers, starting new ones as needed."""

    def __init__(
        self,
        *,
        endpoint_url: str,
        access_key: Callable[[str], AccessKey],
        xray_daemon: str,
        starts_cold: Callable[[FunctionVersion], None],
        concurrency: int | None = None,
        runtime: RuntimeClient | None = None,
    ) -> None:
        """`starts_cold` is told of each function whose invocation has to wait for a new worker."""
        self._endpoint_url = endpoint_url
        self._access_key = access_key
        self._starts_cold = starts_cold
        self._xray_daemon = xray_daemon
        self._spawner = Spawner(runtime or RuntimeClient.best())
        self._code = CodeStore()
        self._slots = Slots(concurrency or 4 * (os.cpu_count() or 1))
        self._lock = threading.Lock()
        self._idle: OrderedDict[Worker, None] = OrderedDict()
        self._busy: set[Worker] = set()
        self._running: defaultdict[str, int] = defaultdict(int)
        self._closed = False

    def run(
        self,
        function: FunctionVersion,
        payload: bytes,
        *,
        request_id: str,
        invoked_arn: str,
        trace_header: str,
    ) -> tuple[Outcome, str]:
        """The outcome of one invocation and the log stream of the worker that had it.

        Raises:
            ThrottledError: the function's reserved concurrency is used up.
        """
        self._admit(function)
        try:
            with self._slots.one():
                worker = self._take(function)
                try:
                    outcome = worker.invoke(
                        payload,
                        request_id=request_id,
                        invoked_arn=invoked_arn,
                        trace_header=trace_header,
                    )
                finally:
                    self._give_back(worker)
                return outcome, worker.log_stream
        finally:
            with self._lock:
                self._running[function.name] -= 1

    def get_ready(self) -> None:
        """Have new workers start fast; returns at once."""
        self._spawner.get_ready()

    def prepare(self, function: FunctionVersion) -> None:
        """Have a worker wait for the function's first invocation; returns once it does.

        Raises:
            OSError: no process could be started.
        """
        with self._lock:
            if self._closed or any(_fits(each, function) for each in (*self._idle, *self._busy)):
                return
        worker = self._start(function)
        self._give_back(worker)
        worker.await_initialisation()

    def close(self) -> None:
        """Kill all workers."""
        with self._lock:
            self._closed = True
            idle, busy = list(self._idle), list(self._busy)
            self._idle.clear()
        for worker in idle:
            worker.close()
        for worker in busy:
            worker.kill()
        self._spawner.close()
        self._code.close()

    def _admit(self, function: FunctionVersion) -> None:
        limit = function.reserved_concurrency
        with self._lock:
            if limit is not None and self._running[function.name] >= limit:
                raise ThrottledError
            self._running[function.name] += 1

    def _take(self, function: FunctionVersion) -> Worker:
        with self._lock:
            for worker in reversed(self._idle):
                if _fits(worker, function):
                    del self._idle[worker]
                    break
            else:
                worker = None
            if worker is not None and worker.usable:
                self._busy.add(worker)
                return worker
        if worker is not None:
            worker.close()
        self._starts_cold(function)
        worker = self._start(function)
        with self._lock:
            self._busy.add(worker)
        return worker

    def _start(self, function: FunctionVersion) -> Worker:
        return Worker(
            function,
            task_root=self._code.folder(function),
            spawner=self._spawner,
            endpoint_url=self._endpoint_url,
            access_key=self._access_key(function.name),
            xray_daemon=self._xray_daemon,
        )

    def _give_back(self, worker: Worker) -> None:
        surplus: Worker | None = worker
        with self._lock:
            self._busy.discard(worker)
            if worker.usable and not self._closed:
                self._idle[worker] = None
                surplus = (
                    self._idle.popitem(last=False)[0] if len(self._idle) > IDLE_LIMIT else None
                )
        if surplus is not None:
            surplus.close()


def _fits(worker: Worker, function: FunctionVersion) -> bool:
    return worker.function.environment_key == function.environment_key
