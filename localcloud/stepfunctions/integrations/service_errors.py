"""The error names and causes that Step Functions makes of a service's errors.

Optimized integrations speak through the AWS SDK for Java 1, `aws-sdk` integrations through
Java 2, and both use the names of its classes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from botocore.exceptions import ClientError

from localcloud.stepfunctions.errors import StatesError

_WORD: Final = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


def java_name(service_id: str) -> str:
    """A service's id as the AWS SDK for Java 2 spells it.

    >>> java_name("DynamoDB"), java_name("Secrets Manager"), java_name("S3"), java_name("SFN")
    ('DynamoDb', 'SecretsManager', 'S3', 'Sfn')
    """
    return "".join(word.capitalize() for word in _WORD.findall(service_id))


@dataclass(frozen=True, slots=True)
class Names:
    """How one kind of integration names errors."""

    prefixes: Mapping[str, str] = field(default_factory=dict)
    java_1: Mapping[str, str] = field(default_factory=dict)
    generic: Mapping[str, str] = field(default_factory=dict)

    def refused(self, client: Any, error: ClientError) -> StatesError:
        """A service's own error."""
        service_id = client.meta.service_model.service_id
        told = error.response["Error"]
        metadata = error.response.get("ResponseMetadata", {})
        status, request_id = metadata.get("HTTPStatusCode", 400), metadata.get("RequestId", "")
        modelled = type(error).__name__
        prefix = self.prefixes.get(service_id, java_name(service_id))
        name = modelled
        if modelled == "ClientError":
            name = self.generic.get(service_id, java_name(service_id))
        if not name.endswith("Exception"):
            name = f"{name.removesuffix('Error')}Exception"
        if (java_1 := self.java_1.get(service_id)) is not None:
            cause = (
                f"{told['Message']} (Service: {java_1}; Status Code: {status}; "
                f"Error Code: {told['Code']}; Request ID: {request_id}; Proxy: null)"
            )
            return StatesError(f"{prefix}.{name}", cause)
        host_id = metadata.get("HostId")
        extended = f", Extended Request ID: {host_id}" if host_id else ""
        cause = (
            f"{told['Message']} (Service: {java_name(service_id)}, Status Code: {status}, "
            f"Request ID: {request_id}{extended}) (SDK Attempt Count: 1)"
        )
        return StatesError(f"{prefix}.{name}", cause)

    def unreachable(self, client: Any, why: str) -> StatesError:
        """No answer came."""
        service_id = client.meta.service_model.service_id
        prefix = self.prefixes.get(service_id, java_name(service_id))
        return StatesError(f"{prefix}.SdkClientException", f"Unable to execute HTTP request: {why}")


# How optimized integrations name services, by the service in the resource's ARN.
PREFIXES: Final = {
    "dynamodb": "DynamoDB",
    "sns": "SNS",
    "sqs": "SQS",
    "glue": "Glue",
    "states": "StepFunctions",
    "events": "EventBridge",
}

OPTIMIZED: Final = Names(
    prefixes={
        "DynamoDB": "DynamoDB",
        "SNS": "SNS",
        "SQS": "SQS",
        "Glue": "Glue",
        "SFN": "StepFunctions",
        "Lambda": "Lambda",
        "EventBridge": "EventBridge",
    },
    # How the SDK for Java 1 names the service in causes.
    java_1={
        "DynamoDB": "AmazonDynamoDBv2",
        "SNS": "AmazonSNS",
        "SQS": "AmazonSQS",
        "Glue": "AWSGlue",
        "SFN": "AWSStepFunctions",
        "EventBridge": "AmazonEventBridge",
    },
    # What an error is called that the service's model does not name.
    generic={
        "DynamoDB": "AmazonDynamoDBException",
        "SNS": "AmazonSNSException",
        "SQS": "AmazonSQSException",
        "Glue": "AWSGlueException",
        "SFN": "AWSStepFunctionsException",
        "EventBridge": "AmazonEventBridgeException",
    },
)
SDK: Final = Names()
NAMES: Final = {False: OPTIMIZED, True: SDK}
