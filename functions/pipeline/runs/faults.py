"""Whose fault a failure was: a service's, or the file's and the code's that worked on it.

A service that throttles, fails or does not answer says nothing about a file, so a run that it
ended is not counted against its files: see `settlement`.
"""

from __future__ import annotations

import re
from datetime import timedelta

_OF_SERVICES = frozenset(
    {
        "TransientError",
        "States.Timeout",
        "Sandbox.Timedout",
        "Lambda.AWSLambdaException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.EC2ThrottledException",
        "Lambda.SdkClientException",
        "Lambda.ServiceException",
        "Lambda.TooManyRequestsException",
        "DynamoDB.InternalServerErrorException",
        "DynamoDB.ProvisionedThroughputExceededException",
        "DynamoDB.RequestLimitExceededException",
        "DynamoDB.SdkClientException",
        "DynamoDB.ThrottlingException",
        "Glue.AWSGlueException",
        "Glue.ConcurrentRunsExceededException",
        "Glue.InternalServiceException",
        "Glue.OperationTimeoutException",
        "Glue.ResourceNumberLimitExceededException",
        "Glue.SdkClientException",
        "Glue.ThrottlingException",
    }
)
"""Names in ErrorEquals by which a state says that a service was away, throttled or too slow."""

_SUMMARIES = frozenset(
    {"EngineError", "OSError", "States.ItemReaderFailed", "States.ResultWriterFailed"}
    | {"States.ExceedToleratedFailureThreshold", "States.TaskFailed"}
)
"""Names that say nothing of the cause: its words do."""

_WORDS = re.compile(
    r"No space left on device|Rate exceeded|SlowDown|InternalError|InternalServerError|"
    r"InternalFailure|ServiceUnavailable|Service Unavailable|TooManyRequests|Throttling|"
    r"ProvisionedThroughputExceeded|RequestLimitExceeded|"
    r"Status Code: 5\d\d|Read timed out|Connect timeout",
    re.IGNORECASE,
)

_FIRST_PAUSE = timedelta(minutes=15)
_LONGEST_PAUSE = timedelta(days=1)


def is_service_fault(error: str, cause: str) -> bool:
    """True if a service, not a file or the code, ended what failed with this Error and Cause.

    >>> is_service_fault("Lambda.TooManyRequestsException", "Rate Exceeded.")
    True
    >>> is_service_fault("States.TaskFailed", '{"ErrorMessage": "No space left on device"}')
    True
    >>> is_service_fault("ReconciliationError", "3 rows are missing, said a ThrottlingException")
    False
    """
    return error in _OF_SERVICES or (error in _SUMMARIES and bool(_WORDS.search(cause)))


def pause_seconds(interruptions: int) -> float:
    """Return how long after its last claim a file waits that services interrupted so often.

    None the first time; from then on twice as long each time, up to a day: a fault that stays
    costs ever less.

    >>> [pause_seconds(n) / 60 for n in (0, 1, 2, 3, 4, 50)]
    [0.0, 0.0, 15.0, 30.0, 60.0, 1440.0]
    """
    doubled = _FIRST_PAUSE * 2 ** min(interruptions - 2, 10) if interruptions > 1 else timedelta()
    return min(doubled, _LONGEST_PAUSE).total_seconds()
