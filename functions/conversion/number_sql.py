"""Numbers in SQL: their canonical texts and their limits, exact.

Most numbers are canonical as they stand, which shows that they are of their form as well. A cast to
the type that holds all numbers of a form, and back, is the fastest way to canonical texts; numbers
with an exponent are rewritten as text, since a cast would round.

Cells are not cast right above `read_csv`: such a cast is taken into the reader, which stops at a
text that is no number even if it was a TRY_CAST. The window that counts ordinals stands between.
"""

import re

from conversion.sql_text import text
from pipeline.contracts.numbers import USUAL_INTEGER_DIGITS
from pipeline.contracts.rules import Rules

_LONG = "BIGINT"

_ZEROS = "^[+]?(-?)0*([0-9]+)(?:[.]([0-9]*[1-9])?0*)?$"
"""What is not canonical in a number that programs would read."""


def canonical_sql(field: Rules, column: str) -> str:
    """Return the canonical text of a cell that keeps its form; NULL if it has too many digits."""
    number, kind = field["number"], _kind(field)
    if number["is_plain"] and kind == _LONG:
        return f"TRY_CAST({column} AS {_LONG})::VARCHAR"
    plain = _plain(field, column)
    if number["has_exponent"]:
        without_zeros = f"rtrim(regexp_replace({plain}, '{_ZEROS}', '\\1\\2.\\3'), '.')"
        return f"regexp_replace({without_zeros}, '^-0$', '0')"
    cast = f"TRY_CAST({plain} AS {kind})::VARCHAR"
    if number["decimals"]:
        cast = f"regexp_replace({cast}, '[.]?0+$', '')"
    if not number["is_plain"]:
        return cast
    return f"CASE WHEN {_is_canonical(field, column)} THEN {column} ELSE {cast} END"


def form_sql(field: Rules, column: str, number: str) -> str:
    """Return the check that a cell, whose canonical text is a column, is of the field's form."""
    form = f"regexp_full_match({column}, {text(field['form'])})"
    if not field["number"]["is_plain"]:
        return form
    short = f" AND strlen({column}) <= {field['number']['digits']}" if _kind(field) == _LONG else ""
    return f"({column} = {number}{short} OR {form})"


def fits_sql(field: Rules, number: str) -> str:
    """Return the check that a canonical number has no more digits than its type."""
    if not (field["number"]["has_exponent"] or field["number"]["group"]):
        return f"{number} IS NOT NULL"
    whole, decimals = field["number"]["digits"], field["number"]["decimals"]
    in_front = f"strlen(split_part(ltrim({number}, '-'), '.', 1)) <= {whole - decimals}"
    return f"{in_front} AND strlen(split_part({number}, '.', 2)) <= {decimals}"


def limit_sql(field: Rules, number: str, operator: str, limit: str) -> str:
    """Return the check of a minimum (`>=`) or maximum (`<=`) on a canonical number."""
    if (operator, limit) == (">=", "0"):
        return f"NOT starts_with({number}, '-')"
    kind = _kind(field)
    return f"TRY_CAST({number} AS {kind}) {operator} CAST('{limit}' AS {kind})"


def _kind(field: Rules) -> str:
    """Return the type that holds all numbers of a field."""
    digits, decimals = field["number"]["digits"], field["number"]["decimals"]
    is_long = decimals or digits > USUAL_INTEGER_DIGITS
    return f"DECIMAL({digits}, {decimals})" if is_long else _LONG


def _is_canonical(field: Rules, column: str) -> str:
    """Return whether a cell is a number of the field's digits, canonical as it stands."""
    digits, decimals = field["number"]["digits"], field["number"]["decimals"]
    whole = f"[1-9][0-9]{{0,{digits - decimals - 1}}}"
    fraction = f"-?(?:0|{whole})[.][0-9]{{0,{decimals - 1}}}[1-9]|" if decimals else ""
    return f"regexp_full_match({column}, '{fraction}-?{whole}|0')"


def _plain(field: Rules, column: str) -> str:
    """Return a number as programs write it: a sign, digits, and a point."""
    number = field["number"]
    cell = f"trim({column})"
    if not number["is_bare"]:
        groups = "".join(f"\\{n}" for n in range(1, _groups(number["parts"]) + 1))
        cell = f"regexp_replace({cell}, {text('^(?:' + number['parts'] + ')$')}, '{groups}')"
    if number["group"]:
        cell = f"replace({cell}, {text(number['group'])}, '')"
    if number["decimal"] != ".":
        cell = f"replace({cell}, {text(number['decimal'])}, '.')"
    return _expanded(cell) if number["has_exponent"] else cell


def _expanded(cell: str) -> str:
    """Return a number without its exponent, as `pipeline.contracts.numbers` expands it."""
    pattern = r"([+-]?)([0-9]+)(?:[.]([0-9]*))?[eE]([+-]?[0-9]{1,3})"
    sign, whole, fraction, exponent = (
        f"regexp_extract(x, '{pattern}', {group})" for group in (1, 2, 3, 4)
    )
    digits = f"concat({whole}, {fraction})"
    point = f"(strlen({whole}) + TRY_CAST({exponent} AS INTEGER))"
    shifted = (
        f"CASE WHEN {point} <= 0 THEN concat('0.', repeat('0', -{point}), {digits})"
        f" WHEN {point} >= strlen({digits})"
        f" THEN concat({digits}, repeat('0', {point} - strlen({digits})))"
        f" ELSE concat(left({digits}, {point}), '.', substr({digits}, {point} + 1)) END"
    )
    expanded = (
        f"CASE WHEN regexp_full_match(x, '{pattern}') THEN concat({sign}, {shifted}) ELSE x END"
    )
    return f"list_transform([{cell}], lambda x: {expanded})[1]"


def _groups(pattern: str) -> int:
    return re.compile(pattern).groups
