"""Carries the steps of an undo out on the table: each under the condition that nothing changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pipeline.rows.items import META
from sluice.stack.cloud import Cloud
from sluice.undo.plan import Fate, Step

_THREADS = 16


@dataclass(frozen=True, slots=True)
class Table:
    """The table of the run's dataset."""

    cloud: Cloud
    name: str
    run_id: str

    def carry_out(self, steps: Iterable[Step]) -> Iterator[Step]:
        """Do what each step says; yields it with what became of the row."""
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="undo") as threads:
            yield from threads.map(self._one, steps)

    def _one(self, step: Step) -> Step:
        if step.fate not in (Fate.DELETE, Fate.RESTORE):
            return step
        condition: dict[str, Any] = {
            "TableName": self.name,
            "ConditionExpression": "#meta.#run = :run AND #meta.#version = :version",
            "ExpressionAttributeNames": {"#meta": META, "#run": "run_id", "#version": "version"},
            "ExpressionAttributeValues": {
                ":run": {"S": self.run_id},
                ":version": {"S": step.row.version},
            },
        }
        client = self.cloud.dynamodb
        try:
            if step.row.before is None:
                client.delete_item(Key=step.row.key, **condition)
            else:
                client.put_item(Item=step.row.before, **condition)
        except client.exceptions.ConditionalCheckFailedException:
            return Step(row=step.row, fate=Fate.LEFT)
        return step
