"""The published rows of a dataset as the Glue catalog of a stack describes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pipeline.rows.items import META
from sluice.stack.cloud import Cloud
from sluice.stack.contracts import known_contract
from sluice.template.catalog import Column, table_name
from sluice.terminal.exits import NotFoundError

_MAPPING = "mapping."


@dataclass(frozen=True, kw_only=True, slots=True)
class PublishedTable:
    """One dataset's table in the catalog."""

    dataset: str
    database: str
    name: str
    columns: tuple[Column, ...]
    """Of the rows themselves; the partition's is not among them."""
    partition: Column
    key: tuple[str, ...]
    """The columns by which the checkout's contract tells rows apart."""

    @classmethod
    def find(cls, cloud: Cloud, project: Path, dataset: str) -> Self:
        """Look the dataset up in the checkout's contracts and in the stack's catalog.

        Raises:
            NotFoundError: there is no such dataset, or the stack publishes none.
        """
        contract = known_contract(project, dataset)
        database, name = cloud.stack.published_database, table_name(dataset)
        if database is None:
            raise NotFoundError(f"stack {cloud.stack.name} publishes nothing: deploy this version")
        try:
            found: Mapping[str, Any] = cloud.glue.get_table(DatabaseName=database, Name=name)[
                "Table"
            ]
        except cloud.glue.exceptions.EntityNotFoundException:
            raise NotFoundError(
                f"the catalog has no table {name} for {dataset}: "
                f"`sluice dataset sync {dataset}`, then deploy"
            ) from None
        [day] = found["PartitionKeys"]
        fields = (field.name for field in contract.fields)
        columns = tuple(columns_in(found["StorageDescriptor"], fields))
        return cls(
            dataset=dataset,
            database=database,
            name=name,
            columns=columns,
            partition=Column(name=day["Name"], type=day["Type"], member=""),
            key=tuple(
                column.name
                for m in contract.primary_key
                for column in columns
                if column.member == m
            ),
        )

    def current(self) -> str:
        """The query for the rows that the table holds: of each key that of the newest file."""
        shown = ", ".join(_quoted(c.name) for c in self.columns if c.name != META)
        key = ", ".join(map(_quoted, self.key))
        newest = f"row_number() OVER (PARTITION BY {key} ORDER BY {META}.version DESC)"
        source = f"{_quoted(self.database)}.{_quoted(self.name)}"
        return (
            f"SELECT {shown} FROM (SELECT {shown}, {newest} AS nth_newest FROM {source}) "
            "WHERE nth_newest = 1"
        )

    def history(self) -> str:
        """The query for every row that the table was given, with file version and run."""
        shown = ", ".join(_quoted(c.name) for c in self.columns if c.name != META)
        origin = f"{META}.version AS source_version, {META}.run_id AS run_id"
        source = f"{_quoted(self.database)}.{_quoted(self.name)}"
        return f"SELECT {shown}, {origin}, {_quoted(self.partition.name)} FROM {source}"


def columns_in(storage: Mapping[str, Any], fields: Iterable[str]) -> list[Column]:
    """The columns; the catalog has their names in small letters, rows as the contract has them."""
    parameters = storage.get("SerdeInfo", {}).get("Parameters", {})
    spelled = {field.lower(): field for field in fields}
    return [
        Column(
            name=column["Name"],
            type=column["Type"],
            member=parameters.get(_MAPPING + column["Name"])
            or spelled.get(column["Name"], column["Name"]),
        )
        for column in storage["Columns"]
    ]


def _quoted(name: str) -> str:
    return f'"{name.replace(chr(34), chr(34) * 2)}"'
