"""What the loaded runs of each dataset had, by which later ones are judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipeline.runs.records import RunRecord
from stores.control import ControlTable
from stores.runs import Runs


@dataclass(frozen=True, slots=True)
class LoadedRuns:
    """The past of each dataset in the control table."""

    control: ControlTable

    def last(self, dataset: str) -> Mapping[str, Any] | None:
        """Return `{run_id, ended_at, counts}` of the run that was loaded last."""
        item = self.control.get(f"DATASET#{dataset}", "LAST")
        return {name: item[name] for name in ("run_id", "ended_at", "counts")} if item else None

    def latest(self, dataset: str, runs: int) -> list[dict[str, Any]]:
        """Return what the runs loaded last had, the latest first: see `note`."""
        found = self.control.query(
            KeyConditionExpression="pk = :pk AND begins_with(sk, :loaded)",
            ExpressionAttributeValues={
                ":pk": {"S": f"DATASET#{dataset}"},
                ":loaded": {"S": "LOADED#"},
            },
            ScanIndexForward=False,
            Limit=runs,
        )
        names = ("run_id", "files", "rows_in", "valid", "rejected", "values")
        return [{name: item[name] for name in names} for item in islice(found, runs)]

    def note(self, run: RunRecord, values: Mapping[str, int]) -> None:
        """Note what a run had, and that it is its dataset's last loaded one unless a later one is.

        `values` are the rows that have a value of each field, where they were counted.
        """
        numbers = {name: run.counts.get(name, 0) for name in ("rows_in", "valid", "rejected")}
        files = sum(file.disposition == "archived" for file in run.files)
        self.control.update(
            *_key(run), {"run_id": run.run_id, "files": files, **numbers, "values": values}
        )
        self.control.update(
            f"DATASET#{run.dataset}",
            "LAST",
            _last(run),
            condition="attribute_not_exists(pk) OR ended_at <= :ended",
            values={":ended": run.ended_at},
        )

    def forget(self, run: RunRecord) -> None:
        """Take back what `note` noted: the run before is its dataset's last loaded one."""
        pk, sk = _key(run)
        self.control.delete(pk, sk)
        before = next(iter(self.latest(run.dataset, 1)), None)
        previous = Runs(self.control).get(before["run_id"]) if before else None
        mine, me = "run_id = :me", {":me": run.run_id}
        if previous:
            self.control.update(pk, "LAST", _last(previous), condition=mine, values=me)
        else:
            self.control.delete(pk, "LAST", condition=mine, values=me)


def _key(run: RunRecord) -> tuple[str, str]:
    """The key under which stands what a run has loaded."""
    return f"DATASET#{run.dataset}", f"LOADED#{run.ended_at}#{run.run_id}"


def _last(run: RunRecord) -> dict[str, object]:
    """What stands of the run of a dataset that was loaded last."""
    return {"run_id": run.run_id, "ended_at": run.ended_at, "counts": run.counts}
