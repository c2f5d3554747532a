"""Answering tasks by their tokens, and activities for workers.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from localcloud.stepfunctions.activities import Activity
from localcloud.stepfunctions.api.errors import ApiError, invalid
from localcloud.stepfunctions.api.names import check_arn, check_name
from localcloud.stepfunctions.api.paging import page
from localcloud.stepfunctions.engine.limits import MAX_PAYLOAD_BYTES, is_too_large
from localcloud.stepfunctions.engine.tokens import TokenClosedError, TokenInvalidError
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

# GetActivityTask answers after this time though there is no task.
_POLL_SECONDS: Final = 60


def send_success(runtime: World, params: Params) -> dict[str, Any]:
    """SendTaskSuccess."""
    text = params["output"]
    if is_too_large(text):
        raise invalid(
            "1 validation error detected: Value at 'output' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_PAYLOAD_BYTES}"
        )
    token = params["taskToken"]
    _check_token(runtime, token)  # a bad token is told before a bad output
    try:
        output = loads(text)
    except ValueError as error:
        raise ApiError("InvalidOutput", f"Invalid Output: '{error}'") from error
    return _answer(lambda: runtime.tokens.succeed(token, output))


def send_failure(runtime: World, params: Params) -> dict[str, Any]:
    """SendTaskFailure."""
    error, cause = params.get("error"), params.get("cause")
    return _answer(lambda: runtime.tokens.fail(params["taskToken"], error, cause))


def send_heartbeat(runtime: World, params: Params) -> dict[str, Any]:
    """SendTaskHeartbeat: never extends TimeoutSeconds."""
    return _answer(lambda: runtime.tokens.beat(params["taskToken"]))


def create_activity(runtime: World, params: Params) -> dict[str, Any]:
    """CreateActivity: idempotent by name."""
    name = check_name(params["name"])
    arn = runtime.arn("activity", name)
    activity = runtime.activities.get(arn)
    if activity is None:
        tags = {tag["key"]: tag["value"] for tag in params.get("tags", ())}
        activity = Activity(arn=arn, name=name, created_at=runtime.clock.now(), tags=tags)
        runtime.activities[arn] = activity
        if runtime.journal is not None:
            runtime.journal.activity(activity)
    return {"activityArn": arn, "creationDate": activity.created_at}


def delete_activity(runtime: World, params: Params) -> dict[str, Any]:
    """DeleteActivity: no error when there is none."""
    arn = check_arn(params["activityArn"], "activity")
    if runtime.activities.pop(arn, None) is not None and runtime.journal is not None:
        runtime.journal.activity_gone(arn)
    return {}


def describe_activity(runtime: World, params: Params) -> dict[str, Any]:
    """DescribeActivity."""
    return _shown(_activity(runtime, params["activityArn"]))


def list_activities(runtime: World, params: Params) -> dict[str, Any]:
    """ListActivities, by name."""
    activities = sorted(runtime.activities.values(), key=lambda activity: activity.name)
    shown, following = page(activities, params)
    return {"activities": [_shown(activity) for activity in shown], **following}


async def get_activity_task(runtime: World, params: Params) -> dict[str, Any]:
    """GetActivityTask: waits up to a minute for a task; without one the answer is empty."""
    activity = _activity(runtime, params["activityArn"])
    poll = activity.poll()
    timer = runtime.at(runtime.clock.now() + _POLL_SECONDS, lambda: poll.resolve(None))
    try:
        offer = await poll
    finally:
        timer.cancel()
    if offer is None:
        return {}
    offer.taken(params.get("workerName"))
    return {"taskToken": offer.token, "input": offer.input_text}


def _check_token(runtime: World, token: str) -> None:
    _answer(lambda: runtime.tokens.find(token))


def _answer(act: Callable[[], object]) -> dict[str, Any]:
    try:
        act()
    except TokenClosedError as error:
        raise ApiError(
            "TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'"
        ) from error
    except TokenInvalidError as error:
        raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'") from error
    return {}


def _activity(runtime: World, arn: str) -> Activity:
    activity = runtime.activities.get(check_arn(arn, "activity"))
    if activity is None:
        raise ApiError("ActivityDoesNotExist", f"Activity Does Not Exist: '{arn}'")
    return activity


def _shown(activity: Activity) -> dict[str, Any]:
    return {
        "activityArn": activity.arn,
        "name": activity.name,
        "creationDate": activity.created_at,
    }


ACTIONS: Final = {
    "SendTaskSuccess": send_success,
    "SendTaskFailure": send_failure,
    "SendTaskHeartbeat": send_heartbeat,
    "CreateActivity": create_activity,
    "DeleteActivity": delete_activity,
    "DescribeActivity": describe_activity,
    "ListActivities": list_activities,
    "GetActivityTask": get_activity_task,
}
