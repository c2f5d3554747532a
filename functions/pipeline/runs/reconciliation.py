"""The two equations that hold after every load, or the run fails.

rows_in = valid + rejected
valid   = loaded + replayed + superseded + duplicates
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pipeline.errors import ReconciliationError
from pipeline.runs.records import LoadCounts

MAX_PROBLEMS = 10
"""Named in one error; the rest are counted."""


def reconcile(
    report: Mapping[str, Any], loads: Mapping[int, LoadCounts], files: Collection[int]
) -> dict[str, int]:
    """Return the counts of a run that loaded the files with these indices.

    Raises:
        ReconciliationError: rows are missing or too many; says in which parts and how many.
    """
    parts = [part for part in report["parts"] if part["file_index"] in files]
    problems = [*_report_problems(report), *_load_problems(parts, loads)]
    if problems:
        more = len(problems) - MAX_PROBLEMS
        shown = [*problems[:MAX_PROBLEMS], *([f"{more} more"] if more > 0 else [])]
        raise ReconciliationError("; ".join(shown))
    total = sum((loads[part["index"]] for part in parts), LoadCounts())
    counted = [file for file in report["files"] if file["index"] in files]
    return {
        **{name: sum(file[name] for file in counted) for name in ("rows_in", "valid", "rejected")},
        **total.outcomes,
    }


def _report_problems(report: Mapping[str, Any]) -> Iterator[str]:
    counts = report["counts"]
    if counts["rows_in"] != counts["valid"] + counts["rejected"]:
        yield (
            f"{counts['rows_in']} rows came in, but {counts['valid']} are valid "
            f"and {counts['rejected']} rejected"
        )
    for name in ("rows_in", "valid", "rejected"):
        if (total := sum(file[name] for file in report["files"])) != counts[name]:
            yield f"the files have {total} rows as {name}, the report has {counts[name]}"
    if (listed := sum(part["rows"] for part in report["parts"])) != counts["valid"]:
        yield f"the parts hold {listed} rows, but {counts['valid']} are valid"


def _load_problems(
    parts: Sequence[Mapping[str, Any]], loads: Mapping[int, LoadCounts]
) -> Iterator[str]:
    for part in parts:
        index, rows = part["index"], part["rows"]
        load = loads.get(index)
        if load is None:
            yield f"part {index} ({part['key']}): none of {rows} rows was loaded"
        elif load.rows_done != rows:
            yield f"part {index} ({part['key']}): {load.rows_done} of {rows} rows were loaded"
        elif load.total != rows:
            yield f"part {index} ({part['key']}): {load.total} outcomes for {rows} rows"
