"""The text of a JSONata error, as the reference implementation words it.

The library's own catalogue says "Object" where the original says "function", and leaves out
the error code and the quotes around what it inserts.
"""

from __future__ import annotations

import json
import re
from typing import Final

from jsonata import JException

_PLACEHOLDER: Final = re.compile(r"\{\{\{?\w+\}?\}\}")
_PLURALS: Final[dict[object, str]] = {
    "a": "arrays",
    "b": "booleans",
    "f": "functions",
    "n": "numbers",
    "o": "objects",
    "s": "strings",
}


def message(error: JException) -> str:
    """The message without its code.

    >>> message(JException("T2001", 4, "+", "x"))
    'The left side of the "+" operator must evaluate to a number'
    """
    template = JException.error_codes.get(error.error)
    if template is None:
        return str(error)
    inserts = iter((error.current, error.expected, _PLURALS.get(error.extra, error.extra)))

    def insert(placeholder: re.Match[str]) -> str:
        value = next(inserts, None)
        if placeholder[0].startswith("{{{"):
            return str(value)
        return json.dumps(value, ensure_ascii=False, default=str)

    return _PLACEHOLDER.sub(insert, template.replace("Object", "function"))


def coded_message(error: JException) -> str:
    """The message behind its code, as `T2001: The left side …`."""
    return f"{error.error}: {message(error)}"
