"""moto asks for each of ten members of each DynamoDB value whether it is there, by five names.

Values of items come in the shape in which they leave, so here they leave as they are; binary ones,
which moto holds decoded, still go moto's way.
"""

from __future__ import annotations

import functools
from typing import Any

from moto.core.serialize import BaseJSONSerializer

_AS_THEY_ARE = frozenset({"S", "N", "BOOL", "NULL", "SS", "NS"})


def leave_as_they_are() -> None:
    """Hand values of items to the client without looking at each member."""
    serializer: Any = BaseJSONSerializer
    structure = serializer._serialize_type_structure  # noqa: SLF001
    if hasattr(structure, "__wrapped__"):
        return

    @functools.wraps(structure)
    def serialize(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and is_plain(value):
            self._default_serialize(serialized, value, shape, key)
        else:
            structure(self, serialized, value, shape, key)

    serializer._serialize_type_structure = serialize  # noqa: SLF001


def is_plain(value: Any) -> bool:
    """Whether a value has its shape on the wire already.

    >>> is_plain({"M": {"a": {"L": [{"S": "x"}, {"N": "1"}]}}})
    True
    >>> is_plain({"L": [{"B": b"x"}]}), is_plain({"S": "x", "N": None})
    (False, False)
    """
    if type(value) is not dict or len(value) != 1:
        return False
    [(kind, held)] = value.items()
    if kind in _AS_THEY_ARE:
        return True
    if kind == "L":
        return all(map(is_plain, held))
    return kind == "M" and all(map(is_plain, held.values()))
