"""Starting, stopping and redriving executions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from localcloud.stepfunctions.api.errors import (
    ApiError,
    invalid,
)
from localcloud.stepfunctions.api.execution_views import (
    describe_execution,
    find_execution,
    why_not_redrivable,
)
from localcloud.stepfunctions.api.names import check_name
from localcloud.stepfunctions.api.versions import find_plan
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.limits import MAX_PAYLOAD_BYTES, is_too_large
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

_BILLED_MEMORY_MB: Final = 64


def start(runtime: World, params: Params) -> dict[str, Any]:
    """StartExecution: idempotent while an execution of that name and input runs.

    With mocks in force, a test case may follow the ARN after a `#`.
    """
    machine_arn, _, case = str(params["stateMachineArn"]).partition("#")
    if case and not runtime.mocks.names:  # then it is no ARN, as on AWS
        machine_arn, case = str(params["stateMachineArn"]), ""
    machine, plan = find_plan(runtime, machine_arn)
    input_text = check_payload(params.get("input", "{}"))
    name = check_name(params["name"]) if params.get("name") else str(uuid4())
    if machine.express:
        execution = _express(runtime, plan, name, input_text)
        execution.start()
        return {"executionArn": execution.arn, "startDate": execution.started_at}
    arn = runtime.arn("execution", f"{machine.name}:{name}")
    before = runtime.executions.get(arn)
    if before is not None:
        if before.status is not Status.RUNNING or before.input_text != input_text:
            raise ApiError("ExecutionAlreadyExists", f"Execution Already Exists: '{arn}'")
        return {"executionArn": arn, "startDate": before.started_at}
    execution = Execution(
        runtime,
        plan,
        arn=arn,
        name=name,
        input_text=input_text,
        trace_header=params.get("traceHeader"),
    )
    if case:
        _mock(runtime, execution, case)
    runtime.executions[arn] = execution
    execution.start()
    return {"executionArn": arn, "startDate": execution.started_at}


def _mock(runtime: World, execution: Execution, case: str) -> None:
    machine = execution.plan.state_machine_name
    try:
        runtime.mocks.assign(execution.arn, machine, case)
    except LookupError as error:
        raise invalid(f"The mock configuration has no test case {machine}#{case}") from error


async def start_sync(runtime: World, params: Params) -> dict[str, Any]:
    """StartSyncExecution: runs an EXPRESS state machine to its end."""
    machine, plan = find_plan(runtime, params["stateMachineArn"])
    if not machine.express:
        raise ApiError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    input_text = check_payload(params.get("input", "{}"))
    name = check_name(params["name"]) if params.get("name") else str(uuid4())
    execution = _express(runtime, plan, name, input_text)
    execution.start()
    await execution.ended
    assert execution.stopped_at is not None
    shown = {"outputDetails": {"included": True}, **describe_execution(execution)}
    for member in ("redriveCount", "redriveStatus", "redriveStatusReason"):
        shown.pop(member, None)
    milliseconds = round((execution.stopped_at - execution.started_at) * 1000)
    shown["billingDetails"] = {
        "billedMemoryUsedInMB": _BILLED_MEMORY_MB,
        "billedDurationInMilliseconds": -(-milliseconds // 100) * 100,
    }
    return shown


def stop(runtime: World, params: Params) -> dict[str, Any]:
    """StopExecution: no error when the execution has ended already."""
    execution = find_execution(runtime, params["executionArn"])
    if execution.plan.express:
        raise ApiError(
            "StateMachineTypeNotSupported",
            "This operation is not supported by this type of state machine",
        )
    execution.stop(params.get("error"), params.get("cause"))
    return {"stopDate": execution.stopped_at}


def redrive(runtime: World, params: Params) -> dict[str, Any]:
    """RedriveExecution: goes on from what did not succeed."""
    execution = find_execution(runtime, params["executionArn"])
    reason = why_not_redrivable(runtime, execution)
    if reason is not None:
        raise ApiError("ExecutionNotRedrivable", reason)
    execution.redrive()
    return {"redriveDate": execution.redriven_at}


def check_payload(text: str) -> str:
    """The payload itself.

    Raises:
        ApiError: `InvalidExecutionInput`, or `ValidationException` when it is too large.
    """
    if is_too_large(text):
        raise invalid(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_PAYLOAD_BYTES}"
        )
    try:
        loads(text)
    except ValueError as error:
        raise ApiError(
            "InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'"
        ) from error
    return text


def _express(runtime: World, plan: Plan, name: str, input_text: str) -> Execution:
    arn = runtime.arn("express", f"{plan.state_machine_name}:{name}:{uuid4()}")
    return Execution(runtime, plan, arn=arn, name=name, input_text=input_text)


ACTIONS: Final = {
    "StartExecution": start,
    "StartSyncExecution": start_sync,
    "StopExecution": stop,
    "RedriveExecution": redrive,
}
