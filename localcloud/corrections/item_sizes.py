"""moto measures all attributes of an item again for each one that it adds.

Here an item that is made is measured once, by moto's own measure and with moto's own limit.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict

_LIMIT_BYTES = 405_000
"""moto's, a little below that of AWS."""


def measure_once() -> None:
    """Measure an item when it is complete."""
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
        if self.size() > _LIMIT_BYTES:
            raise ItemSizeTooLarge

    items.__init__ = init
