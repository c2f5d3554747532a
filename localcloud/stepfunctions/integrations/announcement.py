"""What is announced of executions to whoever listens."""

from __future__ import annotations

from typing import Any

from localcloud.stepfunctions.engine.execution import Execution


def status_detail(execution: Execution) -> dict[str, Any]:
    """The `detail` of the event "Step Functions Execution Status Change"; times in ms.

    A redrive is announced as RUNNING, with a count above zero.

    Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    included = {"included": True}
    return {
        "executionArn": execution.arn,
        "stateMachineArn": execution.plan.state_machine_arn,
        "name": execution.name,
        "status": str(execution.status),
        "startDate": round(execution.started_at * 1000),
        "stopDate": _milliseconds(execution.stopped_at),
        "input": execution.input_text,
        "output": execution.output,
        "inputDetails": included,
        "outputDetails": None if execution.output is None else included,
        "error": execution.error,
        "cause": execution.cause,
        "stateMachineVersionArn": execution.plan.version_arn,
        "stateMachineAliasArn": execution.plan.alias_arn,
        "redriveCount": execution.redrive_count,
        "redriveDate": None
        if execution.redriven_at is None
        else round(execution.redriven_at * 1000),
        "redriveStatus": "REDRIVABLE" if execution.is_redrivable else "NOT_REDRIVABLE",
        "redriveStatusReason": None
        if execution.is_redrivable
        else f"Execution is {execution.status} and cannot be redriven",
    }


def _milliseconds(at: float | None) -> int | None:
    return None if at is None else round(at * 1000)
