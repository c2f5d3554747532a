"""Tags of state machines and activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.stepfunctions.activities import Activity
from localcloud.stepfunctions.api.errors import ApiError, resource_missing
from localcloud.stepfunctions.api.names import check_arn
from localcloud.stepfunctions.machines import Machine
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

_MAX_TAGS: Final = 50


def tag(runtime: World, params: Params) -> dict[str, Any]:
    """TagResource."""
    owner = _owner(runtime, params["resourceArn"])
    wanted = {**owner.tags, **{tag["key"]: tag["value"] for tag in params["tags"]}}
    if len(wanted) > _MAX_TAGS:
        raise ApiError("TooManyTags", f"'{params['resourceArn']}' may have {_MAX_TAGS} tags")
    owner.tags.update(wanted)
    _keep(runtime, owner)
    return {}


def untag(runtime: World, params: Params) -> dict[str, Any]:
    """UntagResource."""
    owner = _owner(runtime, params["resourceArn"])
    for key in params["tagKeys"]:
        owner.tags.pop(key, None)
    _keep(runtime, owner)
    return {}


def list_(runtime: World, params: Params) -> dict[str, Any]:
    """ListTagsForResource."""
    tags = _owner(runtime, params["resourceArn"]).tags
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def _owner(runtime: World, arn: str) -> Machine | Activity:
    check_arn(arn, "stateMachine", "activity")
    owner = runtime.machines.get(arn) or runtime.activities.get(arn)
    if owner is None:
        raise resource_missing(arn)
    return owner


def _keep(runtime: World, owner: Machine | Activity) -> None:
    if isinstance(owner, Machine):
        runtime.keep(owner)
    elif runtime.journal is not None:
        runtime.journal.activity(owner)


ACTIONS: Final = {"TagResource": tag, "UntagResource": untag, "ListTagsForResource": list_}
