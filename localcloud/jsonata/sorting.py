"""A stable merge sort by a function that says which of two items comes later."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

Item = TypeVar("Item")


def merge_sorted(items: list[Item], is_behind: Callable[[Item, Item], object]) -> list[Item]:
    """The items in order; `is_behind(left, right)` is true when they have to change places.

    >>> merge_sorted([3, 1, 2], lambda left, right: left > right)
    [1, 2, 3]
    """
    if len(items) <= 1:
        return items
    middle = len(items) // 2
    left = merge_sorted(items[:middle], is_behind)
    right = merge_sorted(items[middle:], is_behind)
    merged: list[Item] = []
    at = to = 0
    while at < len(left) and to < len(right):
        if is_behind(left[at], right[to]):
            merged.append(right[to])
            to += 1
        else:
            merged.append(left[at])
            at += 1
    return [*merged, *left[at:], *right[to:]]
