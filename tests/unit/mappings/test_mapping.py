from __future__ import annotations

from typing import Any

import pytest

from localcloud.mappings import mapping
from localcloud.mappings.mapping import InvalidMappingError, check

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:q"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"BatchSize": 11}, "greater than 0", id="a large batch needs a window"),
        pytest.param({"BatchSize": 10_001}, "Batch size", id="too large"),
        pytest.param({"MaximumBatchingWindowInSeconds": 301}, "window", id="too long"),
        pytest.param({"ScalingConfig": {"MaximumConcurrency": 1}}, "concurrency", id="one"),
        pytest.param({"FunctionResponseTypes": ["All"]}, "All", id="an unknown answer"),
        pytest.param({"FilterCriteria": {"Filters": [{}]}}, "filters", id="filters"),
    ],
)
def test_what_lambda_refuses_is_refused(spec: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidMappingError, match=said):
        check(spec, queue_arn=QUEUE)


def test_a_fifo_queue_has_no_window() -> None:
    with pytest.raises(InvalidMappingError, match="window"):
        check({"MaximumBatchingWindowInSeconds": 1}, queue_arn=f"{QUEUE}.fifo")


def test_a_mapping_reads_what_the_api_keeps() -> None:
    read = mapping.mapping_of(
        {
            "UUID": "u",
            "EventSourceArn": QUEUE,
            "Function": "f:live",
            "State": "Enabled",
            "BatchSize": 200,
            "MaximumBatchingWindowInSeconds": 5,
            "ScalingConfig": {"MaximumConcurrency": 2},
            "FunctionResponseTypes": ["ReportBatchItemFailures"],
        }
    )
    assert read is not None
    assert (read.function, read.batch_size, read.window_seconds) == ("f:live", 200, 5.0)
    assert (read.maximum_concurrency, read.partial_responses) == (2, True)
    assert mapping.mapping_of({"EventSourceArn": "arn:aws:kinesis:a:b:stream/s"}) is None
