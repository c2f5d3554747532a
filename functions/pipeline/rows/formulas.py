"""Cells that a spreadsheet would take for formulas, made plain text and back.

Source: https://owasp.org/www-community/attacks/CSV_Injection
"""

import re

from pipeline.contracts.constraints import NUMERIC
from pipeline.contracts.numbers import NumberFormat

_NUMBER = re.compile(NumberFormat().form)
_FORMULA = re.compile(
    "'*(?:[\t\r\n]|[\\s\\x00-\\x1f\\xad\u200b-\u200f\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])"
)
"""A formula's first character, of full width too, also after blanks and what does not show.

Apostrophes count as well, so that one can be put on and taken off whatever stands there.
"""


def disarmed(cell: str) -> str:
    r"""Return a cell that no spreadsheet takes for a formula: with an apostrophe in front.

    >>> disarmed("=1+1"), disarmed(" \n-1"), disarmed("a=1"), disarmed("'=1")
    ("'=1+1", "' \n-1", 'a=1', "''=1")
    """
    return f"'{cell}" if _FORMULA.match(cell) else cell


def for_a_spreadsheet(cell: str, kind: str | None) -> str:
    """Return a cell of a column of this type of field, or of none; numbers stay numbers.

    >>> for_a_spreadsheet("-1", "integer"), for_a_spreadsheet("-1", "string")
    ('-1', "'-1")
    """
    return cell if kind in NUMERIC and _NUMBER.fullmatch(cell) else disarmed(cell)


def restored(cell: str) -> str:
    """Return what `disarmed` was given.

    >>> restored("'=1+1"), restored("'tis"), restored("''=1")
    ('=1+1', "'tis", "'=1")
    """
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
