"""The PartiQL that the local cloud understands by itself: INSERT of an item of parameters.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAME = r"'(?:[^']|'')*'"
_MEMBER = rf"\s*{_NAME}\s*:\s*\?\s*"
_INSERT = re.compile(
    r"\s*INSERT\s+INTO\s+(?P<quote>\"?)(?P<table>[\w.-]+)(?P=quote)\s+VALUE\s*"
    rf"\{{(?P<members>{_MEMBER}(?:,{_MEMBER})*)\}}\s*;?\s*",
    re.IGNORECASE,
)
_TABLE = re.compile(r"\b(?:FROM|INTO|UPDATE)\s+[\"']?(?P<table>[\w.-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Insert:
    """A statement that puts an item where there is none."""

    table: str
    names: tuple[str, ...]
    """Of the attributes, one for each parameter, in their order."""

    def item(self, parameters: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
        """The item; None if there are not as many parameters as names."""
        if len(parameters) != len(self.names):
            return None
        return dict(zip(self.names, parameters, strict=True))


@functools.lru_cache(maxsize=256)
def parse_insert(statement: str) -> Insert | None:
    """Read an INSERT whose values all are parameters; None for whatever else it is.

    >>> parse_insert("INSERT INTO t VALUE {'id': ?, 'it''s': ?}")
    Insert(table='t', names=('id', "it's"))
    """
    found = _INSERT.fullmatch(statement)
    if found is None:
        return None
    names = [name[1:-1].replace("''", "'") for name in re.findall(_NAME, found["members"])]
    return Insert(found["table"], tuple(names)) if len(set(names)) == len(names) else None


def statements_of(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The statements of an ExecuteStatement, a BatchExecuteStatement or an ExecuteTransaction."""
    if "Statement" in request:
        return [request]
    return list(request.get("Statements") or request.get("TransactStatements") or ())


@functools.lru_cache(maxsize=256)
def named_table(statement: str) -> str | None:
    """The table that a statement of any kind is about, as far as can be seen.

    >>> named_table("DELETE FROM t WHERE id = ?")
    't'
    """
    found = _TABLE.search(statement)
    return found["table"] if found else None
