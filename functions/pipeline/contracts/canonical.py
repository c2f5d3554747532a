"""The one way to write a number: how numbers stand in valid rows and how keys are compared.

>>> canonical_number("+007.50"), canonical_number("-0"), canonical_number(" 12 ")
('7.5', '0', '12')
"""

import re

_NUMBER = re.compile(r"([+-]?)0*([0-9]+)(?:\.([0-9]*))?\Z")


def canonical_number(text: str) -> str:
    """Return the shortest plain decimal of the same value (text in the usual form)."""
    found = _NUMBER.match(text.strip(" "))
    if not found:
        msg = f"{text!r} is not in the form of a number"
        raise ValueError(msg)
    sign, whole, fraction = found[1], found[2], (found[3] or "").rstrip("0")
    digits = f"{whole}.{fraction}" if fraction else whole
    return f"-{digits}" if sign == "-" and digits != "0" else digits
