"""Numbers in SQL: their canonical texts and their limits, exact to 38 digits.

Most numbers are canonical as they stand, most of these start with 1 to 9 and end with neither zero
nor blank. Short ones are cast, which is the fastest way to the canonical text of any other; what no
type of DuckDB holds is rewritten, and compared digit by digit.

Cells are trimmed before a cast: one right above `read_csv` is taken into the reader, which stops at
a text that is no number even if the cast was a TRY_CAST.
"""

import re

from pipeline.numbers import MAX_DIGITS
from pipeline.rules import Rules

_SHORT = {True: ("DECIMAL(29, 9)", 11), False: ("BIGINT", 18)}
"""By whether there are fractions: a type, and as many characters as it holds exactly, wherever the
point is."""


_ZEROS = "^[+]?(-?)0*([0-9]+)(?:[.]([0-9]*[1-9])?0*)?$"
"""What is not canonical in a number that programs would read."""

_CANONICAL = "-?(?:0|[1-9][0-9]*)[.][0-9]*[1-9]|-?[1-9][0-9]*|0"
"""A canonical number."""


def canonical_sql(field: Rules, column: str) -> str:
    """Return the canonical text of a cell that keeps its form."""
    number, plain = field["number"], _plain(field, column)
    kind, most = _SHORT[number["has_fraction"]]
    without_zeros = f"rtrim(regexp_replace({plain}, '{_ZEROS}', '\\1\\2.\\3'), '.')"
    text = f"regexp_replace({without_zeros}, '^-0$', '0')"
    if number["has_exponent"]:
        return text
    cast = f"TRY_CAST({plain} AS {kind})::VARCHAR"
    if number["has_fraction"]:
        cast = f"rtrim(rtrim({cast}, '0'), '.')"
    short = f"WHEN strlen({column}) <= {most} THEN {cast}"
    return f"CASE {_if_canonical(field, column)} {short} ELSE {text} END"


def exact_sql(number: str) -> str:
    """Return the check that a canonical number has no more digits than can be kept."""
    whole, fraction = f"split_part(ltrim({number}, '-'), '.', 1)", f"split_part({number}, '.', 2)"
    digits = f"ltrim(concat({whole}, {fraction}), '0')"
    longest = f"greatest(strlen({whole}), strlen({fraction}), strlen({digits}))"
    return f"CASE WHEN strlen({number}) > {MAX_DIGITS} THEN {longest} <= {MAX_DIGITS} ELSE true END"


def limit_sql(field: Rules, number: str, operator: str, limit: str) -> str:
    """Return the check of a minimum (`>=`) or maximum (`<=`) on a canonical number."""
    digit_by_digit = _by_digits(number, operator, limit)
    kind, most = _SHORT[field["number"]["has_fraction"]]
    if len(limit.lstrip("-")) > most:
        return digit_by_digit
    short = f"TRY_CAST({number} AS {kind}) {operator} CAST('{limit}' AS {kind})"
    return f"CASE WHEN strlen({number}) <= {most} THEN {short} ELSE {digit_by_digit} END"


def _by_digits(number: str, operator: str, limit: str) -> str:
    """Compare digits as texts of equal length; of negative numbers the larger is the smaller."""
    whole, _, fraction = limit.lstrip("-").partition(".")
    size = f"'{whole.rjust(MAX_DIGITS, '0')}.{fraction}'"
    magnitude = f"ltrim({number}, '-')"
    padded = f"lpad(split_part({magnitude}, '.', 1), {MAX_DIGITS}, '0')"
    own = f"concat({padded}, '.', split_part({magnitude}, '.', 2))"
    is_negative = f"starts_with({number}, '-')"
    if limit.startswith("-"):
        reverse = {">=": "<=", "<=": ">="}[operator]
        inside, outside = is_negative, f"NOT {is_negative}"
        compared = f"{own} {reverse} {size}"
        is_inner = operator == "<="
    else:
        inside, outside = f"NOT {is_negative}", is_negative
        compared = f"{own} {operator} {size}"
        is_inner = operator == ">="
    return f"({inside} AND {compared})" if is_inner else f"({outside} OR {compared})"


def _if_canonical(field: Rules, column: str) -> str:
    """Return the case of a number that is canonical as it stands."""
    if not field["number"]["is_plain"]:
        return ""
    starts = f"{column} >= '1' AND {column} < ':'"
    ends = f"NOT suffix({column}, ' ')"
    if field["number"]["has_fraction"]:
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
    """Return a number without its exponent, as `pipeline.numbers` expands it."""
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
