"""DynamoDB's numbers: which are accepted, and how they read when they come back.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

MAX_DIGITS = 38
_LARGEST_EXPONENT = 125
_SMALLEST_EXPONENT = -130

_PLAIN = re.compile(r"0|-?[1-9][0-9]{0,17}(\.[0-9]{0,17}[1-9])?|-?0\.[0-9]{0,17}[1-9]", re.ASCII)
"""Short numbers that read already as they come back."""


class InvalidNumberError(ValueError):
    """DynamoDB refuses the number; the message is DynamoDB's own."""


def canonical(text: str) -> str:
    """The number as DynamoDB stores and returns it: plain digits without superfluous zeros.

    Raises:
        InvalidNumberError: it is no number, too long, too large or too small.

    >>> canonical("+1.50"), canonical("1e3"), canonical("-0.0")
    ('1.5', '1000', '0')
    """
    if _PLAIN.fullmatch(text):
        return text
    if not text:
        raise InvalidNumberError("The parameter cannot be converted to a numeric value")
    try:
        number = Decimal(text) if text.isascii() and "_" not in text else None
    except InvalidOperation:
        number = None
    if number is None or not number.is_finite():
        raise InvalidNumberError(f"The parameter cannot be converted to a numeric value: {text}")
    if not number:
        return "0"
    sign, digits, exponent = number.as_tuple()
    kept = "".join(map(str, digits)).rstrip("0")
    exponent = int(exponent) + len(digits) - len(kept)
    significant = kept.lstrip("0")
    _check_range(significant, exponent)
    return format(Decimal(f"{'-' if sign else ''}{significant}E{exponent}"), "f")


def _check_range(significant: str, exponent: int) -> None:
    magnitude = exponent + len(significant) - 1
    if len(significant) > MAX_DIGITS:
        raise InvalidNumberError(
            f"Attempting to store more than {MAX_DIGITS} significant digits in a Number"
        )
    if magnitude > _LARGEST_EXPONENT:
        raise InvalidNumberError(
            "Number overflow. Attempting to store a number with magnitude larger than supported "
            "range"
        )
    if magnitude < _SMALLEST_EXPONENT:
        raise InvalidNumberError(
            "Number underflow. Attempting to store a number with magnitude smaller than supported "
            "range"
        )
