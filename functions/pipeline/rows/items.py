"""Rows of the valid parts as DynamoDB items: one pure function, exact to the last digit.

An item has the row's fields under their own names and one attribute more, `_sluice`:
which version of the source it comes from, and which run wrote it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

META = "_sluice"
Item = dict[str, dict[str, Any]]
"""An item as the DynamoDB API takes and gives it: each value with its type."""

_TAGS = {"integer": "N", "number": "N", "year": "N", "boolean": "BOOL"}


class Outcome(Enum):
    """What became of one row."""

    LOADED = auto()
    """This run put it into the table."""
    REPLAYED = auto()
    """The table said exactly this already."""
    SUPERSEDED = auto()
    """The table holds the row of a newer file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemShape:
    """How the rows of one dataset become items."""

    tags: Mapping[str, str]
    """Attribute type of each field."""
    key: tuple[str, ...]
    """The table's key attributes: partition key, then sort key if there is one."""

    @classmethod
    def of(cls, types: Mapping[str, str], key: Sequence[str]) -> ItemShape:
        """Return the shape for fields with these contract types."""
        return cls(
            tags={name: _TAGS.get(kind, "S") for name, kind in types.items()}, key=tuple(key)
        )

    def items(self, lines: Iterable[bytes], *, version: str, run_id: str) -> list[Item]:
        """Return one item for each JSON line.

        Numbers keep the text that the conversion wrote: they never pass through a float.

        >>> shape = ItemShape.of({"id": "string", "price": "number"}, ["id"])
        >>> shape.items([b'{"id":"7","price":0.30}'], version="v", run_id="r")[0]["price"]
        {'N': '0.30'}
        """
        meta = {META: {"M": {"version": {"S": version}, "run_id": {"S": run_id}}}}
        tags = self.tags
        decode = json.JSONDecoder(parse_int=str, parse_float=str).decode
        return [
            {name: {tags[name]: value} for name, value in decode(line.decode()).items()} | meta
            for line in lines
        ]

    def key_of(self, item: Item) -> tuple[str, ...]:
        """Return the key of an item as the table compares it."""
        return tuple(next(iter(item[name].values())) for name in self.key)


def judge(new: Item, old: Item | None, *, run_id: str) -> Outcome | None:
    """Return what became of `new`, given the item that its write met (`None`: there was none).

    It holds whether or not the write was applied; `None` means that it has to be written over
    `old`, which has the same source version and other contents (the contract has changed).
    """
    if old is None:
        return Outcome.LOADED
    if contents(new) == contents(old):
        mine = written_by(old) == run_id
        return Outcome.LOADED if mine else Outcome.REPLAYED
    if source_version(old) > source_version(new):
        return Outcome.SUPERSEDED
    return None if source_version(old) == source_version(new) else Outcome.LOADED


def contents(item: Item) -> Item:
    """Return what the item says, without who wrote it, and numbers in one form."""
    return {name: _comparable(typed) for name, typed in item.items() if name != META}


def source_version(item: Item) -> str:
    """Return the version of the source; the empty text, older than any, where it is unknown."""
    return str(item.get(META, {}).get("M", {}).get("version", {}).get("S", ""))


def written_by(item: Item) -> str:
    """Return the run that wrote the item; the empty text where it is unknown."""
    return str(item.get(META, {}).get("M", {}).get("run_id", {}).get("S", ""))


def _comparable(typed: dict[str, Any]) -> dict[str, Any]:
    """Return a number without the zeros that DynamoDB drops."""
    text = typed.get("N")
    if text is None or "." not in text:
        return typed
    return {"N": text.rstrip("0").rstrip(".")}
