"""How the whole stack is doing: what its alarms say, what its metrics tell of a day, what waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipeline import timestamps
from pipeline.runs.settlement import TERMINAL
from pipeline.runs.stages import STAGES
from sluice.stack import control
from sluice.stack.cloud import Cloud

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import DimensionTypeDef, MetricDataQueryTypeDef

DAY = timedelta(days=1)
_ROWS = {"in": "RowsIn", "valid": "RowsValid", "rejected": "RowsRejected", "loaded": "RowsLoaded"}
ENDS = (*sorted(TERMINAL), "STOPPED")
_NAMES_PER_REQUEST = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmState:
    """One alarm of the stack: `OK`, `ALARM` or `INSUFFICIENT_DATA`, and why."""

    name: str
    state: str
    meaning: str
    reason: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Status:
    """The answers to: is it well, what is slow, what waits. Counts are those of the last day."""

    alarms: tuple[AlarmState, ...]
    runs: Mapping[str, int]
    """By how they ended."""
    rows: Mapping[str, int]
    stage_seconds: Mapping[str, float]
    """Of a run, on average."""
    drops_waiting: int | None
    files_waiting: int | None
    """At the last look of the schedule; None if there was none."""
    oldest_run_seconds: float | None
    """At the last sweep."""
    questions: int
    first_expires_at: datetime | None

    @property
    def ringing(self) -> tuple[AlarmState, ...]:
        """The alarms that say that something is wrong."""
        return tuple(alarm for alarm in self.alarms if alarm.state == "ALARM")

    def as_document(self) -> dict[str, Any]:
        """For a script."""
        expires = self.first_expires_at
        return {
            "well": not self.ringing,
            "alarms": [
                {
                    "name": alarm.name,
                    "state": alarm.state,
                    "meaning": alarm.meaning,
                    "reason": alarm.reason,
                    "since": timestamps.to_text(alarm.since),
                }
                for alarm in self.alarms
            ],
            "last_day": {
                "runs": dict(self.runs),
                "rows": dict(self.rows),
                "stage_seconds": dict(self.stage_seconds),
            },
            "waiting": {
                "drops": self.drops_waiting,
                "files": self.files_waiting,
                "oldest_run_seconds": self.oldest_run_seconds,
                "questions": self.questions,
                "first_expires_at": timestamps.to_text(expires) if expires else None,
            },
        }


def read_status(cloud: Cloud, now: datetime) -> Status:
    """Ask CloudWatch, the queue of drops and the control table."""
    figures = _figures(cloud, now)
    waiting = control.pending_approvals(cloud)
    files = _last(figures.get("files"))
    return Status(
        alarms=tuple(alarms(cloud)),
        runs={end: int(n) for end in ENDS if (n := sum(figures.get(f"run_{end.lower()}", [])))},
        rows={word: int(sum(figures.get(f"rows_{word}", []))) for word in _ROWS},
        stage_seconds=dict(_averages(figures)),
        drops_waiting=_messages_in(cloud, cloud.stack.drop_queue_url),
        files_waiting=None if files is None else int(files),
        oldest_run_seconds=_last(figures.get("oldest_run")),
        questions=len(waiting),
        first_expires_at=min((each.expires_at for each in waiting), default=None),
    )


def dead_letters(cloud: Cloud) -> int | None:
    """Return how many events and calls were given up; None where the stack names no queue."""
    return _messages_in(cloud, cloud.stack.undelivered_queue_url)


def alarms(cloud: Cloud) -> Iterator[AlarmState]:
    """The stack's alarms, those that ring first."""
    names = _alarm_names(cloud)
    found: list[AlarmState] = []
    for start in range(0, len(names), _NAMES_PER_REQUEST):
        some = names[start : start + _NAMES_PER_REQUEST]
        answer = cloud.metrics.describe_alarms(AlarmNames=some, MaxRecords=_NAMES_PER_REQUEST)
        found += [
            AlarmState(
                name=alarm["AlarmName"],
                state=alarm["StateValue"],
                meaning=alarm.get("AlarmDescription", ""),
                reason=alarm.get("StateReason", ""),
                since=alarm["StateUpdatedTimestamp"],
            )
            for alarm in answer["MetricAlarms"]
        ]
    yield from sorted(found, key=lambda alarm: (alarm.state != "ALARM", alarm.name))


@lru_cache(maxsize=1)
def _alarm_names(cloud: Cloud) -> tuple[str, ...]:
    """Asked for once: who looks again and again need not hear of a deployment in between."""
    pages = cloud.stacks.get_paginator("list_stack_resources").paginate(StackName=cloud.stack.name)
    return tuple(
        resource["PhysicalResourceId"]
        for page in pages
        for resource in page["StackResourceSummaries"]
        if resource["ResourceType"] == "AWS::CloudWatch::Alarm"
    )


def _figures(cloud: Cloud, now: datetime) -> dict[str, list[float]]:
    """Values of the last day by the ids of the queries, the newest first."""
    namespace = f"Sluice/{cloud.stack.name}"
    day, look = int(DAY.total_seconds()), 300
    pages = cloud.metrics.get_paginator("get_metric_data").paginate(
        MetricDataQueries=[
            *(_query(f"run_{end.lower()}", namespace, "Runs", "Sum", day, end) for end in ENDS),
            *(_query(f"rows_{word}", namespace, name, "Sum", day) for word, name in _ROWS.items()),
            *(
                _query(f"{stage}_{stat}", namespace, f"{stage.title()}Seconds", stat, day)
                for stage in STAGES[:-1]
                for stat in ("Sum", "SampleCount")
            ),
            _query("files", namespace, "FilesWaiting", "Maximum", look),
            _query("oldest_run", namespace, "OldestRunSeconds", "Maximum", look),
        ],
        StartTime=now - DAY,
        EndTime=now + timedelta(minutes=1),
        ScanBy="TimestampDescending",
    )
    found: dict[str, list[float]] = {}
    for page in pages:
        for result in page["MetricDataResults"]:
            found.setdefault(result["Id"], []).extend(result["Values"])
    return found


def _query(  # noqa: PLR0917  what a query consists of
    name: str, namespace: str, metric: str, statistic: str, period: int, status: str = ""
) -> MetricDataQueryTypeDef:
    dimensions: list[DimensionTypeDef] = [{"Name": "Status", "Value": status}] if status else []
    return {
        "Id": name,
        "MetricStat": {
            "Metric": {"Namespace": namespace, "MetricName": metric, "Dimensions": dimensions},
            "Period": period,
            "Stat": statistic,
        },
    }


def _averages(figures: Mapping[str, list[float]]) -> Iterator[tuple[str, float]]:
    """Yield the average seconds of each stage that any run had."""
    for stage in STAGES[:-1]:
        if number := sum(figures.get(f"{stage}_SampleCount", [])):
            yield stage, round(sum(figures[f"{stage}_Sum"]) / number, 3)


def _last(values: list[float] | None) -> float | None:
    return values[0] if values else None


def _messages_in(cloud: Cloud, url: str | None) -> int | None:
    """Return how many messages wait in a queue; None where the stack does not name it."""
    if url is None:
        return None
    answer = cloud.queues.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer["Attributes"]["ApproximateNumberOfMessages"])
