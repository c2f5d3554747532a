"""The items of a dataset's table, streamed page by page with exact numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from boto3.dynamodb.types import TypeDeserializer

from pipeline.contracts.contract import Contract
from sluice.stack.cloud import Cloud
from sluice.stack.contracts import known_contract
from sluice.terminal.exits import NotFoundError

# Where the loader keeps the source version and the run; not part of the business data.
META = "_sluice"

_read = TypeDeserializer().deserialize


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetTable:
    """The table of a dataset, and its contract."""

    name: str
    contract: Contract = field(repr=False)

    @classmethod
    def find(cls, cloud: Cloud, project: Path, dataset: str) -> Self:
        """Look the dataset up in the checkout's contracts and in the stack's outputs.

        Raises:
            NotFoundError: there is no such dataset, or the stack has no table for it.
            OperatorError: its contract cannot be honoured.
        """
        contract = known_contract(project, dataset)
        name = cloud.stack.tables.get(contract.table)
        if name is None:
            raise NotFoundError(
                f"stack {cloud.stack.name} has no table {contract.table} for {dataset}: "
                "deploy it first"
            )
        return cls(name=name, contract=contract)


def scan(cloud: Cloud, table: DatasetTable, *, meta: bool) -> Iterator[Mapping[str, Any]]:
    """All items in the order in which DynamoDB holds them, fields in the contract's order."""
    fields = table.contract.field_names
    wanted = (*fields, META) if meta else fields
    names = {f"#f{index}": name for index, name in enumerate(wanted)}
    pages = cloud.dynamodb.get_paginator("scan").paginate(
        TableName=table.name,
        ConsistentRead=True,
        ProjectionExpression=", ".join(names),
        ExpressionAttributeNames=names,
    )
    for page in pages:
        for item in page["Items"]:
            yield _in_order(item, wanted)


def _in_order(item: Mapping[str, Any], wanted: Sequence[str]) -> dict[str, Any]:
    return {name: _read(item[name]) for name in wanted if name in item}
