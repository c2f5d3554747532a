"""The `Resource` of a Task, an ItemReader or a ResultWriter, taken apart."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ResourceKind(StrEnum):
    """What a resource ARN names."""

    LAMBDA = "lambda"  # a function's own ARN
    ACTIVITY = "activity"
    OPTIMIZED = "optimized"  # arn:aws:states:::service:action
    SDK = "aws-sdk"  # arn:aws:states:::aws-sdk:service:action


class Pattern(StrEnum):
    """When an integration counts as done."""

    REQUEST_RESPONSE = ""
    SYNC = "sync"
    SYNC_2 = "sync:2"
    WAIT_FOR_TASK_TOKEN = "waitForTaskToken"  # noqa: S105 - the name of a pattern, not a secret


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """A parsed resource ARN.

    For optimized and SDK integrations `service` and `action` are as written (`glue`,
    `startJobRun`); for Lambda functions and activities both are empty.
    """

    arn: str
    kind: ResourceKind
    service: str = ""
    action: str = ""
    pattern: Pattern = Pattern.REQUEST_RESPONSE
