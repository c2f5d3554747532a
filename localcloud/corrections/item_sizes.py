"""moto measures all attributes of an item again for each one it adds, and not as DynamoDB does.

Here an item that is made is measured by nobody but the strict layer, which was there before; and
a page of a Query or a Scan reads 1 MB by DynamoDB's own measure of items.
Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.Pagination.html
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import moto.dynamodb.models.table as moto_table
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

from localcloud.strict.attribute_values import value_size_bytes

PAGE_BYTES = 1024 * 1024


def measure_as_dynamodb() -> None:
    """Measure items where pages are filled, and nowhere else."""
    items: Any = Item
    make = items.__init__
    if hasattr(make, "__wrapped__"):
        return

    @functools.wraps(make)
    def init(self: Any, hash_key: Any, range_key: Any, attrs: dict[str, Any]) -> None:
        self.hash_key = hash_key
        self.range_key = range_key
        self.attrs = LimitedSizeDict()
        for name, value in attrs.items():
            dict.__setitem__(self.attrs, name, DynamoType(value))

    items.__init__ = init
    items.size = lambda self: item_bytes(self.attrs)
    vars(moto_table)["RESULT_SIZE_LIMIT"] = PAGE_BYTES


@contextmanager
def unmeasured() -> Iterator[None]:
    """Attributes are set as in a plain dictionary: those of items that were measured before.

    For all threads, so nothing may write meanwhile.
    """
    attributes: Any = LimitedSizeDict
    measured = attributes.__setitem__
    attributes.__setitem__ = dict.__setitem__
    try:
        yield
    finally:
        attributes.__setitem__ = measured


def item_bytes(attributes: dict[str, DynamoType]) -> int:
    """What DynamoDB takes the attributes of an item to weigh."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in attributes.items())


def _value_bytes(value: DynamoType) -> int:
    content = value.value
    if value.is_map():
        return 3 + len(content) + item_bytes(content)
    if value.is_list():
        return 3 + len(content) + sum(map(_value_bytes, content))
    return value_size_bytes({value.type: content})
