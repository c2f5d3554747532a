"""Explain Failure: of a load that failed, the error of the part that failed first.

A Distributed Map tells only that more of its parts failed than it may; why one did stands in
its child execution.

Input:
    `{run, error, cause}`, as Load Batches told them.
Output:
    `{"Error", "Cause"}`: the part's own; what came in where no part ended by itself.
Errors:
    TransientError.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from stores import aws, traces

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient
    from mypy_boto3_stepfunctions.type_defs import ExecutionListItemTypeDef

_DIED = ("FAILED", "TIMED_OUT")
"""How a part ends by itself; the others are then cut off."""

_TIMED_OUT = "States.Timeout"
"""DescribeExecution names no error of an execution that timed out."""

aws.at_init(aws.stepfunctions)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, str]:
    """Return why the load failed."""
    states = aws.stepfunctions()
    dead = sorted(_dead_parts(states, event["run"]["execution_arn"]), key=lambda p: p["stopDate"])
    for part in dead[:1]:
        found = states.describe_execution(executionArn=part["executionArn"])
        if error := found.get("error", _TIMED_OUT if found["status"] == "TIMED_OUT" else ""):
            return {"Error": error, "Cause": found.get("cause", "")}
    return {"Error": event["error"], "Cause": event["cause"]}


def _dead_parts(states: SFNClient, execution_arn: str) -> Iterator[ExecutionListItemTypeDef]:
    """The first page of each kind: enough to find one that failed early."""
    for map_run in states.list_map_runs(executionArn=execution_arn)["mapRuns"]:
        for status in _DIED:
            page = states.list_executions(mapRunArn=map_run["mapRunArn"], statusFilter=status)  # type: ignore[arg-type]
            yield from page["executions"]
