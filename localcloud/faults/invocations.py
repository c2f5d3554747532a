"""Lets faults happen to the invocations that do not come as requests: those of state machines."""

from __future__ import annotations

from collections.abc import Callable

from localcloud.faults.errors import service_error
from localcloud.faults.rules import Call, Plan
from localcloud.lambdas import InvocationRefusedError, LambdaReply

Invoke = Callable[[str, bytes], LambdaReply]


def faulty(invoke: Invoke, plan: Plan) -> Invoke:
    """The same invocations, unless the plan wants something to go wrong."""

    def attempt(function: str, payload: bytes) -> LambdaReply:
        call = Call(service="lambda", operation="Invoke", text=function, from_function=False)
        fault = plan.for_call(call)
        if fault is None:
            return invoke(function, payload)
        if fault.rule.lose_reply:
            invoke(function, payload)
        error = service_error("lambda", fault.rule.error or "fault", fault.rule.status)
        raise InvocationRefusedError(error.code, "a fault that was asked for", status=error.status)

    return attempt
