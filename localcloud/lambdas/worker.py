"""One execution environment of a function: a process, its Runtime API, its output."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shutil
import signal
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from localcloud.http.keys import AccessKey
from localcloud.lambdas.function import FunctionVersion, worker_environment
from localcloud.lambdas.memory import MEBIBYTE, MemoryGauge
from localcloud.lambdas.output import OutputFile
from localcloud.lambdas.runtime_api import (
    Answered,
    Event,
    Exited,
    InitFailed,
    Invocation,
    Ready,
    RuntimeApi,
)
from localcloud.lambdas.spawner import Spawner

INIT_SECONDS = 10.0
"""Lambda's own limit for the initialisation; it does not count against the timeout."""
MEMORY_CHECK_SECONDS = 0.05


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """How one invocation went."""

    payload: bytes
    function_error: str | None
    error_type: str | None
    """The platform's name for the failure; `None` when the function itself answered."""
    duration_ms: float
    init_ms: float | None
    max_memory_mb: int
    output: bytes
    platform_message: str = ""


class Worker:
    """A process that runs one handler, one invocation at a time."""

    def __init__(
        self,
        function: FunctionVersion,
        *,
        task_root: Path,
        spawner: Spawner,
        endpoint_url: str,
        access_key: AccessKey,
        xray_daemon: str,
    ) -> None:
        self.function = function
        day = time.strftime("%Y/%m/%d", time.gmtime())
        self.log_stream = f"{day}/{function.log_stream_name}[{function.version}]{uuid.uuid4().hex}"
        self._alive = True
        self._exited = False
        self._born = time.monotonic()
        self._initialised = False
        self._temp_dir = tempfile.mkdtemp(prefix="lambda-")
        self._output = OutputFile(self._temp_dir)
        self._api = RuntimeApi()
        self._pid = spawner.spawn(
            handler=function.handler,
            cwd=task_root,
            env=worker_environment(
                function,
                task_root=str(task_root),
                temp_dir=self._temp_dir,
                log_stream=self.log_stream,
                runtime_api=self._api.address,
                endpoint_url=endpoint_url,
                access_key=access_key,
                xray_daemon=xray_daemon,
                inherited=os.environ,
            ),
            log=self._output.descriptor,
            on_exit=self._on_exit,
        )
        self._memory = MemoryGauge(self._pid)

    def invoke(
        self, payload: bytes, *, request_id: str, invoked_arn: str, trace_header: str
    ) -> Outcome:
        """Run the handler once. Afterwards `usable` says whether the worker can be used again."""
        init_ms = None
        if not self._initialised:
            sign = self._initialise()
            ready_at = sign.at if isinstance(sign, Ready) else time.monotonic()
            init_ms = (ready_at - self._born) * 1000
            if isinstance(sign, InitFailed | Exited):
                return self._init_failure(sign, request_id, init_ms)
        started = time.monotonic()
        deadline = started + self.function.timeout_seconds
        self._api.submit(
            Invocation(
                payload=payload,
                request_id=request_id,
                deadline_ms=int((time.time() + self.function.timeout_seconds) * 1000),
                function_arn=invoked_arn,
                trace_id=trace_header,
            )
        )
        event = self._await_answer(deadline, request_id)
        duration_ms = (time.monotonic() - started) * 1000
        self._memory.read()
        if self._memory.peak_bytes > self.function.memory_mb * MEBIBYTE:
            return self._out_of_memory(request_id, duration_ms, init_ms)
        match event:
            case Answered(payload=body, failed=failed_call):
                return self._outcome(
                    payload=body,
                    function_error="Unhandled" if failed_call else None,
                    duration_ms=duration_ms,
                    init_ms=init_ms,
                )
            case Exited(status=status):
                return self._crash(status, request_id, duration_ms, init_ms)
            case _:
                return self._timeout(request_id, duration_ms, init_ms)

    @property
    def usable(self) -> bool:
        """Whether another invocation may be tried: neither closed nor found dead."""
        return self._alive and not self._exited

    def await_initialisation(self) -> None:
        """Wait until the worker is ready or has failed, which its first invocation will tell."""
        self._api.await_first_event(INIT_SECONDS)

    def kill(self) -> None:
        """End the process; an invocation under way then fails and gives everything back."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def close(self) -> None:
        """Kill an idle worker and give everything back; harmless when done before."""
        if not self._alive:
            return
        self._alive = False
        self.kill()
        self._api.close()
        self._output.close()
        shutil.rmtree(self._temp_dir, ignore_errors=True)

    def _on_exit(self, status: int) -> None:
        self._exited = True
        self._api.tell(Exited(status))

    def _initialise(self) -> Event | None:
        """Wait for the first sign of life; `None` says that the worker is merely slow.

        A slow one goes on within the invocation's timeout, as on AWS.
        """
        self._initialised = True
        try:
            return self._api.events.get(timeout=INIT_SECONDS)
        except queue.Empty:
            return None

    def _await_answer(self, deadline: float, request_id: str) -> Event | None:
        """The worker's answer or end; `None` when time or memory ran out first."""
        limit = self.function.memory_mb * MEBIBYTE
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self._api.events.get(timeout=min(left, MEMORY_CHECK_SECONDS))
            except queue.Empty:
                if self._memory.read() > limit:
                    return None
                continue
            if isinstance(event, Exited | InitFailed):
                return event
            if isinstance(event, Answered) and event.request_id == request_id:
                return event
        return None

    def _init_failure(
        self, failed: InitFailed | Exited, request_id: str, init_ms: float
    ) -> Outcome:
        if isinstance(failed, Exited):
            return self._crash(failed.status, request_id, 0.0, init_ms)
        error_type = json.loads(failed.payload).get("errorType", "Runtime.Unknown")
        return self._fatal(
            error_type, payload=failed.payload, message="", duration_ms=0.0, init_ms=init_ms
        )

    def _timeout(self, request_id: str, duration_ms: float, init_ms: float | None) -> Outcome:
        return self._fatal(
            "Sandbox.Timedout",
            message=f"RequestId: {request_id} Error: "
            f"Task timed out after {self.function.timeout_seconds:.2f} seconds",
            duration_ms=duration_ms,
            init_ms=init_ms,
        )

    def _out_of_memory(self, request_id: str, duration_ms: float, init_ms: float | None) -> Outcome:
        return self._fatal(
            "Runtime.OutOfMemory",
            message=f"RequestId: {request_id} Error: Runtime exited with error: signal: killed",
            duration_ms=duration_ms,
            init_ms=init_ms,
        )

    def _crash(
        self, status: int, request_id: str, duration_ms: float, init_ms: float | None
    ) -> Outcome:
        code = os.waitstatus_to_exitcode(status)
        if code < 0:
            how = f"with error: signal: {(signal.strsignal(-code) or str(-code)).lower()}"
        elif code > 0:
            how = f"with error: exit status {code}"
        else:
            how = "without providing a reason"
        return self._fatal(
            "Runtime.ExitError",
            message=f"RequestId: {request_id} Error: Runtime exited {how}",
            duration_ms=duration_ms,
            init_ms=init_ms,
        )

    def _fatal(
        self,
        error_type: str,
        *,
        message: str,
        duration_ms: float,
        init_ms: float | None,
        payload: bytes = b"",
    ) -> Outcome:
        """The outcome of an invocation that cost the worker its life."""
        if not payload:
            payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
        self.kill()
        outcome = self._outcome(
            payload=payload,
            function_error="Unhandled",
            error_type=error_type,
            duration_ms=duration_ms,
            init_ms=init_ms,
            platform_message=message,
        )
        self.close()
        return outcome

    def _outcome(
        self,
        *,
        payload: bytes,
        function_error: str | None,
        duration_ms: float,
        init_ms: float | None,
        error_type: str | None = None,
        platform_message: str = "",
    ) -> Outcome:
        return Outcome(
            payload=payload,
            function_error=function_error,
            error_type=error_type,
            duration_ms=duration_ms,
            init_ms=init_ms,
            max_memory_mb=self._memory.peak_bytes // MEBIBYTE,
            output=self._output.drain(),
            platform_message=platform_message,
        )
