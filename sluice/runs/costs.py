"""What a run used, stage by stage, and what that costs at list prices. Pure.

Prices of us-east-1 in US dollars, without free tier, discounts, storage and requests to S3:
    https://aws.amazon.com/step-functions/pricing/
    https://aws.amazon.com/lambda/pricing/
    https://aws.amazon.com/glue/pricing/
    https://aws.amazon.com/dynamodb/pricing/on-demand/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from sluice.runs.history import Event, StateVisit

TRANSITION = Decimal("0.000025")
GB_SECOND = Decimal("0.0000133334")  # arm64
INVOCATION = Decimal("0.0000002")
DPU_SECOND = Decimal("0.44") / 3600
WRITE_UNIT = Decimal("0.000000625")
# Glue bills each run for at least a minute.
MIN_JOB_SECONDS = 60
_RETRIED = ("TaskScheduled", "LambdaFunctionScheduled", "ActivityScheduled")
STAGE_OF = {
    "Open Run": "validate",
    "Plan Conversion": "convert",
    "Judge Quality": "judge",
    "Request Approval": "wait",
    "Commit Decision": "load",
    "Settle Files": "settle",
    "Finish Run": "finish",
}
"""The state with which each stage begins."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What is billed: transitions, Lambda, Glue, and units written to DynamoDB."""

    transitions: Decimal = Decimal(0)
    invocations: Decimal = Decimal(0)
    gb_seconds: Decimal = Decimal(0)
    dpu_seconds: Decimal = Decimal(0)
    write_units: Decimal = Decimal(0)

    def __add__(self, other: Self) -> Self:
        """Both together."""
        names = self.__slots__
        return type(self)(**{n: getattr(self, n) + getattr(other, n) for n in names})

    @property
    def costs(self) -> tuple[Cost, ...]:
        """A line for each service."""
        calls = self.gb_seconds * GB_SECOND + self.invocations * INVOCATION
        return (
            _cost("Step Functions", self.transitions, "transitions", TRANSITION),
            Cost(service="Lambda", amount=self.gb_seconds, unit="GB seconds", dollars=calls),
            _cost("Glue", self.dpu_seconds, "DPU seconds", DPU_SECOND),
            _cost("DynamoDB", self.write_units, "write units", WRITE_UNIT),
        )

    @property
    def dollars(self) -> Decimal:
        """The sum of all."""
        return sum((cost.dollars for cost in self.costs), Decimal(0))


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """One line of a bill: how much of what, and US dollars."""

    service: str
    amount: Decimal
    unit: str
    dollars: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """What a run used in each stage that it came to, in order."""

    stages: Mapping[str, Usage]

    @property
    def total(self) -> Usage:
        """All stages together."""
        return sum(self.stages.values(), Usage())

    @property
    def words(self) -> str:
        """The bill in a line: the sum, and the stages that make most of it."""
        dearest = sorted(self.stages.items(), key=lambda each: each[1].dollars, reverse=True)
        told = ", ".join(f"{stage} {_dollars(usage)}" for stage, usage in dearest[:3])
        return f"about ${_dollars(self.total)} at list prices ({told})"


def bill(
    visits: Iterable[StateVisit],
    memory_gb: Mapping[str, Decimal],
    more: Mapping[str, Usage],
) -> Bill:
    """The bill of a history; `memory_gb` is that of the function which a state calls, by state.

    `more` is what other histories and tables know, by state or stage. Step Functions waits for a
    call a few milliseconds longer than Lambda bills, so this is a little too much rather than
    too little.
    """
    stages: dict[str, Usage] = {}
    stage = ""
    for visit in visits:
        stage = STAGE_OF.get(visit.name, stage) if visit.depth == 0 else stage
        used = _usage(visit, memory_gb.get(visit.name)) + more.get(visit.name, Usage())
        stages[stage] = stages.get(stage, Usage()) + used
    return Bill(stages=stages)


def job_usage(seconds: float, dpus: Decimal) -> Usage:
    """What a run of a Glue job is billed.

    >>> job_usage(12, Decimal(2)).dpu_seconds
    Decimal('120')
    """
    return Usage(dpu_seconds=max(Decimal(str(seconds)), Decimal(MIN_JOB_SECONDS)) * dpus)


def call_usage(seconds: float, memory_gb: Decimal) -> Usage:
    """What one call of a function is billed."""
    return Usage(invocations=Decimal(1), gb_seconds=Decimal(str(seconds)) * memory_gb)


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


def _usage(visit: StateVisit, memory_gb: Decimal | None) -> Usage:
    """Its transitions, and the calls of its function."""
    used = Usage(transitions=Decimal(1 + visit.retries))
    for each in visit.tries if memory_gb is not None else ():
        end = each.answered_at or each.ended_at
        if end is not None and memory_gb is not None:
            used += call_usage((end - each.began_at).total_seconds(), memory_gb)
    return used


def _cost(service: str, amount: Decimal, unit: str, price: Decimal) -> Cost:
    return Cost(service=service, amount=amount, unit=unit, dollars=amount * price)


def _dollars(usage: Usage) -> str:
    """Two digits that count.

    >>> _dollars(Usage(transitions=Decimal(31))), _dollars(Usage(dpu_seconds=Decimal(36000)))
    ('0.00078', '4.4')
    """
    return f"{usage.dollars:.2g}" if usage.dollars >= Decimal("0.00001") else "0.00001"
