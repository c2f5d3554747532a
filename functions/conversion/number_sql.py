"""Numbers in SQL: their canonical texts and their limits, exact.

Most numbers are canonical as they stand, most of these start with 1 to 9 and end with neither zero
nor blank. Any other is cast to the type that holds all numbers of its form, which is the fastest
way to its canonical text; one with an exponent is rewritten as text, since a cast would round.

Cells are trimmed before a cast: one right above `read_csv` is taken into the reader, which stops at
a text that is no number even if the cast was a TRY_CAST.
"""

import re

from pipeline.contracts.numbers import USUAL_INTEGER_DIGITS
from pipeline.contracts.rules import Rules

_CANONICAL = "-?(?:0|[1-9][0-9]*)[.][0-9]*[1-9]|-?[1-9][0-9]*|0"
"""A canonical number."""

_ZEROS = "^[+]?(-?)0*([0-9]+)(?:[.]([0-9]*[1-9])?0*)?$"
"""What is not canonical in a number that programs would read."""


def canonical_sql(field: Rules, column: str) -> str:
    """Return the canonical text of a cell that keeps its form; NULL if it has too many digits."""
    number, plain = field["number"], _plain(field, column)
    if number["has_exponent"]:
        without_zeros = f"rtrim(regexp_replace({plain}, '{_ZEROS}', '\\1\\2.\\3'), '.')"
        return f"regexp_replace({without_zeros}, '^-0$', '0')"
    cast = f"TRY_CAST({plain} AS {_kind(field)})::VARCHAR"
    if number["decimals"]:
        cast = f"rtrim(rtrim({cast}, '0'), '.')"
    return f"CASE {_if_canonical(field, column)} ELSE {cast} END" if number["is_plain"] else cast


def fits_sql(field: Rules, number: str) -> str:
    """Return the check that a canonical number has no more digits than its type."""
    if not (field["number"]["has_exponent"] or field["number"]["group"]):
        return f"{number} IS NOT NULL"
    whole, decimals = field["number"]["digits"], field["number"]["decimals"]
    in_front = f"strlen(split_part(ltrim({number}, '-'), '.', 1)) <= {whole - decimals}"
    return f"{in_front} AND strlen(split_part({number}, '.', 2)) <= {decimals}"


def limit_sql(field: Rules, number: str, operator: str, limit: str) -> str:
    """Return the check of a minimum (`>=`) or maximum (`<=`) on a canonical number."""
    kind = _kind(field)
    return f"TRY_CAST({number} AS {kind}) {operator} CAST('{limit}' AS {kind})"


def _kind(field: Rules) -> str:
    """Return the type that holds all numbers of a field."""
    digits, decimals = field["number"]["digits"], field["number"]["decimals"]
    is_long = decimals or digits > USUAL_INTEGER_DIGITS
    return f"DECIMAL({digits}, {decimals})" if is_long else "BIGINT"


def _if_canonical(field: Rules, column: str) -> str:
    """Return the case of a number that is canonical as it stands."""
    starts = f"{column} >= '1' AND {column} < ':'"
    ends = f"NOT suffix({column}, ' ')"
    if field["number"]["decimals"]:
        ends += f" AND NOT suffix({column}, '0')"
        canonical = f"regexp_full_match({column}, '{_CANONICAL}')"
        return f"WHEN {starts} AND {ends} THEN {column} WHEN {canonical} THEN {column}"
    return f"WHEN {starts} AND {ends} THEN {column}"


def _plain(field: Rules, column: str) -> str:
    """Return a number as programs write it: a sign, digits, and a point."""
    number = field["number"]
    text = f"trim({column})"
    if not number["is_bare"]:
        groups = "".join(f"\\{n}" for n in range(1, _groups(number["parts"]) + 1))
        text = f"regexp_replace({text}, {_text('^(?:' + number['parts'] + ')$')}, '{groups}')"
    if number["group"]:
        text = f"replace({text}, {_text(number['group'])}, '')"
    if number["decimal"] != ".":
        text = f"replace({text}, {_text(number['decimal'])}, '.')"
    return _expanded(text) if number["has_exponent"] else text


def _expanded(text: str) -> str:
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
    return f"list_transform([{text}], lambda x: {expanded})[1]"


def _groups(pattern: str) -> int:
    return re.compile(pattern).groups


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
