"""moto turns a whole item into Python's values and back for each attribute that a request names.

A request that names attributes, not places within them, gets these as they are held.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

from moto.dynamodb.models.dynamo_type import Item, LimitedSizeDict


def pick_attributes() -> None:
    """Project items onto attributes without looking at the others."""
    items: Any = Item
    whole = items.project
    if hasattr(whole, "__wrapped__"):
        return

    @functools.wraps(whole)
    def project(self: Any, expressions: Sequence[Sequence[str]]) -> Any:
        if any(len(path) != 1 or "[" in path[0] for path in expressions):
            return whole(self, expressions)
        return part_of(self, (name for [name] in expressions))

    items.project = project


def part_of(item: Any, names: Iterable[str]) -> Any:
    """An item with these attributes of another, whose values both share."""
    part: Any = Item.__new__(Item)
    part.hash_key, part.range_key = item.hash_key, item.range_key
    part.attrs = LimitedSizeDict.__new__(LimitedSizeDict)
    for name in names:
        if name in item.attrs:
            dict.__setitem__(part.attrs, name, item.attrs[name])
    return part
