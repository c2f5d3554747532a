"""The `Resource` of a Task, an ItemReader or a ResultWriter, taken apart.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/integrate-services.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


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


class ResourceError(ValueError):
    """The text is no resource that a state can use."""


# Optimized integrations: the actions of each service, with the patterns besides request-response.
_ACTIONS: Final = {
    "apigateway": "invoke+waitForTaskToken",
    "athena": "getQueryExecution getQueryResults startQueryExecution+sync stopQueryExecution",
    "batch": "submitJob+sync",
    "bedrock": "createModelCustomizationJob+sync invokeModel",
    "codebuild": "batchDeleteBuilds batchGetReports retryBuild retryBuildBatch startBuild+sync"
    " startBuildBatch+sync stopBuild stopBuildBatch",
    "databrew": "startJobRun+sync",
    "dynamodb": "deleteItem getItem putItem updateItem",
    "ecs": "runTask+sync+waitForTaskToken",
    "eks": "call createCluster+sync createFargateProfile+sync createNodegroup+sync"
    " deleteCluster+sync deleteFargateProfile+sync deleteNodegroup+sync runJob+sync",
    "elasticmapreduce": "addStep+sync cancelStep createCluster+sync modifyInstanceFleetByName"
    " modifyInstanceGroupByName setClusterTerminationProtection terminateCluster+sync",
    "emr-containers": "createVirtualCluster deleteVirtualCluster+sync startJobRun+sync",
    "emr-serverless": "cancelJobRun+sync createApplication+sync deleteApplication+sync"
    " startApplication+sync startJobRun+sync stopApplication+sync",
    "events": "putEvents+waitForTaskToken",
    "glue": "startJobRun+sync",
    "http": "invoke",
    "lambda": "invoke+waitForTaskToken",
    "mediaconvert": "createJob+sync",
    "sagemaker": "createEndpoint createEndpointConfig createHyperParameterTuningJob+sync"
    " createLabelingJob+sync createModel createProcessingJob+sync createTrainingJob+sync"
    " createTransformJob+sync updateEndpoint",
    "sns": "publish+waitForTaskToken",
    "sqs": "sendMessage+waitForTaskToken",
    "states": "startExecution+sync+sync:2+waitForTaskToken",
}


def _optimized() -> Iterator[tuple[str, frozenset[Pattern]]]:
    for service, actions in _ACTIONS.items():
        for entry in actions.split():
            action, *patterns = entry.split("+")
            yield f"{service}:{action}", frozenset({Pattern(""), *map(Pattern, patterns)})


OPTIMIZED: Final = dict(_optimized())

# What only the reader and the writer of a distributed Map may use besides the SDK.
STORAGE: Final = frozenset({"s3:getObject", "s3:listObjectsV2", "s3:putObject"})

_ARN: Final = re.compile(r"arn:(?:aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b):([a-z0-9-]+):(.*)")
_ACTIVITY: Final = re.compile(r"[a-z0-9-]+:\d{12}:activity:.+")
# AWS looks at neither region nor account.
_LAMBDA: Final = re.compile(r"[^:]*:[^:]*:function:[A-Za-z0-9_-]+(?::(?:\$LATEST|[A-Za-z0-9_-]+))?")
_INTEGRATION: Final = re.compile(
    r"[a-z0-9-]*:(?:\d{12})?:(aws-sdk:)?([A-Za-z0-9-]+):([A-Za-z0-9]+)(?:\.(sync:2|sync|waitForTaskToken))?"
)


def parse_resource(arn: str, *, storage: bool = False) -> Resource:
    """The resource that an ARN names; `storage` allows what readers and writers use.

    Raises:
        ResourceError: it names none.
    """
    found = _ARN.fullmatch(arn)
    if found is None:
        raise ResourceError("Value is not a valid resource ARN")
    service, rest = found.groups()
    if service == "lambda" and _LAMBDA.fullmatch(rest):
        return Resource(arn=arn, kind=ResourceKind.LAMBDA)
    if service == "states" and _ACTIVITY.fullmatch(rest):
        return Resource(arn=arn, kind=ResourceKind.ACTIVITY)
    integration = _INTEGRATION.fullmatch(rest) if service == "states" else None
    if integration is None:
        raise ResourceError("Value is not a valid resource ARN")
    sdk, name, action, suffix = integration.groups()
    resource = Resource(
        arn=arn,
        kind=ResourceKind.SDK if sdk else ResourceKind.OPTIMIZED,
        service=name,
        action=action,
        pattern=Pattern(suffix or ""),
    )
    if not _exists(resource, storage=storage):
        raise ResourceError(
            f"The resource provided {arn} is not recognized. The value is not a valid resource"
            " ARN, or the resource is not available in this region."
        )
    return resource


def _exists(resource: Resource, *, storage: bool) -> bool:
    if resource.kind is ResourceKind.SDK:
        return resource.pattern in {Pattern.REQUEST_RESPONSE, Pattern.WAIT_FOR_TASK_TOKEN}
    name = f"{resource.service}:{resource.action}"
    if storage and name in STORAGE:
        return resource.pattern is Pattern.REQUEST_RESPONSE
    return resource.pattern in OPTIMIZED.get(name, ())
