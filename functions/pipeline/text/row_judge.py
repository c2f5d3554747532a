"""One record against the compiled rules, in plain Python: the definition that SQL must meet.

The engine uses it to word the errors of the rows that it rejects; the tests use it as the
reference for all rows. Rules across rows (`unique`, `primaryKey`) are not decided here.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from pipeline.contracts.lifts import lifting
from pipeline.contracts.numbers import NumberFormat
from pipeline.contracts.rules import Rules, of_any_version
from pipeline.contracts.zones import Zone
from pipeline.text.csv_lines import read_record

Error = dict[str, Any]


class Pattern(Protocol):
    """A compiled regular expression."""

    def fullmatch(self, text: str, /) -> object | None:
        """Return something true if the whole text matches."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What is wrong with a record, and its delivered values (by field) where nothing is."""

    errors: tuple[Error, ...]
    values: Mapping[str, str]
    """JSON texts of the values that are present, in the order of the contract."""


class RowJudge:
    """Judges the records of one file, whose columns it knows."""

    def __init__(
        self,
        rules: Rules,
        columns: Sequence[str | None],
        compiled: Callable[[str], Pattern],
    ) -> None:
        """Patterns of the contract are `compiled` by RE2: Python's `re` may spin for ever."""
        self._rules = rules = of_any_version(rules)
        self._width = len(columns)
        self._fields = [
            _FieldJudge(field, columns.index(field["name"]), rules, compiled)
            for field in rules["fields"]
            if field["name"] in columns
        ]

    def judge(self, raw: str) -> Verdict:
        """Return the verdict on one record, given without its line end."""
        cells = read_record(raw, self._rules["delimiter"], self._rules["quote"])
        structure = self._structure_error(cells)
        if cells is None or structure:
            return Verdict(errors=(_error(None, "structure", str(structure)),), values={})
        texts = [(field, cells[field.position]) for field in self._fields]
        present = {field.name: text for field, text in texts if text not in field.missing}
        errors = [error for field, text in texts for error in field.errors(text)]
        if _item_bytes(present) > self._rules["max_item_bytes"]:
            errors.append(_error(None, "item_size", self._rules["row_messages"]["item_size"]))
        if errors:
            return Verdict(errors=tuple(errors), values={})
        values = {f.name: f.delivered(present[f.name]) for f in self._fields if f.name in present}
        return Verdict(errors=(), values=values)

    def repeated(self, column: str | None) -> Error:
        """Return the error of a row whose key, or value in a column, another row has."""
        if column is None:
            return _error(None, "primaryKey", self._rules["row_messages"]["primaryKey"])
        field = next(field for field in self._fields if field.name == column)
        return _error(column, "unique", field.messages["unique"])

    def _structure_error(self, cells: list[str] | None) -> str | None:
        messages: Mapping[str, str] = self._rules["row_messages"]
        if cells is None:
            return messages["structure_quotes"]
        if len(cells) != self._width:
            wording = messages.get(f"structure_{self._misfit(cells)}", messages["structure_fields"])
            return wording.format(fields=len(cells), expected=self._width)
        if all(cells[field.position] == field.name for field in self._fields):
            return messages["structure_header"]
        return None

    def _misfit(self, cells: Sequence[str]) -> str:
        """Return how a row is of another width than the header: which message says so."""
        if not any(cells):
            return "empty"
        if len(cells) > self._width:
            return "fields" if any(cells[self._width :]) else "long"
        lacking = [field for field in self._fields if field.position >= len(cells)]
        return "fields" if any(field.is_required for field in lacking) else "short"


class _FieldJudge:
    """The rules of one field, ready to run."""

    def __init__(
        self, field: Rules, position: int, rules: Rules, compiled: Callable[[str], Pattern]
    ) -> None:
        self.name: str = field["name"]
        self.position = position
        self.missing = frozenset(rules["missing_values"])
        self.is_required: bool = field["required"]
        self.messages: Mapping[str, str] = field["messages"]
        self._lift: str = rules["row_messages"].get("lift", "{message}")
        self._field = field
        self._form = None if field["form"] is None else re.compile(field["form"])
        self._number = None if field["number"] is None else NumberFormat.of(field["number"])
        zone = field["zone"]
        self._zone = None if zone is None else Zone.of(rules["zones"][zone["name"]])
        self._pattern = None if field["pattern"] is None else compiled(field["pattern"])
        is_text_key = field["max_key_bytes"] is not None and field["type"] == "string"
        self._forbidden = re.compile(rules["key_characters"]) if is_text_key else None

    def errors(self, text: str) -> list[Error]:
        """Return the errors of a cell, in the order of the rules."""
        if text in self.missing:
            broken = ["required"] if self.is_required else []
        else:
            broken = self._broken(text)
        return [_error(self.name, rule, self._worded(rule, text)) for rule in broken]

    def _worded(self, rule: str, text: str) -> str:
        """Return what a rule says, and which members of the contract would take such a cell."""
        message = self.messages[rule]
        members = lifting(self._field, text) if rule == "type" else ""
        return self._lift.format(message=message, members=members) if members else message

    def _broken(self, text: str) -> list[str]:
        if self._form and not self._form.fullmatch(text):
            return ["type"]
        field, canonical = self._field, self._canonical(text)
        if self._number and not canonical:
            return ["type"]
        if self._zone and not canonical:
            return ["zone"]
        size = self._size(canonical)
        checks = {
            "pattern": self._pattern and not self._pattern.fullmatch(text),
            "enum": field["enum"] is not None and canonical not in field["enum"],
            "minimum": field["minimum"] is not None and size < self._size(field["minimum"]),
            "maximum": field["maximum"] is not None and size > self._size(field["maximum"]),
            "minLength": field["min_length"] is not None and len(text) < field["min_length"],
            "maxLength": field["max_length"] is not None and len(text) > field["max_length"],
            "key_characters": self._forbidden and self._forbidden.search(text),
            "key_size": field["max_key_bytes"] is not None
            and len(text.encode()) > field["max_key_bytes"],
        }
        return [rule for rule, is_broken in checks.items() if is_broken]

    def delivered(self, text: str) -> str:
        """Return the JSON text of a value that breaks no rule."""
        if self._number:
            return self._canonical(text)
        if self._field["type"] == "boolean":
            return "true" if text in self._field["true_values"] else "false"
        return _quoted(self._canonical(text))

    def _canonical(self, text: str) -> str:
        if self._zone:
            return self._zone.canonical(text, self._field["zone"]["layout"]) or ""
        return text if self._number is None else self._number.canonical(text) or ""

    def _size(self, canonical: str) -> Any:
        """Return what limits are compared with: a number by its size, all else by its text."""
        return Decimal(canonical) if self._field["compare"] == "number" else canonical


def _item_bytes(present: Mapping[str, str]) -> int:
    return sum(len(name.encode()) + len(text.encode()) + 1 for name, text in present.items())


def _error(column: str | None, rule: str, message: str) -> Error:
    return {"column": column, "rule": rule, "message": message}


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
