"""JSON text as Step Functions reads and writes it.

Output is compact, keeps the order of keys and non-ASCII characters, and writes numbers as Java
does: whole floats keep their `.0`, and magnitudes from 10^7 up or below 10^-3 get an exponent
(`1.0E10`).
"""

from __future__ import annotations

import json
import math
import re
from typing import Final

from localcloud.stepfunctions.query.scope import Json

# Signs of numbers that Python and Java write differently, cheapest first.
_LARGE: Final = re.compile(r"[0-9]{8}\.[0-9]")
_SCIENTIFIC: Final = re.compile(r"[0-9]e[-+][0-9]")
_SMALL: Final = "0.000"
_SIMPLEST_FROM: Final = 1e-3
_EXPONENT_FROM: Final = 1e7

# Compact JSON text with numbers as Python writes them.
encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False
).encode


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is no JSON value")


_decode = json.JSONDecoder(parse_constant=_refuse_constant).decode


def loads(text: str | bytes) -> Json:
    """The value of a JSON text; bytes are UTF-8.

    Raises:
        ValueError: the text is no JSON; `NaN` and `Infinity` are none. The message says where.

    >>> loads('{"a" 1}')
    Traceback (most recent call last):
    ValueError: unexpected text at line 1, column 6
    """
    try:
        return _decode(text if isinstance(text, str) else text.decode("utf-8-sig"))
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"unexpected text at {where}") from error
    except UnicodeDecodeError as error:
        raise ValueError("the text is not encoded as UTF-8") from error
    except RecursionError as error:
        raise ValueError("the JSON text is nested too deeply") from error


def dumps(value: Json) -> str:
    """The JSON text of a value.

    Raises:
        ValueError: it holds a number that JSON cannot express.
        TypeError: it holds something that is no JSON value.
    """
    text = encode(value)
    return _encode_slowly(value) if _may_differ(text) else text


def _may_differ(text: str) -> bool:
    if "." in text and (_SMALL in text or _LARGE.search(text)):
        return True
    return _SCIENTIFIC.search(text) is not None


def java_number(value: float) -> str:
    """A float as Java's `Double.toString` writes it.

    >>> java_number(1e10), java_number(12345678.9), java_number(0.0001), java_number(2.0)
    ('1.0E10', '1.23456789E7', '1.0E-4', '2.0')
    """
    size = abs(value)
    if size == 0 or _SIMPLEST_FROM <= size < _EXPONENT_FROM:
        return repr(value)
    sign, digits, exponent = _decompose(value)
    return f"{sign}{digits[0]}.{digits[1:] or '0'}E{exponent}"


def _decompose(value: float) -> tuple[str, str, int]:
    mantissa, _, power = f"{value!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = int(power or 0) + len(whole) - 1
    exponent -= len(whole + fraction) - len(digits) if whole.strip("0") == "" else 0
    return sign, digits.rstrip("0") or "0", exponent


def _encode_slowly(value: Json) -> str:
    if isinstance(value, dict):
        members = (f"{encode(key)}:{_encode_slowly(item)}" for key, item in value.items())
        return "{" + ",".join(members) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(_encode_slowly, value)) + "]"
    if isinstance(value, float) and math.isfinite(value):
        return java_number(value)
    return encode(value)
