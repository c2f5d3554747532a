"""The compiled rules as SQL: one text per record, `{…}` if it is valid and `!` if it is not."""

from collections.abc import Callable, Sequence
from typing import Any

from pipeline.field import NUMERIC
from pipeline.rules import Rules

REJECTED = "!"
SUSPECT = "?"
"""In front of a valid row with a key, or a unique value, that another row of the file may have."""

_DECIMAL = "DECIMAL(29, 9)"
_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}


def text(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def verdict_sql(rules: Rules, columns: Sequence[str | None]) -> str:
    """Return the expression over columns `c0`, `c1`, … and `fits` that judges one record."""
    fields = [(field, f"c{columns.index(field['name'])}") for field in rules["fields"]]
    checks = ["fits", _not_the_header(fields), _small_enough(rules, fields)]
    checks += [_field_check(rules, field, column) for field, column in fields]
    is_valid = " AND ".join(f"({check})" for check in checks)
    return f"CASE WHEN {is_valid} THEN {_row(rules, fields)} ELSE '{REJECTED}' END"


def identity_sql(rules: Rules, columns: Sequence[str | None], names: Sequence[str]) -> str:
    """Return the hash of the delivered values of some fields; NULL if one is absent."""
    by_name = {field["name"]: field for field in rules["fields"]}
    values = [_canonical(by_name[name], f"c{columns.index(name)}") for name in names]
    are_present = " AND ".join(
        f"({_is_present(rules, f'c{columns.index(name)}')})" for name in names
    )
    return f"CASE WHEN {are_present} THEN hash({', '.join(values)}) END"


def _row(rules: Rules, fields: Sequence[tuple[Rules, str]]) -> str:
    """Return the expression of the JSON object; members that are absent leave no trace.

    Few rows hold a character to be escaped: one search through all texts of a row tells.
    """
    texts = [column for field, column in fields if _is_text(field)]
    plain = _object(rules, fields, lambda column: column)
    if not texts:
        return plain
    escaped = _object(rules, fields, _escaped)
    needs_escapes = f"regexp_matches(concat({', '.join(texts)}), '[\"\\\\\\x01-\\x1f]')"
    return f"CASE WHEN {needs_escapes} THEN {escaped} ELSE {plain} END"


def _object(
    rules: Rules, fields: Sequence[tuple[Rules, str]], spelled: Callable[[str], str]
) -> str:
    """Return the object's expression: one call of `concat`, which copies each text once.

    `concat` takes NULL for an empty text; a record that fits and keeps its forms has none.
    """
    parts: list[str] = []
    is_led = fields[0][0]["required"]
    for field, column in fields:
        comma = "" if is_led and not parts else ","
        before = f"{comma}{_json_name(field['name'])}:"
        if _is_text(field):
            member = [text(before + '"'), spelled(column), "'\"'"]
        else:
            member = [text(before), _delivered(field, column)]
        if not field["required"]:
            present = _is_present(rules, column)
            member = [f"CASE WHEN {present} THEN concat({', '.join(member)}) ELSE '' END"]
        parts += member
    if is_led:
        return f"concat('{{', {', '.join(parts)}, '}}')"
    return f"concat('{{', substr(concat({', '.join(parts)}), 2), '}}')"


def _is_text(field: Rules) -> bool:
    """Tell whether a field is delivered as a JSON text."""
    return field["type"] != "boolean" and field["type"] not in NUMERIC


def _json_name(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _delivered(field: Rules, column: str) -> str:
    if field["type"] == "boolean":
        return f"CASE WHEN {_in(column, field['true_values'])} THEN 'true' ELSE 'false' END"
    return _canonical(field, column)


def _canonical(field: Rules, column: str) -> str:
    """Return the delivered text of a value, which for numbers is its canonical form."""
    if field["type"] == "boolean":
        return f"{_in(column, field['true_values'])}::VARCHAR"
    if field["type"] not in NUMERIC:
        return column
    if field["type"] != "number":
        return f"TRY_CAST(trim({column}) AS BIGINT)::VARCHAR"
    plain = f"regexp_full_match({column}, '-?[1-9][0-9]*(?:\\.[0-9]*[1-9])?')"
    exact = f"TRY_CAST(trim({column}) AS {_DECIMAL})::VARCHAR"
    return f"CASE WHEN {plain} THEN {column} ELSE rtrim(rtrim({exact}, '0'), '.') END"


def _escaped(column: str) -> str:
    """Return the expression of a text as JSON spells it, control characters as Python does."""
    backslashed = f"replace(replace({column}, '\\', '\\\\'), '\"', '\\\"')"
    spelled = backslashed
    for code in range(1, 0x20):
        escape = _ESCAPES.get(chr(code), f"\\u{code:04x}")
        spelled = f"replace({spelled}, chr({code}), '{escape}')"
    printable = f"NOT regexp_matches({column}, '[\\x01-\\x1f]')"
    return f"CASE WHEN {printable} THEN {backslashed} ELSE {spelled} END"


def _field_check(rules: Rules, field: Rules, column: str) -> str:
    present = _is_present(rules, column)
    checks = _value_checks(rules, field, column)
    if field["required"]:
        return " AND ".join([present, *checks])
    return f"NOT ({present}) OR ({' AND '.join(checks)})" if checks else "true"


def _value_checks(rules: Rules, field: Rules, column: str) -> list[str]:
    checks = [
        f"regexp_full_match({column}, {text(field[member])})"
        for member in ("form", "pattern")
        if field[member] is not None
    ]
    if field["enum"] is not None:
        checks.append(_in(_canonical(field, column), field["enum"]))
    checks += _limit_checks(field, column)
    checks += _length_checks(rules, field, column)
    return [f"coalesce({check}, false)" for check in checks]


def _limit_checks(field: Rules, column: str) -> list[str]:
    limits = [(">=", field["minimum"]), ("<=", field["maximum"])]
    if field["compare"] == "number":
        value = f"TRY_CAST(trim({column}) AS {_DECIMAL})"
        return [f"{value} {op} CAST({text(v)} AS {_DECIMAL})" for op, v in limits if v is not None]
    return [f"{column} {op} {text(v)}" for op, v in limits if v is not None]


def _length_checks(rules: Rules, field: Rules, column: str) -> list[str]:
    checks = []
    if field["min_length"] is not None:
        checks.append(f"length({column}) >= {field['min_length']}")
    if field["max_length"] is not None:
        checks.append(f"length({column}) <= {field['max_length']}")
    if field["max_key_bytes"] is not None:
        checks.append(f"strlen({column}) <= {field['max_key_bytes']}")
        if field["type"] == "string":
            checks.append(f"NOT regexp_matches({column}, {text(rules['key_characters'])})")
    return checks


def _is_present(rules: Rules, column: str) -> str:
    missing = rules["missing_values"]
    return f"NOT {_in(column, missing)}" if missing else "true"


def _in(value: str, allowed: Sequence[str]) -> str:
    return f"({value}) IN ({', '.join(text(one) for one in allowed)})"


def _not_the_header(fields: Sequence[tuple[Rules, str]]) -> str:
    same = " AND ".join(f"{column} = {text(field['name'])}" for field, column in fields)
    return f"NOT ({same})"


def _small_enough(rules: Rules, fields: Sequence[tuple[Rules, Any]]) -> str:
    """Return the check of the item's size; absent values are counted only if it might fail."""
    whole = " + ".join(
        f"strlen({column}) + {len(field['name'].encode()) + 1}" for field, column in fields
    )
    present = " + ".join(
        f"CASE WHEN {_is_present(rules, column)}"
        f" THEN strlen({column}) + {len(field['name'].encode()) + 1} ELSE 0 END"
        for field, column in fields
    )
    limit = rules["max_item_bytes"]
    return f"CASE WHEN {whole} <= {limit} THEN true ELSE {present} <= {limit} END"
