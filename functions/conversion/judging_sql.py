"""The compiled rules as SQL: for each record its JSON line, or NULL if it is invalid.

No operator here may leave the order of its rows open: a test reads the plans.

Numbers and local times have a column of their own (`n0` for `c0`) with their canonical text
(`number_sql`, `zone_sql`). What stands there for a cell that is none does not matter: its form
rules it out.
"""

import json
import re
from collections.abc import Callable, Sequence

from conversion.number_sql import canonical_sql, fits_sql, form_sql, limit_sql
from conversion.odd_values import odd_columns, odd_rules
from conversion.repeats import uniqueness_rules
from conversion.sql_text import text
from conversion.zone_sql import instant_sql
from pipeline.contracts.constraints import NUMERIC
from pipeline.contracts.field import GENERATED_KEY
from pipeline.contracts.rules import Rules, of_any_version

_PLAIN_FORM = re.compile(
    r"(?:[0-9A-Za-z:/,|(){}?+ -]|\[(?:[0-9]-[0-9]|[A-Z]-[A-Z]|[a-z]-[a-z]|[0-9+-])*\])+"
)
"""Forms built of characters that need no escapes, and of classes of such: dates, UUIDs."""
_ESCAPES = {"\b": r"\b", "\t": r"\t", "\n": r"\n", "\f": r"\f", "\r": r"\r"}


Fielded = tuple[Rules, str]
"""The rules of a field and the column with its cells."""


def verdicts_sql(
    rules: Rules,
    columns: Sequence[str | None],
    relation: str,
    first_record: int,
    *,
    source_version: str,
) -> str:
    """Return the query of verdicts on the records of a relation of `c0`, `c1`, … and `fits`.

    A row is `ordinal` (the record's number in its file), `line` (JSON, or NULL if it is invalid)
    and, for each rule across rows, `h0`, `h1`, …: a positive hash of the delivered values, or 0 if
    the record does not compete; and `odd0`, … (`conversion.odd_values`). The ordinal is taken right
    above the reader and travels with the row.

    Few rows hold a character to be escaped. DuckDB spells the texts of a row at once as JSON; if
    that added two quotes and nothing else, they are delivered as they are.
    """
    rules = of_any_version(rules)
    fields = [
        (field, f"c{columns.index(field['name'])}")
        for field in rules["fields"]
        if field["name"] in columns
    ]
    ordinal = f"row_number() OVER () + {first_record - 1} AS ordinal"
    texts = [column for field, column in fields if _may_need_escapes(field)] or ["''"]
    own = [f"{_own(rules, field, c)} AS {_number(c)}" for field, c in fields if _has_own(field)]
    cells = ", ".join(["*", ordinal, *own, f"concat({', '.join(texts)}) AS texts"])
    spelled = (
        "CASE WHEN strlen(to_json(texts)) = strlen(texts) + 2"
        f" THEN {_line(rules, fields)} ELSE {_escaped_line(rules, fields)} END"
    )
    line = f"CASE WHEN {_all(_checks(rules, fields))} THEN {spelled} END AS line"
    hashes = [
        f"{_competitor(rules, fields, rule.names)} AS {hash_column(number)}"
        for number, rule in enumerate(uniqueness_rules(rules))
    ]
    judged = f"SELECT *, {line} FROM (SELECT {cells} FROM {relation})"
    keyed = f"{_keyed(rules, source_version)} AS line"
    odd = odd_columns(odd_rules(rules, columns))
    return f"SELECT {', '.join(['ordinal', keyed, *hashes, *odd])} FROM ({judged})"


def _keyed(rules: Rules, source_version: str) -> str:
    """Return the expression of a valid record's line with its key, if that is made.

    Of equal rows the digests are equal; a position is that of a record in a version of a file.
    """
    made = {
        None: "",
        "content": "sha256(line)",
        "position": f"concat({text(source_version)}, '#', lpad(ordinal::VARCHAR, 10, '0'))",
    }[rules["generated_key"]]
    if not made:
        return "line"
    start = text("{" + _json_name(GENERATED_KEY) + ':"')
    rest = "CASE WHEN line = '{}\n' THEN '}\n' ELSE concat(',', substr(line, 2)) END"
    return f"CASE WHEN line IS NOT NULL THEN concat({start}, {made}, '\"', {rest}) END"


def hash_column(rule_number: int) -> str:
    """Return the name of the column with the hashes of a rule across rows."""
    return f"h{rule_number}"


def _competitor(rules: Rules, fields: Sequence[Fielded], names: Sequence[str]) -> str:
    """Return the hash of the delivered values of some fields of a valid record; 0 if one lacks."""
    by_name = {field["name"]: (field, column) for field, column in fields}
    if not by_name.keys() >= {*names}:
        return "0::BIGINT"
    of_rule = [by_name[name] for name in names]
    values = [_canonical(field, column) for field, column in of_rule]
    optional = [_is_present(rules, column) for field, column in of_rule if not field["required"]]
    competes = " AND ".join(["line IS NOT NULL", *optional])
    hashed = f"greatest((hash({', '.join(values)}) >> 1)::BIGINT, 1)"
    return f"CASE WHEN {competes} THEN {hashed} ELSE 0 END"


def _all(checks: Sequence[str]) -> str:
    return " AND ".join(f"({check})" for check in checks)


def _line(rules: Rules, fields: Sequence[Fielded]) -> str:
    """Return the expression of the JSON line of a record with nothing to escape."""
    return f"concat({_members(rules, fields, lambda column: column)}, '}}\n')"


def _escaped_line(rules: Rules, fields: Sequence[Fielded]) -> str:
    """Return the expression of any valid record's JSON line, escaped as Python does.

    Control characters are in cells only, so that one pass over the whole object spells them; quotes
    and backslashes are escaped before, cell by cell.
    """
    spelled = f"concat({_members(rules, fields, _backslashed)})"
    for code in range(1, 0x20):
        escape = _ESCAPES.get(chr(code), f"\\u{code:04x}")
        spelled = f"replace({spelled}, chr({code}), '{escape}')"
    return f"concat({spelled}, '}}\n')"


def _backslashed(column: str) -> str:
    return f"replace(replace({column}, '\\', '\\\\'), '\"', '\\\"')"


def _members(rules: Rules, fields: Sequence[Fielded], spelled: Callable[[str], str]) -> str:
    """Return the pieces of the JSON object, without its end, for one call of `concat`.

    `concat` copies each text once and takes NULL for an empty one: absent members leave no trace.
    Constants are chosen by whether there is a value, cells are not if an absent one is empty.
    """
    parts: list[str] = []
    is_led = fields[0][0]["required"]
    for field, column in fields:
        comma = "" if is_led and not parts else ","
        before = f"{comma}{_json_name(field['name'])}:"
        if field["zone"]:
            member = [text(before + '"'), _number(column), "'\"'"]
        elif _is_text(field):
            member = [text(before + '"'), spelled(column), "'\"'"]
        else:
            member = [text(before), _delivered(field, column)]
        if not field["required"]:
            present, cell = _is_present(rules, column), member[1]
            is_empty = rules["missing_values"] == [""] and field["type"] != "boolean"
            member = [
                piece if piece is cell and is_empty else f"CASE WHEN {present} THEN {piece} END"
                for piece in member
            ]
        parts += member
    joined = ", ".join(parts)
    return f"'{{', {joined}" if is_led else f"'{{', substr(concat({joined}), 2)"


def _is_text(field: Rules) -> bool:
    """Tell whether a field is delivered as a JSON text."""
    return field["type"] != "boolean" and field["type"] not in NUMERIC


def _may_need_escapes(field: Rules) -> bool:
    """Tell whether a valid cell is delivered as a text that JSON may have to escape."""
    if not _is_text(field) or field["zone"]:
        return False
    if field["enum"] is not None:
        return any(json.dumps(one, ensure_ascii=False) != f'"{one}"' for one in field["enum"])
    forms = [form for form in (field["form"], field["pattern"]) if form is not None]
    return not any(_PLAIN_FORM.fullmatch(form) for form in forms)


def _json_name(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _delivered(field: Rules, column: str) -> str:
    if field["type"] == "boolean":
        return f"CASE WHEN {_in(column, field['true_values'])} THEN 'true' ELSE 'false' END"
    return _canonical(field, column)


def _has_own(field: Rules) -> bool:
    """Tell whether the canonical texts of a field have a column of their own."""
    return field["type"] in NUMERIC or field["zone"] is not None


def _own(rules: Rules, field: Rules, column: str) -> str:
    """Return the expression of a cell's canonical text."""
    if field["zone"]:
        return instant_sql(rules["zones"][field["zone"]["name"]], field["zone"]["layout"], column)
    return canonical_sql(field, column)


def _number(column: str) -> str:
    """Return the name of the column that holds a cell's number, or instant, in canonical form."""
    return f"n{column[1:]}"


def _canonical(field: Rules, column: str) -> str:
    """Return the delivered text of a cell that keeps its form."""
    if field["type"] == "boolean":
        return f"{_in(column, field['true_values'])}::VARCHAR"
    return _number(column) if _has_own(field) else column


def _checks(rules: Rules, fields: Sequence[Fielded]) -> list[str]:
    """Return the conditions of a valid record; one that is NULL counts as broken."""
    of_cells = [_field_check(rules, field, column) for field, column in fields]
    return ["fits", _not_the_header(fields), _small_enough(rules, fields), *of_cells]


def _field_check(rules: Rules, field: Rules, column: str) -> str:
    checks = _all(_value_checks(rules, field, column)) or "true"
    present = _is_present(rules, column)
    return f"{present} AND {checks}" if field["required"] else f"NOT ({present}) OR ({checks})"


def _value_checks(rules: Rules, field: Rules, column: str) -> list[str]:
    checks = []
    if field["form"] is not None:
        checks.append(_form_check(field, column))
    if field["pattern"] is not None:
        checks.append(_matches(column, field["pattern"]))
    if field["type"] in NUMERIC:
        checks.append(fits_sql(field, _number(column)))
    if field["zone"]:
        checks.append(f"{_number(column)} IS NOT NULL")
    if field["enum"] is not None:
        checks.append(_in(_canonical(field, column), field["enum"]))
    return [*checks, *_limit_checks(field, column), *_length_checks(rules, field, column)]


def _form_check(field: Rules, column: str) -> str:
    if field["false_values"]:
        return _in(column, [*field["true_values"], *field["false_values"]])
    if field["type"] in NUMERIC and field["type"] != "year":
        return form_sql(field, column, _number(column))
    return _matches(column, field["form"])


def _matches(column: str, pattern: str) -> str:
    return f"regexp_full_match({column}, {text(pattern)})"


def _limit_checks(field: Rules, column: str) -> list[str]:
    """Return the checks of minimum and maximum."""
    limits = [(">=", field["minimum"]), ("<=", field["maximum"])]
    given = [(operator, limit) for operator, limit in limits if limit is not None]
    if field["type"] in NUMERIC:
        return [limit_sql(field, _number(column), operator, limit) for operator, limit in given]
    return [f"{_canonical(field, column)} {operator} {text(limit)}" for operator, limit in given]


def _length_checks(rules: Rules, field: Rules, column: str) -> list[str]:
    checks = []
    if field["min_length"] is not None:
        checks.append(f"length({column}) >= {field['min_length']}")
    if field["max_length"] is not None:
        checks.append(f"length({column}) <= {field['max_length']}")
    if field["max_key_bytes"] is not None:
        checks.append(f"strlen({column}) <= {field['max_key_bytes']}")
        if field["type"] == "string":
            forbidden = f"regexp_matches({column}, {text(rules['key_characters'])})"
            checks.append(f"strlen({column}) = length({column}) OR NOT {forbidden}")
    return checks


def _is_present(rules: Rules, column: str) -> str:
    missing = rules["missing_values"]
    return f"NOT {_in(column, missing)}" if missing else "true"


def _in(value: str, allowed: Sequence[str]) -> str:
    return f"({value}) IN ({', '.join(text(one) for one in allowed)})"


def _not_the_header(fields: Sequence[Fielded]) -> str:
    return " OR ".join(f"{column} <> {text(field['name'])}" for field, column in fields)


def _small_enough(rules: Rules, fields: Sequence[Fielded]) -> str:
    """Return the check of the item's size; absent values are left out only if it might fail."""
    name_bytes = {column: len(field["name"].encode()) + 1 for field, column in fields}
    others = [f"strlen({column})" for field, column in fields if not _may_need_escapes(field)]
    whole = " + ".join(["strlen(texts)", *others, str(sum(name_bytes.values()))])
    present = " + ".join(
        f"CASE WHEN {_is_present(rules, column)} THEN strlen({column}) + {size} ELSE 0 END"
        for column, size in name_bytes.items()
    )
    limit = rules["max_item_bytes"]
    return f"{whole} <= {limit} OR {present} <= {limit}"
