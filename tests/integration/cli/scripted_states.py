"""A Step Functions client whose executions follow a script."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)
DEFINITION = json.dumps(
    {
        "StartAt": "Open Run",
        "States": {"Open Run": {"Type": "Task", "Next": "Loaded"}, "Loaded": {"Type": "Succeed"}},
    }
)
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:csv-pipeline"


def execution_arn(run_id: str) -> str:
    return f"{MACHINE.replace(':stateMachine:', ':execution:')}:{run_id}"


@dataclass
class Execution:
    """An execution whose history grows by one scripted step at each look."""

    run_id: str
    order: dict[str, Any] = field(default_factory=dict)
    started_at: datetime = START
    events: list[dict[str, Any]] = field(default_factory=list)
    steps: list[Callable[[], None]] = field(default_factory=list)
    when_stopped: Callable[[], None] = lambda: None
    """What the pipeline does once it has heard of the stop."""
    status: str = "RUNNING"
    redrive_status: str = "REDRIVABLE"
    redriven_at: datetime | None = None
    map_run_arn: str | None = None
    details: dict[str, Any] = field(default_factory=dict)

    def add(self, kind: str, **details: Any) -> None:
        number = len(self.events) + 1
        name = kind[0].lower() + kind[1:]
        for ending in ("StateEntered", "StateExited"):
            if kind.endswith(ending):
                name = ending[0].lower() + ending[1:]
        self.events.append(
            {
                "id": number,
                "previousEventId": number - 1,
                "timestamp": self.started_at + timedelta(seconds=number),
                "type": kind,
                f"{name}EventDetails": details,
            }
        )

    def end(self, status: str, **details: Any) -> None:
        self.add(f"Execution{status.capitalize()}", **details)
        self.status, self.details = status, details

    def description(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "executionArn": execution_arn(self.run_id),
            "stateMachineArn": MACHINE,
            "name": self.run_id,
            "status": self.status,
            "startDate": self.started_at,
            "input": json.dumps(self.order),
            "redriveStatus": self.redrive_status,
        }
        if self.redriven_at:
            found["redriveDate"] = self.redriven_at
        if self.status != "RUNNING":
            found |= self.details
            found["stopDate"] = self.events[-1]["timestamp"] if self.events else self.started_at
        return found


class ScriptedStates:
    """The part of the Step Functions client that the command line uses."""

    class exceptions:  # noqa: N801 - boto3's own name
        class ExecutionDoesNotExist(Exception):  # noqa: N818
            pass

        class InvalidArn(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.executions: dict[str, Execution] = {}
        self.when_started: Callable[[Execution], None] = lambda _: None
        self.map_runs: dict[str, dict[str, int]] = {}
        self.meta = type("Meta", (), {"endpoint_url": "http://127.0.0.1:1"})

    def add(self, execution: Execution) -> Execution:
        self.executions[execution_arn(execution.run_id)] = execution
        if execution.map_run_arn is None:
            self.when_started(execution)
        return execution

    def forget(self, run_id: str) -> None:
        """As 90 days after its end."""
        del self.executions[execution_arn(run_id)]

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        if executionArn not in self.executions:
            raise self.exceptions.ExecutionDoesNotExist
        return self.executions[executionArn].description()

    def list_executions(self, **wanted: Any) -> dict[str, Any]:
        newest = sorted(self.executions.values(), key=lambda each: each.started_at, reverse=True)
        chosen = [
            each.description()
            for each in newest
            if each.map_run_arn == wanted.get("mapRunArn")
            and each.status == wanted.get("statusFilter", each.status)
        ]
        return {"executions": chosen}

    def describe_map_run(self, *, mapRunArn: str) -> dict[str, Any]:  # noqa: N803
        return {"itemCounts": self.map_runs[mapRunArn]}

    def get_execution_history(self, *, executionArn: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        self.describe_execution(executionArn=executionArn)
        execution = self.executions[executionArn]
        if execution.steps:
            execution.steps.pop(0)()
        return {"events": execution.events[::-1]}

    def describe_state_machine_for_execution(self, *, executionArn: str) -> dict[str, Any]:  # noqa: N803
        assert executionArn in self.executions
        return {"definition": DEFINITION}

    def describe_state_machine(self, *, stateMachineArn: str) -> dict[str, Any]:  # noqa: N803
        assert stateMachineArn == MACHINE
        return {"status": "ACTIVE", "definition": DEFINITION}

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> None:  # noqa: N803
        execution = self.executions[executionArn]
        execution.end("ABORTED", error=error, cause=cause)
        execution.when_stopped()

    def redrive_execution(self, *, executionArn: str) -> None:  # noqa: N803
        execution = self.executions[executionArn]
        execution.status = "RUNNING"
        execution.add("ExecutionRedriven", redriveCount=1)
        execution.redriven_at = execution.events[-1]["timestamp"]

    def get_paginator(self, operation: str) -> Any:
        states = self

        class Paginator:
            def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
                arguments.pop("PaginationConfig", None)
                yield getattr(states, operation)(**arguments)

        return Paginator()
