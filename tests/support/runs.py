"""A run and a visit of a state as the operator's tool reads them, for tests to change."""

from __future__ import annotations

from datetime import UTC, datetime

from sluice.runs.history import StateVisit
from sluice.runs.run import Counts, Run, RunFile

START = datetime(2026, 1, 31, 8, 0, tzinfo=UTC)

VISIT = StateVisit(
    name="Plan Conversion",
    kind="Task",
    status="SUCCEEDED",
    started_at=START,
    ended_at=START,
    attempts=1,
    error="",
    cause="",
    depth=0,
    item=None,
    length=None,
    map_run_arn=None,
    output="",
)

RUN = Run(
    run_id="customers-a",
    execution_arn="arn:execution",
    dataset="customers",
    trigger="s3",
    status="FAILED",
    execution_status="FAILED",
    started_at=START,
    ended_at=START,
    counts=Counts.from_numbers({}),
    files=(RunFile(key="k", version_id="v", disposition="kept", destination_uri=None),),
    report_uri=None,
    reason="",
    error="KeyError",
    cause="",
    approval_id=None,
    decision=None,
    taken_over_from="",
    recorded=True,
)
