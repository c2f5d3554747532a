"""What a run used and what that costs at list prices. Pure.

Prices of us-east-1 in US dollars, without free tier, discounts, storage and requests to S3:
    https://aws.amazon.com/step-functions/pricing/
    https://aws.amazon.com/lambda/pricing/
    https://aws.amazon.com/glue/pricing/
    https://aws.amazon.com/dynamodb/pricing/on-demand/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sluice.runs.history import Event

_TRANSITION = Decimal("0.000025")
_GB_SECOND = Decimal("0.0000133334")  # arm64
_INVOCATION = Decimal("0.0000002")
_DPU_SECOND = Decimal("0.44") / 3600
_WRITE_UNIT = Decimal("0.000000625")
# Glue bills each run for at least a minute.
_MIN_JOB_SECONDS = 60
_RETRIED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """One line of the bill: how much of what, and US dollars."""

    service: str
    amount: Decimal
    unit: str
    dollars: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Invocation:
    """One billed Lambda invocation."""

    billed_ms: int
    memory_mb: int


@dataclass(frozen=True, kw_only=True, slots=True)
class JobRun:
    """One Glue run: its seconds and the DPUs that it held."""

    seconds: int
    dpus: Decimal


def transitions(events: Iterable[Event]) -> int:
    """How many state transitions a history was billed for: each entry and each retry.

    >>> transitions([{"type": "TaskStateEntered"}, {"type": "TaskScheduled"},
    ...              {"type": "TaskFailed"}, {"type": "TaskScheduled"}])
    2
    """
    kinds = [event["type"] for event in events]
    entered = sum(1 for kind in kinds if kind.endswith("StateEntered"))
    tasks = sum(1 for kind in kinds if kind == "TaskStateEntered")
    attempts = sum(1 for kind in kinds if kind in _RETRIED)
    return entered + max(0, attempts - tasks)


def invocation_of(line: Mapping[str, Any]) -> Invocation | None:
    """Read Lambda's report line; None where a line is another one.

    >>> invocation_of({"type": "platform.report", "record": {"metrics": {
    ...     "billedDurationMs": 30, "memorySizeMB": 256}}})
    Invocation(billed_ms=30, memory_mb=256)
    """
    if line.get("type") != "platform.report":
        return None
    metrics = line["record"]["metrics"]
    return Invocation(
        billed_ms=int(metrics["billedDurationMs"]), memory_mb=int(metrics["memorySizeMB"])
    )


def bill(
    *,
    state_transitions: int,
    invocations: Sequence[Invocation],
    job_runs: Sequence[JobRun],
    rows_written: int,
) -> tuple[Cost, ...]:
    """A line for each service; a row is taken for one write unit (1 KB)."""
    gb_ms = sum(each.billed_ms * each.memory_mb for each in invocations)
    gb_seconds = Decimal(gb_ms) / 1000 / 1024
    lambda_dollars = gb_seconds * _GB_SECOND + len(invocations) * _INVOCATION
    dpu_seconds = sum(
        (max(run.seconds, _MIN_JOB_SECONDS) * run.dpus for run in job_runs), Decimal(0)
    )
    return (
        _cost("Step Functions", Decimal(state_transitions), "transitions", _TRANSITION),
        Cost(service="Lambda", amount=gb_seconds, unit="GB seconds", dollars=lambda_dollars),
        _cost("Glue", dpu_seconds, "DPU seconds", _DPU_SECOND),
        _cost("DynamoDB", Decimal(rows_written), "write units", _WRITE_UNIT),
    )


def _cost(service: str, amount: Decimal, unit: str, price: Decimal) -> Cost:
    return Cost(service=service, amount=amount, unit=unit, dollars=amount * price)
