"""Numbers and strings as JavaScript writes them."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Final

_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def number_text(number: float) -> str:
    """A number as JavaScript writes it.

    >>> [number_text(n) for n in (1e20, 1e21, 0.1, 1e-7, -0.0, 110.0)]
    ['100000000000000000000', '1e+21', '0.1', '1e-7', '0', '110']
    """
    if type(number) is int and abs(number) <= 2**53:
        return str(number)
    value = float(number)
    if value == 0:
        return "0"
    if value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e21:
        text = format(Decimal(repr(value)), "f")
        return text.removesuffix(".0")
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa.removesuffix('.0')}e{'+' if int(exponent) > 0 else ''}{int(exponent)}"


def quoted(value: str) -> str:
    """A string as JSON; halves of surrogate pairs are escaped."""
    written = json.dumps(value, ensure_ascii=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
