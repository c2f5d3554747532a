"""Glue's control plane is moto's; this module makes its job runs real.

Replaces methods of moto's classes for the whole process; the last runner attached wins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Protocol

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import ConcurrentRunsExceededException, JobRunNotFoundException
from moto.glue.models import FakeJob, FakeJobRun
from moto.glue.responses import GlueResponse

from localcloud.glue.run import ENDED, JobOrder, JobProgress

DEFAULT_TIMEOUT_MINUTES = 480
_create_job_of_moto = GlueResponse.create_job
_as_dict_of_moto = FakeJob.as_dict
LOST = "The run was lost when the local cloud ended"


class Runner(Protocol):
    """Performs runs."""

    def start(self, order: JobOrder) -> None:
        """Begin a run."""

    def progress(self, run_id: str) -> JobProgress | None:
        """How far a run has come; `None` if this process never started it."""

    def stop(self, run_id: str) -> bool:
        """Stop a run; False if it is over or unknown."""


class LocalJobRun(FakeJobRun):
    """A run as moto keeps it; it holds plain values only, so that it can be stored."""

    status = "STARTING"  # a plain attribute, where moto has one that moves by itself
    runner: Runner

    def __init__(self, job: FakeJob, **settings: Any) -> None:
        super().__init__(job_name=job.name, **settings)
        self.glue_version = job.glue_version or "5.1"
        self.error_message: str | None = None
        self.execution_seconds = 0

    def advance(self) -> None:
        """Take over what the run's process has come to."""
        if self.status in ENDED:
            return
        progress = self.runner.progress(self.job_run_id)
        if progress is None:
            self.status, self.error_message = "FAILED", LOST
            return
        if self.status != progress.state:
            self.modified_on = utcnow()
        self.error_message = progress.error_message
        self.execution_seconds = progress.execution_seconds
        self.status = progress.state
        if self.status in ENDED:
            self.completed_on = self.modified_on

    def as_dict(self) -> dict[str, Any]:
        """The run as GetJobRun shows it."""
        shown: dict[str, Any] = super().as_dict()
        shown |= {
            "ExecutionTime": self.execution_seconds,
            "LogGroupName": "/aws-glue/jobs",
            "GlueVersion": self.glue_version,
        }
        if self.error_message:
            shown["ErrorMessage"] = self.error_message
        if self.status not in ENDED:
            del shown["CompletedOn"]
        return shown


def attach(runner: Runner, *, environment: dict[str, str]) -> None:
    """Let moto's Glue start, show and stop runs through `runner`."""
    LocalJobRun.runner = runner
    starting = threading.Lock()

    def start_job_run(  # noqa: PLR0917  (moto's signature)
        job: FakeJob,
        allocated_capacity: int | None = None,
        max_capacity: float | None = None,
        timeout: int | None = None,
        worker_type: str | None = None,
        security_configuration: str | None = None,
        number_of_workers: int | None = None,
        notification_property: dict[str, int] | None = None,
        previous_run_id: str | None = None,
        arguments: dict[str, str] | None = None,
    ) -> str:
        with starting:
            _admit(job)
            run = LocalJobRun(
                job,
                arguments={
                    **job.default_arguments,
                    **(arguments or {}),
                    **(job.non_overridable_arguments or {}),
                },
                allocated_capacity=allocated_capacity or job.allocated_capacity,
                max_capacity=max_capacity or job.max_capacity,
                timeout=timeout or job.timeout or DEFAULT_TIMEOUT_MINUTES,
                worker_type=worker_type or job.worker_type,
                security_configuration=security_configuration or job.security_configuration,
                number_of_workers=number_of_workers or job.number_of_workers,
                notification_property=notification_property or job.notification_property,
                job_run_id=previous_run_id,
            )
            runner.start(_order(job, run, environment))
            job.job_runs.append(run)
        return run.job_run_id

    moto_job: Any = FakeJob
    moto_job.start_job_run = start_job_run
    moto_job.as_dict = _job_as_dict
    moto_api: Any = GlueResponse
    moto_api.create_job = _create_job
    moto_api.batch_stop_job_run = _batch_stop(runner)
    moto_api.update_job = _update_job


def _max_concurrent_runs(job: FakeJob) -> int:
    return int(job.execution_property.get("MaxConcurrentRuns", 1))


def _create_job(api: Any) -> ActionResult:
    """Create a job as moto does, and keep the one setting that moto drops."""
    created = _create_job_of_moto(api)
    job = api.glue_backend.get_job(api._get_param("Name"))  # noqa: SLF001
    job.queues_runs = bool(api._get_param("JobRunQueuingEnabled"))  # noqa: SLF001
    return created


def _job_as_dict(job: FakeJob) -> dict[str, Any]:
    return _as_dict_of_moto(job) | {"JobRunQueuingEnabled": getattr(job, "queues_runs", False)}


def _admit(job: FakeJob) -> None:
    """Refuse a run beyond the job's limit; with queuing on, the runner lets it wait instead.

    Source: https://docs.aws.amazon.com/glue/latest/dg/job-run-queuing.html
    """
    if getattr(job, "queues_runs", False):
        return
    running = 0
    for run in job.job_runs:
        run.advance()
        running += run.status not in ENDED
    if running >= _max_concurrent_runs(job):
        raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {job.name}")


def _order(job: FakeJob, run: LocalJobRun, environment: dict[str, str]) -> JobOrder:
    command: Any = job.command
    return JobOrder(
        job_name=job.name,
        run_id=run.job_run_id,
        script_uri=command["ScriptLocation"],
        arguments=dict(run.arguments or {}),
        uses_spark=command.get("Name") != "pythonshell",
        timeout_minutes=int(run.timeout or DEFAULT_TIMEOUT_MINUTES),
        environment=environment,
        max_concurrent_runs=_max_concurrent_runs(job),
    )


def _batch_stop(runner: Runner) -> Callable[[GlueResponse], ActionResult]:
    def batch_stop_job_run(api: Any) -> ActionResult:
        job_name = api._get_param("JobName")  # noqa: SLF001  (moto's way to read a request)
        stopped, errors = [], []
        for run_id in api._get_param("JobRunIds"):  # noqa: SLF001
            named = {"JobName": job_name, "JobRunId": run_id}
            try:
                run = api.glue_backend.get_job_run(job_name, run_id)
            except JobRunNotFoundException:
                errors.append(named | {"ErrorDetail": {"ErrorCode": "EntityNotFoundException"}})
                continue
            if runner.stop(run_id):
                run.advance()
                stopped.append(named)
            else:
                code = "JobRunNotInTerminalStateException"
                errors.append(named | {"ErrorDetail": {"ErrorCode": code}})
        return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})

    return batch_stop_job_run


UPDATED = {
    "Command": "command",
    "Connections": "connections",
    "DefaultArguments": "default_arguments",
    "Description": "description",
    "ExecutionProperty": "execution_property",
    "GlueVersion": "glue_version",
    "JobRunQueuingEnabled": "queues_runs",
    "MaxCapacity": "max_capacity",
    "MaxRetries": "max_retries",
    "NonOverridableArguments": "non_overridable_arguments",
    "NumberOfWorkers": "number_of_workers",
    "Role": "role",
    "SecurityConfiguration": "security_configuration",
    "Timeout": "timeout",
    "WorkerType": "worker_type",
}
"""Members of JobUpdate, and moto's attributes for them."""


def _update_job(api: Any) -> ActionResult:
    name = api._get_param("JobName")  # noqa: SLF001
    job = api.glue_backend.get_job(name)
    for member, value in api._get_param("JobUpdate").items():  # noqa: SLF001
        if member in UPDATED:
            setattr(job, UPDATED[member], value)
    job.last_modified_on = utcnow()
    return ActionResult({"JobName": name})
