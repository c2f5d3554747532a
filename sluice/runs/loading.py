"""How far a load that is under way has come: rows and parts done, from the parts' own records."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sluice.runs.follow import past_visits
from sluice.runs.history import RUNNING, StateVisit
from sluice.stack import control
from sluice.stack.cloud import Cloud


@dataclass(frozen=True, kw_only=True, slots=True)
class Loading:
    """A load at one moment; `rows` and `parts` are None where nobody said how many there are."""

    state: str
    rows_done: int
    rows: int | None
    parts_done: int
    parts: int | None

    @property
    def text(self) -> str:
        """The progress in words.

        >>> Loading(state="Load", rows_done=1500, rows=30000, parts_done=1, parts=20).text
        '1,500 of 30,000 rows, 1 of 20 parts'
        """
        rows = "" if self.rows is None else f" of {self.rows:,}"
        parts = "" if self.parts is None else f" of {self.parts:,}"
        return f"{self.rows_done:,}{rows} rows, {self.parts_done:,}{parts} parts"


class LoadWatch:
    """Looks at one run's load, again and again; how many rows there are is read once."""

    def __init__(self, cloud: Cloud, run_id: str, execution_arn: str) -> None:
        self._cloud = cloud
        self._run_id = run_id
        self._execution_arn = execution_arn
        self._rows: int | None = None

    def look(self, visits: Sequence[StateVisit]) -> Loading | None:
        """How far the load is that these visits show under way; None if none is."""
        visit = next((v for v in visits if v.map_run_arn and v.status == RUNNING), None)
        if visit is None or visit.map_run_arn is None:
            return None
        if self._rows is None:
            self._rows = _rows_to_load(self._cloud, self._execution_arn)
        items = self._cloud.states.describe_map_run(mapRunArn=visit.map_run_arn)["itemCounts"]
        done = control.load_counts(self._cloud, self._run_id)
        return Loading(
            state=visit.name,
            rows_done=done.get("rows_done", 0),
            rows=self._rows,
            parts_done=items["succeeded"],
            parts=items["total"] or None,
        )


def _rows_to_load(cloud: Cloud, execution_arn: str) -> int | None:
    """The valid rows that the run's judgement counted."""
    visits = past_visits(cloud, execution_arn, with_data=True)
    outputs = [visit.output for visit in visits if visit.name == "Judge Quality" and visit.output]
    if not outputs:
        return None
    valid = json.loads(outputs[-1]).get("counts", {}).get("valid")
    return None if valid is None else int(valid)
