"""The rows that a run put into its table, each with what was there before, part by part."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self, cast

from pipeline import layout
from pipeline.contracts.contract import Contract
from pipeline.rows.former import Former, unpacked
from pipeline.rows.items import Item, ItemShape, source_version, written_by
from sluice.runs.reports import read_document, read_report, valid_lines
from sluice.stack.cloud import Cloud
from sluice.stack.control import part_counts
from sluice.undo.plan import Row

_KEYS_PER_BATCH = 100
"""That one BatchGetItem takes."""


@dataclass(frozen=True, slots=True)
class RunRows:
    """What a run's report, its load records and its former items say together."""

    cloud: Cloud
    run_id: str
    report: Mapping[str, Any]
    bucket: str
    contract: Contract
    shape: ItemShape

    @classmethod
    def of(cls, cloud: Cloud, run_id: str, report_uri: str) -> Self:
        """Read the documents of a run.

        Raises:
            NotFoundError: its report or its order is not there any more.
        """
        report, (bucket, _) = read_report(cloud, report_uri), layout.split_uri(report_uri)
        manifest = read_document(cloud, bucket, layout.manifest_key(run_id))
        contract = Contract.parse(manifest["contract"])
        types = {field.name: field.type for field in contract.fields}
        shape = ItemShape.of(types, contract.primary_key)
        return cls(cloud, run_id, report, bucket, contract, shape)

    def parts(self) -> Iterator[list[Row]]:
        """Yield the rows of each part that was loaded."""
        loads = part_counts(self.cloud, self.run_id)
        versions = {file["index"]: file["source_version"] for file in self.report["files"]}
        for part in self.report["parts"]:
            index = part["index"]
            if index in loads:
                rows = self._rows(part, versions[part["file_index"]])
                yield self._with_former(rows, index, met_nothing=loads[index].get("fresh", 0) > 0)

    def _rows(self, part: Mapping[str, Any], version: str) -> list[Row]:
        lines = valid_lines(self.cloud, self.bucket, part)
        items = self.shape.items(lines, version=version, run_id=self.run_id)
        keys = ({name: item[name] for name in self.shape.key} for item in items)
        found = [Row(key=key, version=version, known=False) for key in keys]
        return list({self.shape.key_of(row.key): row for row in found}.values())

    def _with_former(self, rows: list[Row], part: int, *, met_nothing: bool) -> list[Row]:
        """Add what was there before; rows that nothing is kept about met nothing.

        That holds for parts whose loader noted so; one of an earlier release noted nothing.
        """
        former = self._former(part)

        def with_former(row: Row) -> Row:
            kept = former.get(self.shape.key_of(row.key))
            if kept is None:
                return replace(row, known=met_nothing)
            return replace(row, known=kept.item is not None, before=kept.item)

        return [with_former(row) for row in rows]

    def _former(self, part: int) -> dict[tuple[str, ...], Former]:
        pages = self.cloud.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=layout.former_prefix(self.run_id, part)
        )
        found = {}
        for page in pages:
            for entry in page.get("Contents", ()):
                body = self.cloud.s3.get_object(Bucket=self.bucket, Key=entry["Key"])["Body"]
                for former in unpacked(body.read()):
                    found[self.shape.key_of(former.key)] = former
        return found


class Past:
    """What was there before runs that are undone themselves, or are about to be.

    If two runs wrote a key one after the other, the second one's former item is the first one's
    row: once the first is undone, that must not come back.
    """

    def __init__(self, rows_of: Callable[[str], RunRows | None]) -> None:
        """`rows_of` gives the rows of a run if that run is undone, else `None`."""
        self._rows_of = rows_of
        self._known: dict[str, dict[tuple[tuple[str, ...], str], Row] | None] = {}

    def before(self, row: Row, key: tuple[str, ...]) -> Row:
        """The row with the last item below it that no undone run has written."""
        seen: set[tuple[str, str]] = set()
        while row.known and row.before is not None:
            run_id, version = written_by(row.before), source_version(row.before)
            rows = self._of(run_id)
            if rows is None:
                return row
            below = rows.get((key, version))
            if below is None or (run_id, version) in seen:
                return replace(row, known=False, before=None)
            seen.add((run_id, version))
            row = replace(row, known=below.known, before=below.before)
        return row

    def _of(self, run_id: str) -> dict[tuple[tuple[str, ...], str], Row] | None:
        if run_id not in self._known:
            found = self._rows_of(run_id) if run_id else None
            self._known[run_id] = _by_key(found) if found else None
        return self._known[run_id]


def _by_key(found: RunRows) -> dict[tuple[tuple[str, ...], str], Row]:
    return {
        (found.shape.key_of(row.key), row.version): row for part in found.parts() for row in part
    }


def current_items(
    cloud: Cloud, table: str, shape: ItemShape, rows: list[Row]
) -> dict[tuple[str, ...], Item]:
    """What the table holds now under the keys of some rows, consistently read."""
    found: dict[tuple[str, ...], Item] = {}
    for start in range(0, len(rows), _KEYS_PER_BATCH):
        keys = [row.key for row in rows[start : start + _KEYS_PER_BATCH]]
        pending: Mapping[str, Any] = {table: {"Keys": keys, "ConsistentRead": True}}
        while pending:
            answer = cloud.dynamodb.batch_get_item(RequestItems=pending)
            for item in cast("list[Item]", answer["Responses"].get(table, [])):
                found[shape.key_of(item)] = item
            pending = answer.get("UnprocessedKeys", {})
    return found
