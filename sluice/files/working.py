"""A worker of one's own: fetches shares of conversions, does them, and is heard of meanwhile.

Whatever becomes of a worker, its task is another's after a minute of silence, and what it has
stored by then is not done again.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/concepts-activities.html
"""

from __future__ import annotations

import json
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, HTTPClientError

from conversion.account import store_duckdb_account
from conversion.conversion import convert
from conversion.engine import Engine
from conversion.shares import Remembering, work_off
from conversion.storage import S3Storage
from conversion.threads import Threads
from conversion.workshop import Workshop
from pipeline.errors import SluiceError
from pipeline.layout import REPORT, split_uri
from sluice.runs.reports import read_document
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import OperatorError
from stores.aws import code_of, is_transient

BEAT_SECONDS = 15
"""A quarter of the silence after which a task is another worker's."""

MAX_CAUSE_CHARACTERS = 32_000

_WORDED = (SluiceError, OperatorError, ClientError, HTTPClientError, OSError)
_GONE = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})

Task = Mapping[str, Any]
Told = Callable[[str], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Worker:
    """One process that converts."""

    cloud: Cloud
    activity_arn: str
    name: str
    threads: int
    memory_bytes: int | None
    say: Told

    def work(self, *, once: bool = False) -> None:
        """Do tasks as they come, until somebody interrupts; with `once` only what waits now."""
        while True:
            found = self.cloud.tasks.get_activity_task(
                activityArn=self.activity_arn, workerName=self.name
            )
            if token := found.get("taskToken"):
                self._do(token, json.loads(found["input"]))
            elif once:
                return

    def _do(self, token: str, task: Task) -> None:
        what = _words(task)
        self.say(f"{what}: begun")
        started = time.monotonic()
        try:
            with _beating(self.cloud, token):
                done = self._perform(task)
            self._answer("send_task_success", taskToken=token, output=json.dumps(done))
        except Exception as error:  # noqa: BLE001 - the outermost loop: the run is told
            name = "TransientError" if is_transient(error) else type(error).__name__
            self.say(f"{what}: {name}: {error}")
            self._answer("send_task_failure", taskToken=token, error=name, cause=_cause(error))
        else:
            self.say(f"{what}: done in {time.monotonic() - started:.1f} s")

    def _answer(self, operation: str, **answer: str) -> None:
        """Answer, unless the task is another worker's by now."""
        try:
            getattr(self.cloud.states, operation)(**answer)
        except ClientError as error:
            if code_of(error) not in _GONE:
                raise
            self.say("the answer came too late: another worker has the task")

    def _perform(self, task: Task) -> dict[str, Any]:
        started = time.monotonic()
        manifest = read_document(self.cloud, *split_uri(task["manifest_uri"]))
        bucket, prefix = split_uri(task["output_uri"])
        storage = S3Storage(client=self.cloud.s3, bucket=bucket, prefix=prefix)
        with (
            tempfile.TemporaryDirectory(prefix="sluice-work-") as folder,
            Workshop.open(Path(folder), self.memory_bytes) as workshop,
        ):
            engine = Engine(manifest=manifest, storage=storage, workshop=workshop)
            threads = Threads(engine=engine, count=self.threads)
            if task["task"] == "share":
                share, shares = task["share"], task["shares"]
                return {"splits": work_off(manifest, threads, share=share, shares=shares)}
            judged = convert(manifest, Remembering(threads=threads))
        seconds = time.monotonic() - started
        _, digest = store_duckdb_account(manifest, judged, storage, seconds=seconds)
        return {"report_uri": task["output_uri"] + REPORT, "report_sha256": digest}


def default_threads() -> int:
    """As many as this machine has processors."""
    return os.cpu_count() or 1


@contextmanager
def _beating(cloud: Cloud, token: str) -> Iterator[None]:
    """Tell Step Functions again and again that the task is worked on."""
    done = threading.Event()

    def beat() -> None:
        while not done.wait(BEAT_SECONDS):
            try:
                cloud.states.send_task_heartbeat(taskToken=token)
            except ClientError as error:
                if code_of(error) in _GONE:
                    return
            except HTTPClientError:
                continue  # the next one may get through

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _cause(error: Exception) -> str:
    """What histories may hold: an error that nobody worded may quote rows."""
    if isinstance(error, _WORDED):
        return str(error)[:MAX_CAUSE_CHARACTERS]
    return "unexpected; the worker's own output says more"


def _words(task: Task) -> str:
    if task["task"] == "share":
        return f"{task['run_id']}, share {task['share'] + 1} of {task['shares']}"
    return f"{task['run_id']}, adding up"
