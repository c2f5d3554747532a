"""Glue for the local cloud: job runs execute the job's real script on a real Spark."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from localcloud.cache_folder import default_cache_dir
from localcloud.clock import Clock
from localcloud.glue.moto_glue import attach
from localcloud.glue.pool import SparkJvms
from localcloud.glue.run import JobOrder, JobProgress, JobRun

__all__ = ["GlueRuns"]


class GlueRuns:
    """Performs job runs; from its construction on, moto's Glue API starts them here."""

    def __init__(
        self,
        *,
        clock: Clock,
        endpoint_url: str,
        client: Callable[[str], Any],
        ended: Callable[[dict[str, Any]], None] = lambda _detail: None,
    ) -> None:
        """`client` makes boto3 clients for the local cloud at `endpoint_url`.

        `ended` gets the `detail` of each "Glue Job State Change" by which a run ends.
        """
        self._client = client
        self._clock = clock
        self._ended = ended
        self._jvms = SparkJvms(cache_dir=default_cache_dir(), buckets=self._buckets)
        self._lock = threading.Lock()
        self._runs: dict[str, JobRun] = {}
        attach(self, environment={**os.environ, "AWS_ENDPOINT_URL": endpoint_url})

    def start(self, order: JobOrder) -> None:
        """Begin a run, or let it wait until the job may run once more."""
        run = JobRun(
            order,
            s3=self._client("s3"),
            jvms=self._jvms,
            write_log=self._write_log,
            at_end=partial(self._at_end, order.run_id),
        )
        with self._lock:
            self._runs[order.run_id] = run
        self._start_waiting()

    def _at_end(self, run_id: str) -> None:
        with self._lock:
            run = self._runs[run_id]
        self._ended(
            {
                "jobName": run.order.job_name,
                "severity": "INFO" if run.progress.state in {"SUCCEEDED", "STOPPED"} else "ERROR",
                "state": run.progress.state,
                "jobRunId": run_id,
                "message": run.progress.error_message or "Job run succeeded",
            }
        )
        self._start_waiting()

    def _start_waiting(self) -> None:
        """Start what waits, in the order of the requests, as far as each job allows."""
        with self._lock:
            runs = list(self._runs.values())
            busy = Counter(run.order.job_name for run in runs if run.progress.holds_workers)
            for run in runs:
                order = run.order
                is_waiting = run.progress.state == "WAITING"
                if is_waiting and busy[order.job_name] < order.max_concurrent_runs:
                    busy[order.job_name] += 1
                    self._clock.call_later(order.timeout_minutes * 60, run.time_out)
                    run.start()

    def progress(self, run_id: str) -> JobProgress | None:
        """How far a run has come; `None` if this process never started it."""
        with self._lock:
            run = self._runs.get(run_id)
        return run.progress if run else None

    def stop(self, run_id: str) -> bool:
        """Stop a run; False if it is over or unknown."""
        with self._lock:
            run = self._runs.get(run_id)
        return run.stop() if run else False

    def close(self) -> None:
        """Kill all runs and JVMs."""
        with self._lock:
            runs = list(self._runs.values())
        for run in reversed(runs):  # those that wait first, so that none of them starts
            run.stop()
        self._jvms.close()

    def _buckets(self) -> frozenset[str]:
        return frozenset(item["Name"] for item in self._client("s3").list_buckets()["Buckets"])

    def _write_log(self, group: str, stream: str, text: str) -> None:
        logs = self._client("logs")
        for make, what in (
            (logs.create_log_group, {"logGroupName": group}),
            (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                make(**what)
            except logs.exceptions.ResourceAlreadyExistsException:
                continue
        now_ms = int(time.time() * 1000)
        events = [{"timestamp": now_ms, "message": line} for line in text.splitlines() if line]
        if events:
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
