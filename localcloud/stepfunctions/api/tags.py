"""Tags of state machines and activities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.stepfunctions.api.errors import ApiError, resource_missing
from localcloud.stepfunctions.api.names import check_arn
from localcloud.stepfunctions.runtime import Runtime

Params = Mapping[str, Any]

_MAX_TAGS: Final = 50


def tag(runtime: Runtime, params: Params) -> dict[str, Any]:
    """TagResource."""
    tags = _tags(runtime, params["resourceArn"])
    wanted = {**tags, **{tag["key"]: tag["value"] for tag in params["tags"]}}
    if len(wanted) > _MAX_TAGS:
        raise ApiError("TooManyTags", f"'{params['resourceArn']}' may have {_MAX_TAGS} tags")
    tags.update(wanted)
    return {}


def untag(runtime: Runtime, params: Params) -> dict[str, Any]:
    """UntagResource."""
    tags = _tags(runtime, params["resourceArn"])
    for key in params["tagKeys"]:
        tags.pop(key, None)
    return {}


def list_(runtime: Runtime, params: Params) -> dict[str, Any]:
    """ListTagsForResource."""
    tags = _tags(runtime, params["resourceArn"])
    return {"tags": [{"key": key, "value": value} for key, value in tags.items()]}


def _tags(runtime: Runtime, arn: str) -> dict[str, str]:
    check_arn(arn, "stateMachine", "activity")
    owner = runtime.machines.get(arn) or runtime.activities.get(arn)
    if owner is None:
        raise resource_missing(arn)
    return owner.tags


ACTIONS: Final = {"TagResource": tag, "UntagResource": untag, "ListTagsForResource": list_}
