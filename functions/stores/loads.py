"""How far the parts of runs have been loaded, as the control table has it."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.runs.identity import run_key
from pipeline.runs.records import LoadCounts
from stores.control import ControlTable


@dataclass(frozen=True, slots=True)
class Loads:
    """The counts of each part of each run."""

    control: ControlTable

    @staticmethod
    def sort_key(part: int) -> str:
        """Return the sort key of a part's counts."""
        return f"LOAD#{part:06d}"

    def get(self, run_id: str, part: int) -> LoadCounts | None:
        """Return how far a part has been loaded."""
        item = self.control.get(run_key(run_id), self.sort_key(part))
        return LoadCounts.from_item(item) if item else None

    def of_run(self, run_id: str) -> dict[int, LoadCounts]:
        """Return the counts of every part that has any, by part index."""
        return {
            int(item["sk"].removeprefix("LOAD#")): LoadCounts.from_item(item)
            for item in self.control.query(
                KeyConditionExpression="pk = :pk AND begins_with(sk, :load)",
                ExpressionAttributeValues={
                    ":pk": {"S": run_key(run_id)},
                    ":load": {"S": "LOAD#"},
                },
                ConsistentRead=True,
            )
        }

    def save(self, run_id: str, part: int, counts: LoadCounts) -> bool:
        """Write how far a part has been loaded; False if it is noted as further already."""
        return self.control.update(
            run_key(run_id),
            self.sort_key(part),
            {name: getattr(counts, name) for name in counts.__slots__},
            condition="attribute_not_exists(pk) OR rows_done <= :done",
            values={":done": counts.rows_done},
        )
