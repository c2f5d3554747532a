"""Runs as documents for scripts: what `--json` prints."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from pipeline import timestamps
from sluice.runs.run import Run


def result_document(run: Run, seconds: float) -> dict[str, Any]:
    """What `run`, `show` and `watch` tell a script about the outcome."""
    return {
        "run_id": run.run_id,
        "execution_arn": run.execution_arn,
        "dataset": run.dataset,
        "status": run.status,
        "counts": asdict(run.counts),
        "files": [
            {"key": file.key, "version_id": file.version_id, "disposition": file.disposition}
            for file in run.files
        ],
        "report_uri": run.report_uri,
        "seconds": round(seconds, 3),
    }


def summary_document(run: Run, now: datetime) -> dict[str, Any]:
    """A run as `runs --json` lists it: the result and when it happened."""
    return {
        **result_document(run, run.seconds(now)),
        "trigger": run.trigger,
        "started_at": timestamps.to_text(run.started_at),
        "ended_at": timestamps.to_text(run.ended_at) if run.ended_at else None,
        "reason": run.reason or None,
        "error": run.error or None,
        "cause": run.cause or None,
        "approval_id": run.approval_id,
        "decision": asdict(run.decision) if run.decision else None,
        "taken_over_from": run.taken_over_from or None,
        "undo": asdict(run.undo) if run.undo else None,
    }
