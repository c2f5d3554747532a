"""A contract compiled to what the engines apply: forms, limits, messages, in one JSON document.

The manifest carries it (`rules`), so that whoever converts, wherever and whenever, judges by the
same expressions and words findings alike. Semantics: see
docs/reference/contract.md, "How a row is judged".
"""

from typing import Any

from pipeline.contracts.contract import Contract
from pipeline.contracts.field import Field
from pipeline.contracts.forms import KEY_CHARACTERS
from pipeline.contracts.numbers import NumberFormat
from pipeline.contracts.zones import FIRST_YEAR, LAST_YEAR

FIELD_RULES = (
    "required",
    "type",
    "zone",
    "pattern",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "key_characters",
    "key_size",
    "unique",
)
"""Rules on one cell, in the order in which a row's errors name them."""

ROW_RULES = ("item_size", "primaryKey")
"""Rules on a whole row that follow those of its cells; `structure` stands alone."""

MAX_ITEM_BYTES = 399 * 1024
"""DynamoDB takes 400 KB; the rest is for the attribute `_sluice`."""

MAX_PARTITION_KEY_BYTES = 2048
MAX_SORT_KEY_BYTES = 1024

_TYPE_WORDS = {
    "string": "text in the expected format",
    "integer": "an integer of at most {whole} digits",
    "number": "a number of at most {whole} digits and {decimals} decimals",
    "boolean": "one of the texts for true and false",
    "date": "a date",
    "datetime": "a date with time",
    "time": "a time of day",
    "year": "a year of four digits",
}

_STRAY_QUOTE = (
    "a quote stands inside an unquoted field or text follows a closing quote: quote the whole field"
    " and double the quotes inside it"
)
_STRAY_ESCAPE = (
    "a quote stands inside an unquoted field, text follows a closing quote, or an escape stands"
    " before what is not special: quote the whole field, escape quotes and escapes in it"
)

Rules = dict[str, Any]


def compile_rules(contract: Contract) -> Rules:
    """Return the contract as the engines apply it; the value is plain JSON."""
    return {
        "delimiter": contract.dialect.canonical_delimiter,
        "quote": contract.dialect.canonical_quote,
        "missing_values": list(contract.missing_values),
        "on_duplicate_key": contract.on_duplicate_key,
        "key": list(contract.primary_key),
        "generated_key": contract.generated_key,
        "max_item_bytes": MAX_ITEM_BYTES,
        "key_characters": KEY_CHARACTERS,
        "row_messages": _row_messages(contract),
        "zones": {f.zone.name: f.zone.document() for f in contract.fields if f.zone},
        "fields": [_compile_field(contract, field) for field in contract.fields],
    }


def of_any_version(rules: Rules) -> Rules:
    """Return the rules of a manifest, whichever version planned it.

    What a field could not declare then, it has not declared.
    """
    fields = [{"zone": None, "false_values": None, **field} for field in rules["fields"]]
    return {"zones": {}, **rules, "fields": fields}


def rule_order(rules: Rules) -> list[tuple[str | None, str]]:
    """Return every (column, rule) in the order in which reports list them."""
    cells = [(field["name"], rule) for field in rules["fields"] for rule in FIELD_RULES]
    return [(None, "structure"), *cells, *((None, rule) for rule in ROW_RULES)]


def _compile_field(contract: Contract, field: Field) -> Rules:
    is_key = field.name in contract.primary_key
    limits = field.constraints
    messages = _messages(contract, field)
    return {
        "name": field.name,
        "type": field.type,
        "form": field.form,
        "number": field.number.document() if field.number else None,
        "zone": {"name": field.zone.name, "layout": field.layout} if field.zone else None,
        "required": limits.required or is_key,
        "pattern": limits.pattern,
        "enum": None if limits.enum is None else list(limits.enum),
        "minimum": limits.minimum,
        "maximum": limits.maximum,
        "compare": field.compare,
        "min_length": limits.min_length,
        "max_length": limits.max_length,
        "true_values": list(field.true_values) if field.type == "boolean" else None,
        "false_values": list(field.false_values) if field.type == "boolean" else None,
        "unique": "unique" in messages,
        "max_key_bytes": _max_key_bytes(contract, field) if is_key else None,
        "messages": messages,
    }


def _max_key_bytes(contract: Contract, field: Field) -> int | None:
    if field.is_numeric:
        return None
    is_partition = contract.primary_key[0] == field.name
    return MAX_PARTITION_KEY_BYTES if is_partition else MAX_SORT_KEY_BYTES


def _row_messages(contract: Contract) -> dict[str, str]:
    other = "a later" if contract.on_duplicate_key == "last" else "an earlier"
    key = ", ".join(contract.primary_key)
    return {
        "structure_quotes": _STRAY_ESCAPE if contract.dialect.escape else _STRAY_QUOTE,
        "structure_fields": "the row has {fields} fields where the header has {expected}",
        "structure_long": (
            "the row has {fields} fields where the header has {expected}, of which the surplus ones"
            ' are empty: "long_rows": "trim" in the contract\'s sluice leaves them out'
        ),
        "structure_short": (
            "the row has {fields} fields where the header has {expected}: if those at the end are"
            ' left out where they are empty, "short_rows": "fill" in the contract\'s sluice takes'
            " such rows"
        ),
        "structure_empty": (
            "all fields of the row are empty, and not as many as the header's:"
            ' "empty_rows": "skip" in the contract\'s sluice leaves such rows out'
        ),
        "structure_header": "the row repeats the header",
        "lift": "{message}: if it is meant so, declare {members} of the field in the contract",
        "item_size": f"the row is larger than {MAX_ITEM_BYTES} bytes, which DynamoDB cannot hold",
        "primaryKey": f"{other} row of this file has the same key ({key})",
    }


def _messages(contract: Contract, field: Field) -> dict[str, str]:
    """Word each rule without any value of the row: messages end up in mails and logs."""
    name, limits = field.name, field.constraints
    other = "a later" if contract.on_duplicate_key == "last" else "an earlier"
    layout = f" ({field.layout})" if field.layout else _told_format(field.number)
    words = _TYPE_WORDS[field.type]
    if field.number:
        number = field.number
        words = words.format(whole=number.digits - number.decimals, decimals=number.decimals)
    wordings = {
        "required": f"{name} has no value",
        "type": f"{name} is not {words}{layout}",
        "zone": _told_zone(field),
        "pattern": f"{name} does not match the pattern of the contract",
        "enum": f"{name} is not one of the values that the contract allows",
        "minimum": f"{name} is below {limits.minimum}",
        "maximum": f"{name} is above {limits.maximum}",
        "minLength": f"{name} is shorter than {limits.min_length} characters",
        "maxLength": f"{name} is longer than {limits.max_length} characters",
        "key_characters": f"{name} holds invisible or direction-changing characters",
        "key_size": f"{name} is longer than {_max_key_bytes(contract, field)} bytes",
        "unique": f"{other} row of this file has the same {name}",
    }
    return {rule: wordings[rule] for rule in _rules_that_apply(contract, field)}


def _told_zone(field: Field) -> str:
    """Say why a local time is no instant, and what to do."""
    if field.zone is None:
        return ""
    return (
        f"{field.name} is no one moment of {field.zone.name}: its clocks skipped that time or"
        f" showed it twice, or it is not between {FIRST_YEAR} and {LAST_YEAR}; write it with an"
        " offset (%z in the format), or declare zone: local"
    )


def _told_format(number: NumberFormat | None) -> str:
    """Return how a column writes its numbers, if not as programs do."""
    if number is None:
        return ""
    told = {
        f"decimal {number.decimal!r}": number.decimal != ".",
        f"groups {number.group!r}": bool(number.group),
        "no zeros or plus in front": not number.keeps_zeros,
    }
    words = ", ".join(word for word, is_told in told.items() if is_told)
    return f" ({words})" if words else ""


def _rules_that_apply(contract: Contract, field: Field) -> list[str]:
    is_key, limits = field.name in contract.primary_key, field.constraints
    applies = {
        "required": limits.required or is_key,
        "type": field.form is not None,
        "zone": field.zone is not None,
        "pattern": limits.pattern is not None,
        "enum": limits.enum is not None,
        "minimum": limits.minimum is not None,
        "maximum": limits.maximum is not None,
        "minLength": limits.min_length is not None,
        "maxLength": limits.max_length is not None,
        "key_characters": is_key and field.type == "string",
        "key_size": is_key and not field.is_numeric,
        "unique": limits.unique and contract.primary_key != (field.name,),
    }
    return [rule for rule in FIELD_RULES if applies[rule]]
