"""What the pipeline writes into its log is what CloudWatch reads there."""

from __future__ import annotations

import json

import pytest

from localcloud.cloudwatch.datapoint import Series
from localcloud.cloudwatch.embedded import datapoints
from pipeline.runs import metrics
from pipeline.runs.metrics import EndOfRun

RUN = EndOfRun(
    run_id="r1",
    dataset="addresses",
    status="LOADED",
    counts={"rows_in": 200, "valid": 190, "rejected": 10, "loaded": 190, "replayed": 0},
    size_bytes=4_096,
    marks={
        "validate": "2026-07-01T09:30:00.000Z",
        "convert": "2026-07-01T09:30:02.000Z",
        "load": "2026-07-01T09:30:05.500Z",
        "finish": "2026-07-01T09:30:06.000Z",
    },
)


def found(run: EndOfRun) -> dict[Series, float]:
    document = metrics.of_run("Sluice/s", "2026-07-01T09:30:06.000Z", run)
    points = list(datapoints(json.dumps(document), at=0))
    values = {point.series: point.summary.total for point in points}
    assert len(values) == len(points), "nothing is counted twice"
    return values


def test_a_run_is_counted_for_the_stack_and_for_its_dataset() -> None:
    values = found(RUN)
    for dimensions in ({}, {"Dataset": "addresses"}):
        named = {
            series.name: value
            for series, value in values.items()
            if series == Series.of("Sluice/s", series.name, dimensions)
        }
        assert named == {
            "RowsIn": 200,
            "RowsValid": 190,
            "RowsRejected": 10,
            "RowsLoaded": 190,
            "RejectedPercent": 5,
            "Bytes": 4_096,
            "RunSeconds": 6,
            "ValidateSeconds": 2,
            "ConvertSeconds": 3.5,
            "LoadSeconds": 0.5,
        }
    by_status = {"Dataset": "addresses", "Status": "LOADED"}
    assert values[Series.of("Sluice/s", "Runs", by_status)] == 1
    assert values[Series.of("Sluice/s", "Runs", {"Status": "LOADED"})] == 1


def test_a_run_that_died_early_counts_as_a_run() -> None:
    values = found(EndOfRun(run_id="r1", dataset="addresses", status="FAILED"))
    assert {series.name for series in values} == {"Runs", "Bytes"}


@pytest.mark.parametrize(
    "line",
    ["", "plain", '{"_aws": 1}', '{"_aws": {"CloudWatchMetrics": []}}', '{"_aws": {"Cloud'],
)
def test_other_lines_hold_no_metrics(line: str) -> None:
    assert list(datapoints(line, at=0)) == []


def test_lists_are_values_and_texts_are_none() -> None:
    directive = {"Namespace": "n", "Dimensions": [[]], "Metrics": [{"Name": "a"}, {"Name": "b"}]}
    document = {"_aws": {"CloudWatchMetrics": [directive]}, "a": [1, 2.5], "b": "3"}
    points = list(datapoints(json.dumps(document), at=7))
    assert [(point.series.name, point.summary.total, point.at) for point in points] == [
        ("a", 1.0, 7),
        ("a", 2.5, 7),
    ]
