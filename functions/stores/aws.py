"""Clients of AWS, made once, and the one translation of their errors.

The state machine retries `TransientError`; botocore's own class names differ by service and
by operation, so whatever a retry can mend is raised under that one name.
"""

from __future__ import annotations

import errno
import functools
import logging
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, HTTPClientError

from pipeline.errors import TransientError
from stores.traces import watched

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_stepfunctions import SFNClient

logging.getLogger("botocore").setLevel(logging.WARNING)
"""Otherwise each client tells in the log where its credentials and its endpoint come from."""

P = ParamSpec("P")
R = TypeVar("R")


class Context(Protocol):
    """What is needed of Lambda's context."""

    def get_remaining_time_in_millis(self) -> int:
        """Return how long this invocation may still run."""
        ...


CONNECTIONS = 32
"""Of one client; no handler runs more threads than that."""

THROTTLES = frozenset(
    {
        "InternalError",
        "InternalServerError",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "SlowDown",
        "ServiceUnavailable",
        "Throttled",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
"""Error codes that mean "later".

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
"""

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=CONNECTIONS,
    retries={"mode": "standard", "total_max_attempts": 4},
)


@functools.cache
def dynamodb() -> DynamoDBClient:
    """Return the DynamoDB client of this process."""
    return watched(boto3.client("dynamodb", config=_CONFIG))


@functools.cache
def s3() -> S3Client:
    """Return the S3 client of this process."""
    return watched(boto3.client("s3", config=_CONFIG))


@functools.cache
def sns() -> SNSClient:
    """Return the SNS client of this process."""
    return watched(boto3.client("sns", config=_CONFIG))


@functools.cache
def stepfunctions() -> SFNClient:
    """Return the Step Functions client of this process."""
    return watched(boto3.client("stepfunctions", config=_CONFIG))


def at_init(*clients: Callable[[], object]) -> None:
    """Make these clients while Lambda starts a function, with all of a processor.

    Afterwards a function of 256 MB has a seventh of one. Elsewhere clients are made at first use,
    as modules are imported there before anybody has said which cloud it will be.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
    """
    if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        for client in clients:
            client()


def is_transient(error: Exception) -> bool:
    """True if the same call may succeed later."""
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return status >= 500 or code_of(error) in THROTTLES  # noqa: PLR2004 - HTTP's server errors
    return isinstance(error, HTTPClientError | TransientError)


def code_of(error: ClientError) -> str:
    """Return AWS's code of an error, e.g. `ConditionalCheckFailedException`."""
    return error.response.get("Error", {}).get("Code", "")


def transient_named(handler: Callable[P, R]) -> Callable[P, R]:
    """Let `handler` raise `TransientError` where AWS was away, throttled or out of reach.

    A full disk is such a fault too: the machine's, not the file's.
    """

    @functools.wraps(handler)
    def named(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return handler(*args, **kwargs)
        except (ClientError, HTTPClientError) as error:
            if is_transient(error):
                raise TransientError(str(error)) from error
            raise
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise TransientError(f"no space left on device: {error.filename}") from error
            raise

    return named
