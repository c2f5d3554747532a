"""The pipeline's own figures, as documents of CloudWatch's embedded metric format.

A document is one line of a log, from which CloudWatch takes the values: no call, nothing to wait
for. Namespace `Sluice/<stack>`; every figure is kept for the stack (no dimension) and where it
says so for each `Dataset`. Numbers of rows and runs, never a value of a row.

    Runs: by Status, by Dataset and Status, when a run ends (STOPPED: by somebody)
    RowsIn, RowsValid, RowsRejected, RowsLoaded, Bytes, RejectedPercent, and the seconds of a run
    and of its stages (`RunSeconds`, `ConvertSeconds`, …): by Dataset, when a run ends
    OldestRunSeconds, OldestQuestionSeconds, ExpiringQuestions, Sweeps: by each sweep
    FilesWaiting, PickUps: by each look of the schedule

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline import timestamps
from pipeline.runs.stages import seconds_by_stage

STACK: tuple[str, ...] = ()
DATASET = ("Dataset",)


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """Values of metrics, by name, kept under each of these sets of dimensions."""

    values: Mapping[str, float]
    unit: str
    dimensions: Sequence[tuple[str, ...]] = (STACK,)


@dataclass(frozen=True, kw_only=True, slots=True)
class EndOfRun:
    """What is counted of a run: `marks` say when its stages began, ISO 8601."""

    run_id: str
    dataset: str
    status: str
    counts: Mapping[str, int] = field(default_factory=dict)
    size_bytes: int = 0
    marks: Mapping[str, str] = field(default_factory=dict)


def document(
    namespace: str, at: str, figures: Iterable[Figures], properties: Mapping[str, str]
) -> dict[str, Any]:
    """Return the document; properties hold the dimensions' values and whatever a search may need.

    >>> figures = Figures(values={"Sweeps": 1}, unit="Count")
    >>> document("Sluice/s", "1970-01-01T00:00:01.000Z", [figures], {})["_aws"]["Timestamp"]
    1000
    """
    figures = [group for group in figures if group.values]
    directives = [
        {
            "Namespace": namespace,
            "Dimensions": [list(names) for names in group.dimensions],
            "Metrics": [{"Name": name, "Unit": group.unit} for name in group.values],
        }
        for group in figures
    ]
    milliseconds = round(timestamps.from_text(at).timestamp() * 1_000)
    values = {name: value for group in figures for name, value in group.values.items()}
    return {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": directives},
        **properties,
        **values,
    }


def of_run(namespace: str, at: str, run: EndOfRun) -> dict[str, Any]:
    """Return what is counted when a run ends."""
    counted = {
        name: run.counts[count]
        for name, count in {
            "RowsIn": "rows_in",
            "RowsValid": "valid",
            "RowsRejected": "rejected",
            "RowsLoaded": "loaded",
        }.items()
        if count in run.counts
    }
    both = (STACK, DATASET)
    figures = [
        Figures(values={"Runs": 1}, unit="Count", dimensions=(("Status",), ("Dataset", "Status"))),
        Figures(values=counted, unit="Count", dimensions=both),
        Figures(values=_rejected_percent(run.counts), unit="Percent", dimensions=both),
        Figures(values={"Bytes": run.size_bytes}, unit="Bytes", dimensions=both),
        Figures(values=_seconds(run.marks), unit="Seconds", dimensions=both),
    ]
    names = {"Dataset": run.dataset, "Status": run.status, "run_id": run.run_id}
    return document(namespace, at, figures, names)


def _rejected_percent(counts: Mapping[str, int]) -> dict[str, float]:
    if not counts.get("rows_in"):
        return {}
    return {"RejectedPercent": round(100 * counts.get("rejected", 0) / counts["rows_in"], 3)}


def _seconds(marks: Mapping[str, str]) -> dict[str, float]:
    stages = seconds_by_stage(marks)
    if not stages:
        return {}
    named = {f"{stage.title()}Seconds": seconds for stage, seconds in stages.items()}
    return {"RunSeconds": round(sum(stages.values()), 3), **named}
