"""What the keys of a table demand of its items."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from moto.dynamodb.models import dynamodb_backends

from localcloud.strict.attribute_values import InvalidValueError, Item, item_size_bytes

MAX_ITEM_BYTES = 400 * 1024
MAX_PARTITION_KEY_BYTES = 2_048
MAX_SORT_KEY_BYTES = 1_024


@dataclass(frozen=True, kw_only=True, slots=True)
class TableKeys:
    """The key attributes of a table and of its indexes, with their types (`S`, `N` or `B`)."""

    partition: str
    sort: str | None
    types: Mapping[str, str]
    indexed: Mapping[str, tuple[str, ...]]

    @classmethod
    def find(cls, account: str, region: str, name: str) -> Self | None:
        """The keys of a table that exists, by name or ARN."""
        tables = dynamodb_backends[account][region].tables
        table: Any = tables.get(name.rpartition("/")[2])
        if table is None:
            return None
        return cls(
            partition=table.hash_key_attr,
            sort=table.range_key_attr,
            types={part["AttributeName"]: part["AttributeType"] for part in table.attr},
            indexed={
                index.name: tuple(part["AttributeName"] for part in index.schema)
                for index in (*table.indexes, *table.global_indexes)
            },
        )

    def key_of(self, item: Item) -> tuple[str, ...]:
        """What makes an item of this table the same item as another."""
        names = [self.partition, *([self.sort] if self.sort else [])]
        return tuple(str(sorted(item[name].items())) for name in names if name in item)

    def check(self, item: Item) -> None:
        """Hold an item that is to be stored against the limits.

        Raises:
            InvalidValueError: DynamoDB would refuse it; the message is DynamoDB's own.
        """
        for name in self._keys():
            if name not in item:
                raise InvalidValueError(
                    f"One or more parameter values were invalid: Missing the key {name} in the item"
                )
            self._check_key(name, item)
        for index, names in self.indexed.items():
            for name in names:
                if name in item:
                    self._check_index_key(index, name, item)
        if item_size_bytes(item) > MAX_ITEM_BYTES:
            raise InvalidValueError("Item size has exceeded the maximum allowed size")

    def _keys(self) -> Iterator[str]:
        yield self.partition
        if self.sort:
            yield self.sort

    def _check_key(self, name: str, item: Item) -> None:
        [(kind, content)] = item[name].items()
        if kind != self.types[name]:
            raise InvalidValueError(
                f"One or more parameter values were invalid: Type mismatch for key {name} "
                f"expected: {self.types[name]} actual: {kind}"
            )
        if not content:
            raise InvalidValueError(
                "One or more parameter values are not valid. The AttributeValue for a key "
                f"attribute cannot contain an empty {_word(kind)} value. Key: {name}"
            )
        size = _key_bytes(kind, content)
        if name == self.partition and size > MAX_PARTITION_KEY_BYTES:
            raise InvalidValueError(
                "One or more parameter values were invalid: Size of hashkey has exceeded the "
                f"maximum size limit of{MAX_PARTITION_KEY_BYTES} bytes"  # AWS has no space here
            )
        if name == self.sort and size > MAX_SORT_KEY_BYTES:
            raise InvalidValueError(
                "One or more parameter values were invalid: Aggregated size of all range keys has "
                f"exceeded the size limit of {MAX_SORT_KEY_BYTES} bytes"
            )

    def _check_index_key(self, index: str, name: str, item: Item) -> None:
        [(kind, content)] = item[name].items()
        if kind != self.types[name]:
            raise InvalidValueError(
                f"One or more parameter values were invalid: Type mismatch for Index Key {name} "
                f"Expected: {self.types[name]} Actual: {kind} IndexName: {index}"
            )
        if not content:
            raise InvalidValueError(
                "One or more parameter values are not valid. A value specified for a secondary "
                "index key is not supported. The AttributeValue for a key attribute cannot contain "
                f"an empty {_word(kind)} value. IndexName: {index}, IndexKey: {name}"
            )


def _word(kind: str) -> str:
    return {"S": "string", "B": "binary"}.get(kind, "number")


def _key_bytes(kind: str, content: str) -> int:
    return len(base64.b64decode(content)) if kind == "B" else len(content.encode())
