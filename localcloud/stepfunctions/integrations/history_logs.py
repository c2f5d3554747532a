"""Delivers events of executions to the log group that their state machine names.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from queue import Empty, SimpleQueue
from typing import Any, Final
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.history import Event, render

log = logging.getLogger(__name__)

_FATAL: Final = ("ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut")
_ERRORS: Final = ("Aborted", "Failed", "TimedOut", "FailStateEntered")
_GATHER_SECONDS: Final = 0.2
_CLOSE_SECONDS: Final = 5.0
# Source: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
_BATCH_BYTES: Final = 1_048_576
_BATCH_EVENTS: Final = 10_000
_OVERHEAD_BYTES: Final = 26

Entry = dict[str, Any]
"""`timestamp` in milliseconds and `message`."""


class HistoryLogs:
    """Gathers events for a moment and writes them on a thread of its own."""

    def __init__(
        self,
        client: Callable[[str], Any],
        *,
        settings_of: Callable[[Execution], Mapping[str, Any]],
    ) -> None:
        """`settings_of` gives the logging configuration that an execution has."""
        self._client = client
        self._settings_of = settings_of
        self._queue: SimpleQueue[tuple[str, str, Entry] | None] = SimpleQueue()
        self._streams: dict[str, str] = {}
        self._thread: threading.Thread | None = None

    def note(self, execution: Execution, event_id: int, event: Event) -> None:
        """Have an event written, if its level is asked for; on the scheduler's thread."""
        settings = self._settings_of(execution)
        level = settings["level"]
        if level == "OFF" or not is_wanted(event.type, level):
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="history-logs", daemon=True)
            self._thread.start()
        [destination] = settings["destinations"]
        arn = str(destination["cloudWatchLogsLogGroup"]["logGroupArn"])
        entry = entry_of(
            execution.arn,
            event_id,
            event,
            redrive_count=execution.redrive_count,
            include_data=bool(settings.get("includeExecutionData")),
        )
        group = arn.removesuffix(":*").rpartition(":log-group:")[2]
        self._queue.put((group, execution.plan.state_machine_name, entry))

    def close(self) -> None:
        """Write what has been gathered, and end."""
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join(_CLOSE_SECONDS)

    def _run(self) -> None:
        goes_on = True
        while goes_on:
            gathered: dict[tuple[str, str], list[Entry]] = {}
            for found in self._gather():
                goes_on = found is not None
                if found is not None:
                    group, machine, entry = found
                    gathered.setdefault((group, machine), []).append(entry)
            for (group, machine), entries in gathered.items():
                self._write(group, machine, entries)

    def _gather(self) -> Iterator[tuple[str, str, Entry] | None]:
        """Yield what comes within a moment after the first."""
        yield self._queue.get()
        deadline = time.monotonic() + _GATHER_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                found = self._queue.get(timeout=left)
            except Empty:
                return
            yield found
            if found is None:
                return

    def _write(self, group: str, machine: str, entries: list[Entry]) -> None:
        logs = self._client("logs")
        try:
            stream = self._stream(logs, group, machine)
            for batch in batches(sorted(entries, key=lambda entry: int(entry["timestamp"]))):
                logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
        except (ClientError, BotoCoreError) as error:
            self._streams.pop(group, None)
            log.warning("%d events of %s are in no log: %s", len(entries), machine, error)

    def _stream(self, logs: Any, group: str, machine: str) -> str:
        if group not in self._streams:
            day = time.strftime("%Y-%m-%d-%H-%M", time.gmtime())
            name = f"states/{machine}/{day}/{uuid4().hex[:8]}"
            logs.create_log_stream(logGroupName=group, logStreamName=name)
            self._streams[group] = name
        return self._streams[group]


def is_wanted(event_type: str, level: str) -> bool:
    """Whether a log of that level has events of that type.

    >>> [is_wanted(kind, "ERROR") for kind in ("TaskFailed", "FailStateEntered", "TaskSucceeded")]
    [True, True, False]
    >>> [is_wanted(kind, "FATAL") for kind in ("TaskFailed", "ExecutionFailed")]
    [False, True]
    """
    match level:
        case "ALL":
            return True
        case "ERROR":
            return event_type.endswith(_ERRORS)
        case "FATAL":
            return event_type in _FATAL
    return False


def entry_of(
    execution_arn: str, event_id: int, event: Event, *, redrive_count: int, include_data: bool
) -> Entry:
    """An event as a log holds it: all of it but the details are texts."""
    shown = render(event_id, event, include_data=include_data)
    details: Any = next((shown[name] for name in shown if name.endswith("Details")), {})
    message = {
        "id": str(event_id),
        "type": event.type,
        "details": details,
        "previous_event_id": str(event.previous_id),
        "event_timestamp": str(round(event.at * 1000)),
        "execution_arn": execution_arn,
        "redrive_count": str(redrive_count),
    }
    # The cloud's clock may be ahead; Logs takes nothing from the future.
    moment = min(round(event.at * 1000), round(time.time() * 1000))
    return {"timestamp": moment, "message": json.dumps(message, ensure_ascii=False)}


def batches(entries: list[Entry]) -> Iterator[list[Entry]]:
    """Yield entries in groups that PutLogEvents takes."""
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        taken = len(entry["message"].encode("utf-8", "surrogatepass")) + _OVERHEAD_BYTES
        if batch and (size + taken > _BATCH_BYTES or len(batch) == _BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += taken
    if batch:
        yield batch
