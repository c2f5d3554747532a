"""The order to undo a run, on its record from before the first row is touched until all is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

from pipeline import timestamps
from pipeline.runs.identity import claim_key, run_key
from sluice.runs.run import Run, RunFile
from sluice.runs.undo_order import BEGUN, Order
from sluice.stack.cloud import Cloud
from sluice.stack.control import control_table, run_records
from sluice.terminal.exits import OperatorError


def find_order(cloud: Cloud, run_id: str) -> Order | None:
    """The order to undo a run; None if there is none."""
    return Order.parse(run_records(cloud, [run_id]).get(run_id, {}).get("undo"))


@dataclass(frozen=True, slots=True)
class Orders:
    """The order's place on the record of one run."""

    cloud: Cloud
    run: Run

    def begin(self, comment: str) -> Order:
        """Write the order before anything is done; one that stands there already goes on.

        Raises:
            OperatorError: the run is not, or no longer, one that was loaded.
        """
        known = find_order(self.cloud, self.run.run_id)
        if known is not None and known.state == BEGUN:
            return known
        at = timestamps.to_text(datetime.now(UTC))
        order = Order(by=self.cloud.caller_arn, at=at, comment=comment, state=BEGUN, counts={})
        self._write(order)
        return order

    def end(self, order: Order, state: str, counts: Mapping[str, int]) -> Order:
        """Write what has been done."""
        ended = replace(order, state=state, counts=dict(counts))
        self._write(ended)
        return ended

    def move(self, file: RunFile, order: Order, destination_uri: str) -> None:
        """Write where a file rests now, and that no verdict lets its rows in any more.

        Raises:
            OperatorError: the file is not this run's any more.
        """
        note = {"by": order.by, "at": order.at, "comment": order.comment}
        moved = control_table(self.cloud).update(
            claim_key(self.cloud.stack.landing_bucket, file.key, file.version_id),
            "CLAIM",
            {"destination_uri": destination_uri, "disposition": "quarantined", "undone": note},
            remove=("verdict",),
            condition="#owner = :me AND #state = :settled",
            names={"#owner": "owner", "#state": "state"},
            values={":me": self.run.execution_arn, ":settled": "SETTLED"},
        )
        if not moved:
            raise OperatorError(f"another run has {file.key} by now")

    def place(self, files: Sequence[RunFile]) -> None:
        """Let the run's record say where its files rest."""
        documents = [asdict(file) for file in files]
        control_table(self.cloud).update(run_key(self.run.run_id), "RUN", {"files": documents})

    def _write(self, order: Order) -> None:
        written = control_table(self.cloud).update(
            run_key(self.run.run_id),
            "RUN",
            {"undo": asdict(order)},
            condition="#status = :loaded",
            names={"#status": "status"},
            values={":loaded": "LOADED"},
        )
        if not written:
            raise OperatorError(f"{self.run.run_id} is not a run that was loaded")
