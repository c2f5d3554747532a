"""Undo one run: look at each row, and, if it is wanted, take it back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sluice.runs.run import Run
from sluice.runs.undo_order import DONE, PARTLY, Order
from sluice.stack.cloud import Cloud
from sluice.stack.control import control_table, run_records
from sluice.terminal.exits import NotFoundError, OperatorError
from sluice.undo.files import move_files
from sluice.undo.orders import Orders
from sluice.undo.plan import Plan, Step, decide
from sluice.undo.rows import Past, RunRows, current_items
from sluice.undo.table import Table
from stores.loaded_runs import LoadedRuns
from stores.published import Published
from stores.runs import Runs


@dataclass(frozen=True, slots=True)
class Undoing:
    """One loaded run, and what it takes to undo it."""

    cloud: Cloud
    run: Run
    rows: RunRows
    delete_unknown: bool

    @classmethod
    def of(cls, cloud: Cloud, run: Run, *, delete_unknown: bool) -> Undoing:
        """Make sure that the run can be undone.

        Raises:
            OperatorError: it is open, or was not loaded.
            NotFoundError: its report is not kept any more.
        """
        if not run.over:
            raise OperatorError(f"{run.run_id} is not over yet; stop it first, or wait")
        if run.status != "LOADED" or not run.report_uri:
            raise OperatorError(
                f"{run.run_id} ended as {run.status}: only a run that was loaded can be undone"
            )
        rows = RunRows.of(cloud, run.run_id, run.report_uri)
        return cls(cloud, run, rows, delete_unknown)

    def plan(self) -> Plan:
        """What would be done now."""
        return Plan.of(self._steps())

    def carry_out(self, comment: str) -> tuple[Order, Plan]:
        """Take the rows back; if none is left, also what is published, and the files' place."""
        orders = Orders(self.cloud, self.run)
        order = orders.begin(comment)
        self._forget_load()
        table = Table(self.cloud, self._table, self.run.run_id)
        plan = Plan.of(table.carry_out(self._steps()))
        counts = {str(fate): number for fate, number in plan.rows.items()}
        if plan.stays:
            return orders.end(order, PARTLY, counts), plan
        Published(self.cloud.s3, self.cloud.stack.work_bucket).withdraw_run(self.rows.report)
        move_files(self.cloud, self.run, orders, order)
        return orders.end(order, DONE, counts), plan

    def _forget_load(self) -> None:
        """What is undone is not what is usual: no later run is compared with it."""
        control = control_table(self.cloud)
        if record := Runs(control).get(self.run.run_id):
            LoadedRuns(control).forget(record)

    @property
    def _table(self) -> str:
        logical = self.rows.contract.table
        if logical not in self.cloud.stack.tables:
            raise NotFoundError(f"the stack has no table {logical} any more")
        return self.cloud.stack.tables[logical]

    def _steps(self) -> Iterator[Step]:
        past, shape = Past(self._undone), self.rows.shape
        for part in self.rows.parts():
            current = current_items(self.cloud, self._table, shape, part)
            for row in part:
                key = shape.key_of(row.key)
                yield decide(
                    past.before(row, key),
                    current.get(key),
                    run_id=self.run.run_id,
                    delete_unknown=self.delete_unknown,
                )

    def _undone(self, run_id: str) -> RunRows | None:
        """The rows of a run that is undone, or is being undone here."""
        if run_id == self.run.run_id:
            return self.rows
        record = run_records(self.cloud, [run_id]).get(run_id, {})
        if not record.get("undo"):
            return None
        return RunRows.of(self.cloud, run_id, record["report_uri"])
