"""One call of an integration: its arguments, its events, and how long it may take."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from localcloud.clock import Timer
from localcloud.stepfunctions.definition.resources import Resource, ResourceKind
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.limits import check_result
from localcloud.stepfunctions.engine.runtime import Runtime
from localcloud.stepfunctions.engine.scheduler import CancelledError, Promise
from localcloud.stepfunctions.engine.steps import Mark
from localcloud.stepfunctions.errors import HeartbeatTimeoutError, StatesError
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json

log = logging.getLogger(__name__)

T = TypeVar("T")


_PREFIXES: Final = {ResourceKind.LAMBDA: "LambdaFunction", ResourceKind.ACTIVITY: "Activity"}


class TaskLog:
    """Writes a task's events: those of a Lambda function, of an activity, or of a service."""

    def __init__(self, branch: Branch, resource: Resource, region: str) -> None:
        self._branch = branch
        self._resource = resource
        self._region = region
        self._prefix = _PREFIXES.get(resource.kind, "Task")
        self._is_service = self._prefix == "Task"
        self._base = service_names(resource) if self._is_service else {}

    @property
    def name(self) -> str:
        """The task as the cause of a result that is too large names it."""
        return self._resource.service if self._is_service else self._resource.arn

    def scheduled(
        self, arguments: Json, timeout: int | None, heartbeat: int | None, credentials: Json = None
    ) -> None:
        """Note that the task was asked for."""
        text = dumps(arguments)
        details: dict[str, Any]
        if self._is_service:
            details = {**self._base, "region": self._region, "parameters": text}
        else:
            details = {"resource": self._resource.arn, "input": text}
        if credentials is not None:
            details["taskCredentials"] = {"roleArn": credentials["RoleArn"]}
        if timeout is not None:
            details["timeoutInSeconds"] = timeout
        if heartbeat is not None:
            details["heartbeatInSeconds"] = heartbeat
        now = self._branch.execution.runtime.clock.now()
        mark = Mark({"scheduled": now, "timeout": timeout, "heartbeat": heartbeat})
        self._branch.record(f"{self._prefix}Scheduled", details, mark)

    def started(self, worker_name: str | None = None) -> None:
        """Note that somebody began to work on it."""
        details: dict[str, Any] | None = self._base or None
        if self._resource.kind is ResourceKind.ACTIVITY:
            details = {} if worker_name is None else {"workerName": worker_name}
        self._branch.record(f"{self._prefix}Started", details)

    def submitted(self, output: Json) -> None:
        """Note that a service took the request; its end is still to come."""
        self._branch.record("TaskSubmitted", {**self._base, "output": dumps(output)})

    def succeeded(self, result: Json, text: str) -> None:
        """Note the result."""
        details = {**self._base, "output": text}
        self._branch.record(f"{self._prefix}Succeeded", details, Mark({"result": result}))

    def failed(self, failure: StatesError) -> None:
        """Note the failure, or that it took too long."""
        told = {"error": failure.error, "cause": failure.cause}
        details = {**self._base, **{k: v for k, v in told.items() if v is not None}}
        ending = "TimedOut" if failure.error == "States.Timeout" else "Failed"
        self._branch.record(f"{self._prefix}{ending}", details, Mark({"failure": told}))


def service_names(resource: Resource) -> dict[str, str]:
    """How events name a service integration."""
    service = resource.service
    if resource.kind is ResourceKind.SDK:
        service = f"aws-sdk:{service}"
    action = f"{resource.action}.{resource.pattern}" if resource.pattern else resource.action
    return {"resourceType": service, "resource": action}


class Patience:
    """How long a task may take, and how long it may be silent; both in seconds."""

    def __init__(
        self, runtime: Runtime, began: float, timeout: int | None, heartbeat: int | None
    ) -> None:
        self._runtime = runtime
        self._heartbeat = heartbeat
        self._failure: Exception | None = None
        self._awaited: Promise[Any] | None = None
        self._timeout_timer: Timer | None = None
        self._heartbeat_timer: Timer | None = None
        if timeout is not None:
            self._timeout_timer = runtime.at(
                began + timeout, partial(self.interrupt, StatesError("States.Timeout"))
            )

    async def wait(self, promise: Promise[T]) -> T:
        """Await a promise, but no longer than the task may take.

        Raises:
            StatesError: `States.Timeout`, or what the promise brings.
            Exception: what the wait was interrupted with.
        """
        if self._failure is not None:
            raise self._failure
        gate: Promise[None] = Promise()

        def arrive() -> None:
            gate.resolve(None)

        promise.when_done(arrive)
        self._awaited = gate
        try:
            await gate
        finally:
            self._awaited = None
            promise.forget(arrive)
        return promise.result()

    def beat(self) -> None:
        """The task lives: begin to count its silence anew."""
        if self._heartbeat is None:
            return
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
        due = self._runtime.clock.now() + self._heartbeat
        self._heartbeat_timer = self._runtime.at(
            due, partial(self.interrupt, HeartbeatTimeoutError())
        )

    def end(self) -> None:
        """Stop the timers."""
        for timer in (self._timeout_timer, self._heartbeat_timer):
            if timer is not None:
                timer.cancel()

    def interrupt(self, failure: Exception) -> None:
        """Raise an error where the task waits, or as soon as it does."""
        self._failure = failure
        if self._awaited is not None:
            self._awaited.fail(failure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A task under way."""

    branch: Branch
    runtime: Runtime
    resource: Resource
    arguments: Json
    log: TaskLog
    patience: Patience

    @property
    def progress(self) -> Mapping[str, Any]:
        """The facts that have been remembered of the task."""
        return self.branch.mark or {}

    async def blocking(
        self, function: Callable[[], T], late: Callable[[T], None] | None = None
    ) -> T:
        """Run a function that blocks on a worker thread and wait for what it returns.

        `late` is called with what it returns after nobody waits for it any more.
        """
        promise = self.runtime.workers.submit(function)
        try:
            return await self.patience.wait(promise)
        except (CancelledError, StatesError):
            if late is not None and not promise.done:
                promise.when_done(lambda: _deliver(promise, late))
            raise

    async def pause(self, seconds: float, news: Promise[None]) -> None:
        """Let some seconds pass, or fewer if there is news."""
        passed: Promise[None] = Promise()

        def end() -> None:
            passed.resolve(None)

        timer = self.runtime.at(self.runtime.clock.now() + seconds, end)
        news.when_done(end)
        try:
            await self.patience.wait(passed)
        finally:
            timer.cancel()
            news.forget(end)

    def note_progress(self, **facts: Any) -> None:
        """Remember facts that a restarted process needs to go on with the task."""
        self.branch.step(Mark(facts))

    def finish(self, result: Json) -> None:
        """Note the result.

        Raises:
            StatesError: it is too large.
        """
        text = dumps(result)
        check_result(self.log.name, text)
        self.log.succeeded(result, text)


def _deliver(promise: Promise[T], late: Callable[[T], None]) -> None:
    try:
        late(promise.result())
    except StatesError:
        log.info("a call that nobody waited for any more failed")
