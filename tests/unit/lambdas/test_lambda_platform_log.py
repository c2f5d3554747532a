import json

import pytest

from localcloud.lambdas.platform_log import (
    Measured,
    end_text,
    iso_time,
    report_json,
    report_text,
    start_json,
    start_text,
)

MEASURED = Measured(
    request_id="r-1",
    version="$LATEST",
    duration_ms=12.345,
    memory_mb=256,
    max_memory_mb=61,
    init_ms=9.5,
)


def test_text_lines_read_as_on_aws() -> None:
    assert start_text(MEASURED) == "START RequestId: r-1 Version: $LATEST\n"
    assert end_text(MEASURED) == "END RequestId: r-1\n"
    assert report_text(MEASURED) == (
        "REPORT RequestId: r-1\tDuration: 12.35 ms\tBilled Duration: 13 ms\t"
        "Memory Size: 256 MB\tMax Memory Used: 61 MB\tInit Duration: 9.50 ms\t\n"
    )


@pytest.mark.parametrize(
    ("error_type", "end"),
    [
        pytest.param("Sandbox.Timedout", "Status: timeout\t\n", id="timeout"),
        pytest.param(
            "Runtime.OutOfMemory", "Status: error\tError Type: Runtime.OutOfMemory\t\n", id="memory"
        ),
    ],
)
def test_the_report_names_a_failure(error_type: str, end: str) -> None:
    failed = Measured(
        request_id="r",
        version="1",
        duration_ms=1,
        memory_mb=128,
        max_memory_mb=128,
        error_type=error_type,
    )
    assert report_text(failed).endswith(end)


def test_json_records_carry_the_same_facts() -> None:
    start = json.loads(start_json(MEASURED, 1_700_000_000_123))
    assert start == {
        "time": "2023-11-14T22:13:20.123Z",
        "type": "platform.start",
        "record": {"requestId": "r-1", "version": "$LATEST"},
    }
    report = json.loads(report_json(MEASURED, 0))
    assert report["record"]["status"] == "success"
    assert report["record"]["metrics"] == {
        "durationMs": 12.345,
        "billedDurationMs": 13,
        "memorySizeMB": 256,
        "maxMemoryUsedMB": 61,
        "initDurationMs": 9.5,
    }


def test_times_have_milliseconds() -> None:
    assert iso_time(1_700_000_000_007) == "2023-11-14T22:13:20.007Z"
