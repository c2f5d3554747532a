"""An event source mapping as a value, and what the API refuses.

Source: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PARTIAL = "ReportBatchItemFailures"
POLLERS = 5
"""Batches in flight where no maximum is set: as many as Lambda begins with."""
SMALL_BATCH = 10
"""Messages of one receive: a larger batch has to be gathered over a window."""
FIFO_BATCH = 10


class InvalidMappingError(ValueError):
    """Parameters that Lambda refuses with InvalidParameterValueException."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QueueMapping:
    """Which function gets the messages of which queue, and how."""

    uuid: str
    queue_arn: str
    function: str
    """Name or ARN, with the alias or version that it was given with."""
    enabled: bool
    batch_size: int
    window_seconds: float
    maximum_concurrency: int
    partial_responses: bool


def mapping_of(configuration: Mapping[str, Any]) -> QueueMapping | None:
    """Read a mapping as GetEventSourceMapping shows it; None if its source is no queue.

    `Function` is what the mapping was created for, which the API shows without its alias.
    """
    arn = str(configuration["EventSourceArn"])
    if arn.split(":")[2] != "sqs":
        return None
    scaling = configuration.get("ScalingConfig") or {}
    return QueueMapping(
        uuid=configuration["UUID"],
        queue_arn=arn,
        function=configuration["Function"],
        enabled=configuration["State"] == "Enabled",
        batch_size=int(configuration["BatchSize"]),
        window_seconds=float(configuration.get("MaximumBatchingWindowInSeconds") or 0),
        maximum_concurrency=int(scaling.get("MaximumConcurrency") or POLLERS),
        partial_responses=PARTIAL in (configuration.get("FunctionResponseTypes") or ()),
    )


def check(spec: Mapping[str, Any], *, queue_arn: str) -> None:
    """Hold the parameters of a mapping of a queue, all of them, against Lambda's rules.

    Raises:
        InvalidMappingError: Lambda would not take them, or the local cloud cannot honour them.
    """
    window = int(spec.get("MaximumBatchingWindowInSeconds") or 0)
    size = int(spec.get("BatchSize") or SMALL_BATCH)
    fifo = queue_arn.endswith(".fifo")
    _within("Batch size", size, 1, FIFO_BATCH if fifo else 10_000)
    _within("Maximum batching window in seconds", window, 0, 0 if fifo else 300)
    if size > SMALL_BATCH and window == 0:
        raise InvalidMappingError(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
            "greater than 10"
        )
    maximum = (spec.get("ScalingConfig") or {}).get("MaximumConcurrency")
    if maximum is not None:
        _within("Maximum concurrency", int(maximum), 2, 1000)
    if unknown := set(spec.get("FunctionResponseTypes") or ()) - {PARTIAL}:
        raise InvalidMappingError(f"Function response type {min(unknown)} is not known")
    if (spec.get("FilterCriteria") or {}).get("Filters"):
        raise InvalidMappingError("the local cloud filters no messages of queues")


def _within(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InvalidMappingError(f"{name} {value} is not between {least} and {most}")
