"""Whether a context object that TestState is given is one that a state could see.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/test-state-isolation.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from localcloud.stepfunctions.api.errors import ApiError, invalid
from localcloud.stepfunctions.definition.model import State, TaskState
from localcloud.stepfunctions.definition.resources import Pattern, ResourceKind
from localcloud.stepfunctions.query.scope import Json

_ANY: Final = (object, "")
_TEXT: Final = (str, "a string")
_NUMBER: Final = (int, "a number")

# The members of the context object's own members, with their types.
_MEMBERS: Final[Mapping[str, Mapping[str, tuple[type, str]]]] = {
    "Execution": {
        "Id": _TEXT,
        "Input": _ANY,
        "Name": _TEXT,
        "RoleArn": _TEXT,
        "StartTime": _TEXT,
        "RedriveCount": _NUMBER,
        "RedriveTime": _TEXT,
    },
    "StateMachine": {"Id": _TEXT, "Name": _TEXT},
    "State": {"Name": _TEXT, "EnteredTime": _TEXT, "RetryCount": _NUMBER},
    "Task": {"Token": _TEXT},
}


def check_context(context: Json, state: State) -> None:
    """Refuse a context object with members that AWS's has not, or not for this state.

    Raises:
        ApiError: `ValidationException`.
    """
    if not isinstance(context, dict):
        raise _refused("it must be a JSON object")
    if "Map" in context:
        raise _refused("'Map' field is not supported when mocking a Context object")
    for name, value in context.items():
        members = _MEMBERS.get(name)
        if members is None:
            raise _refused(f"Field '{name}' is not allowed")
        if not isinstance(value, dict):
            raise _refused(f"{name} must be an object")
        _check_members(name, value, members)
    if "Task" in context and not _is_awaited(state):
        raise _refused(
            "Context object contains 'Task' when state is not a Task state with a '.sync' or "
            "'.waitForTaskToken' service integration pattern"
        )


def _check_members(
    owner: str, value: Mapping[str, Json], members: Mapping[str, tuple[type, str]]
) -> None:
    for name, item in value.items():
        if name not in members:
            raise _refused(f"Field '{name}' is not allowed")
        kind, called = members[name]
        if not isinstance(item, kind):
            raise _refused(f"{owner}.{name} must be {called}")


def _is_awaited(state: State) -> bool:
    if not isinstance(state, TaskState):
        return False
    resource = state.resource
    return (
        resource.kind is ResourceKind.ACTIVITY or resource.pattern is not Pattern.REQUEST_RESPONSE
    )


def _refused(why: str) -> ApiError:
    return invalid(f"Invalid Context object provided: {why}")
