"""The control table: its items, whoever they are about (see docs/reference/formats.md).

Every write is a conditional SET of absolute values, so each may be repeated at any point.
What is kept of runs, loads and claims: see the modules of these names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import ClientError

from pipeline.rows import attributes
from stores.aws import code_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

OPEN_INDEX = "OpenIndex"
BATCH_KEYS = 100
"""Keys that one BatchGetItem takes."""


@dataclass(frozen=True, slots=True)
class ControlTable:
    """The control table under its name in this stack."""

    client: DynamoDBClient
    name: str

    def open(self, kind: str, *, before: str) -> Iterator[dict[str, Any]]:
        """Yield what the index knows of the open records of one kind that are old enough."""
        return self.query(
            IndexName=OPEN_INDEX,
            KeyConditionExpression="#open = :kind AND open_since < :before",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":kind": {"S": kind}, ":before": {"S": before}},
        )

    def get(self, pk: str, sk: str) -> dict[str, Any] | None:
        """Return an item's plain values, consistently read."""
        answer = self.client.get_item(
            TableName=self.name, Key=item_key(pk, sk), ConsistentRead=True
        )
        return attributes.values(answer["Item"]) if "Item" in answer else None

    def get_all(self, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], dict[str, Any]]:
        """Return those of these items that exist, consistently read, by key."""
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for start in range(0, len(keys), BATCH_KEYS):
            wanted = [item_key(*key) for key in keys[start : start + BATCH_KEYS]]
            while wanted:
                page = self.client.batch_get_item(
                    RequestItems={self.name: {"Keys": wanted, "ConsistentRead": True}}
                )
                for typed in page["Responses"].get(self.name, []):
                    item = attributes.values(typed)
                    found[item["pk"], item["sk"]] = item
                left = page["UnprocessedKeys"].get(self.name)
                wanted = cast("list[Any]", left["Keys"]) if left else []
        return found

    def query(self, **request: Any) -> Iterator[dict[str, Any]]:
        """Yield the plain values of all items that a query finds."""
        for page in self.client.get_paginator("query").paginate(TableName=self.name, **request):
            yield from map(attributes.values, page["Items"])

    def scan(self, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Yield these attributes of all items, in no order, as they may have been a moment ago."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.name,
            ProjectionExpression=", ".join(f"#{name}" for name in names),
            ExpressionAttributeNames={f"#{name}": name for name in names},
        )
        for page in pages:
            yield from map(attributes.values, page["Items"])

    def delete(
        self, pk: str, sk: str, *, condition: str = "", values: Mapping[str, object] | None = None
    ) -> None:
        """Delete an item, if the condition holds; it may be gone already."""
        request: dict[str, Any] = {"TableName": self.name, "Key": item_key(pk, sk)}
        if condition:
            request["ConditionExpression"] = condition
            request["ExpressionAttributeValues"] = attributes.attributes(dict(values or {}))
        try:
            self.client.delete_item(**request)
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise

    def update(
        self,
        pk: str,
        sk: str,
        changes: Mapping[str, object],
        *,
        remove: Sequence[str] = (),
        condition: str = "",
        names: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> bool:
        """SET `changes` and REMOVE `remove`; False if the condition does not hold."""
        if clash := {f":{name}" for name in changes} & dict(values or {}).keys():
            raise ValueError(f"{sorted(clash)} would stand for two values")
        sets = ", ".join(f"#{name} = :{name}" for name in changes)
        removes = ", ".join(f"#{name}" for name in remove)
        own_names = {f"#{name}": name for name in (*changes, *remove)}
        own_values = {f":{name}": value for name, value in changes.items()}
        request: dict[str, Any] = {
            "TableName": self.name,
            "Key": item_key(pk, sk),
            "UpdateExpression": f"SET {sets}" + (f" REMOVE {removes}" if removes else ""),
            "ExpressionAttributeNames": {**(names or {}), **own_names},
            "ExpressionAttributeValues": attributes.attributes({**own_values, **(values or {})}),
            **({"ConditionExpression": condition} if condition else {}),
        }
        try:
            self.client.update_item(**request)
        except ClientError as error:
            if code_of(error) == "ConditionalCheckFailedException":
                return False
            raise
        return True


def item_key(pk: str, sk: str) -> dict[str, attributes.Attribute]:
    """Return the primary key of an item."""
    return {"pk": {"S": pk}, "sk": {"S": sk}}
