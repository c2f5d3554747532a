"""What a changed contract means: for files in the old format, and for the table and its readers.

A change is *breaking* if a file or row that the old contract accepts may be refused by the new
one, or if items of the table look different to whoever reads them; otherwise it is *compatible*.
Constraints are compared as they stand, not by the values that they allow: of two patterns nobody
can tell which one allows more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from pipeline.contracts.constraints import NUMERIC, Constraints
from pipeline.contracts.contract import Contract
from pipeline.contracts.field import Field

Effect = Literal["breaking", "compatible"]

_WIDER = {("integer", "number"), ("year", "integer"), ("year", "number")}
"""Each text of the first type is one of the second, and delivered as the same number."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One change: where it stands in the contract, what it means, and for whom."""

    where: str
    effect: Effect
    meaning: str


def differences(old: Contract, new: Contract) -> list[Difference]:
    """Return what changed between two contracts of one dataset, in the order of a contract."""
    return [
        *_of_reading(old, new),
        *_of_fields(old, new),
        *_of_tables(old, new),
        *_of_the_gate(old, new),
    ]


def _of_reading(old: Contract, new: Contract) -> Iterator[Difference]:
    if old.dataset != new.dataset:
        yield _breaking("name", f"files below incoming/{old.dataset}/ belong to no dataset now")
    if old.dialect != new.dialect:
        yield _breaking("dialect", "files in the old dialect are refused")
    if gone := set(old.missing_values) - set(new.missing_values):
        texts = ", ".join(map(repr, sorted(gone)))
        yield _breaking("schema.missingValues", f"{texts} is now a value, no longer its absence")
    if more := set(new.missing_values) - set(old.missing_values):
        texts = ", ".join(map(repr, sorted(more)))
        yield _breaking("schema.missingValues", f"{texts} is no value now: such cells are left out")
    if old.ignores_columns != new.ignores_columns:
        allows = new.ignores_columns
        meaning = "left out" if allows else "a reason to refuse the file"
        where = "schema.fieldsMatch"
        yield _effect(where, f"columns that the contract does not know are {meaning}", ok=allows)
    if old.may_lack_columns != new.may_lack_columns:
        allows = new.may_lack_columns
        meaning = "fine" if allows else "refused"
        where = "schema.fieldsMatch"
        yield _effect(where, f"files without columns of optional fields are {meaning}", ok=allows)
    if new.fields_match == "exact" != old.fields_match:
        yield _breaking("schema.fieldsMatch", "files with columns in another order are refused")
    if lost := old.header_ignores - new.header_ignores:
        told = ", ".join(sorted(lost))
        yield _breaking("sluice.header_ignores", f"names of columns may no longer differ in {told}")


def _of_fields(old: Contract, new: Contract) -> Iterator[Difference]:
    before = {field.name: field for field in old.fields}
    after = {field.name: field for field in new.fields}
    for name in before.keys() - after.keys():
        meaning = "items no longer have it"
        if not new.ignores_columns:
            meaning = f"files that still have the column are refused, and {meaning}"
        yield _breaking(_at(name), f"is gone: {meaning}")
    for name, field in after.items():
        if name not in before:
            needs = field.constraints.required or not new.may_lack_columns
            meaning = "files without the column are refused" if needs else "files may have it"
            yield _effect(_at(name), f"is new: {meaning}", ok=not needs)
        else:
            yield from _of_field(before[name], field)


def _of_field(old: Field, new: Field) -> Iterator[Difference]:
    where = _at(new.name)
    if old.type != new.type:
        yield _retyped(where, old.type, new.type)
    elif (old.form, old.layout) != (new.form, new.layout):
        yield _breaking(f"{where}.format", "values in the old form are rejected")
    elif old.zone != new.zone:
        yield _breaking(f"{where}.zone", "the same local time is another instant, or none")
    elif old.true_values != new.true_values or old.false_values != new.false_values:
        yield _breaking(where, "other texts stand for true and false")
    yield from _of_constraints(f"{where}.constraints", old.constraints, new.constraints)


def _retyped(where: str, old: str, new: str) -> Difference:
    if (old, new) in _WIDER:
        return _compatible(f"{where}.type", f"each {old} is a {new}, and the same number")
    if new == "string":
        kind = "a text" if old in NUMERIC or old == "boolean" else "as it stands"
        return _breaking(f"{where}.type", f"all values are accepted; items hold {kind} from now on")
    return _breaking(f"{where}.type", f"values that are no {new} are rejected")


def _of_constraints(where: str, old: Constraints, new: Constraints) -> Iterator[Difference]:
    for name, tightened in (("required", "rows without it"), ("unique", "all but one of equals")):
        if getattr(old, name) != getattr(new, name):
            now = getattr(new, name)
            meaning = f"{tightened} are rejected" if now else f"{tightened} are accepted"
            yield _effect(f"{where}.{name}", meaning, ok=not now)
    for name, is_wider in _LIMITS.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            ok = after is None or (before is not None and is_wider(before, after))
            meaning = "more values pass" if ok else "values that passed may be rejected"
            yield _effect(f"{where}.{name}", meaning, ok=ok)


def _of_tables(old: Contract, new: Contract) -> Iterator[Difference]:
    if old.table != new.table:
        meaning = f"rows go to {new.table}; those in {old.table} stay there"
        yield _breaking("sluice.table", meaning)
    if _key(old) != _key(new):
        meaning = "a table's key cannot change: give it another table and load the files again"
        yield _breaking("schema.primaryKey", meaning)
    elif old.generated_key != new.generated_key:
        yield _breaking("sluice.generated_key", "rows get other keys: old items stay beside new")
    if old.write_mode != new.write_mode:
        ok = new.write_mode == "newer-wins"
        meaning = "an older file no longer replaces" if ok else "any file may now replace"
        yield _effect("sluice.write_mode", f"{meaning} what a newer one brought", ok=ok)
    if old.on_duplicate_key != new.on_duplicate_key:
        changes_winner = "last" in {old.on_duplicate_key, new.on_duplicate_key}
        meaning = (
            "another one of rows with one key is loaded"
            if changes_winner
            else ("repeated rows count otherwise at the gate")
        )
        yield _effect("sluice.on_duplicate_key", meaning, ok=not changes_winner)


def _of_the_gate(old: Contract, new: Contract) -> Iterator[Difference]:
    if old.quality != new.quality:
        yield _compatible("sluice.quality", "the gate asks or refuses at other limits")
    if old.approval != new.approval:
        yield _compatible("sluice.approval", "the gate is opened by others, or at other times")


def _key(contract: Contract) -> list[tuple[str, bool]]:
    return [(name, kind in NUMERIC) for name, kind in contract.key_types.items()]


def _no_higher(old: str | int, new: str | int) -> bool:
    return _ordered(new) <= _ordered(old)


def _no_lower(old: str | int, new: str | int) -> bool:
    return _ordered(new) >= _ordered(old)


def _ordered(limit: str | int) -> tuple[int, Decimal, str]:
    """A limit as it compares: numbers exactly, dates as text."""
    text = str(limit)
    is_number = text.removeprefix("-").replace(".", "", 1).isdigit()
    return (0, Decimal(text), "") if is_number else (1, Decimal(0), text)


def _superset(old: tuple[str, ...], new: tuple[str, ...]) -> bool:
    return set(old) <= set(new)


_LIMITS: dict[str, Callable[..., bool]] = {
    "pattern": lambda *_: False,
    "enum": _superset,
    "minimum": _no_higher,
    "maximum": _no_lower,
    "min_length": _no_higher,
    "max_length": _no_lower,
}
"""Constraints that may be absent, each with what tells whether the new value allows more."""


def _at(name: str) -> str:
    return f"schema.fields[{name}]"


def _breaking(where: str, meaning: str) -> Difference:
    return Difference(where=where, effect="breaking", meaning=meaning)


def _compatible(where: str, meaning: str) -> Difference:
    return Difference(where=where, effect="compatible", meaning=meaning)


def _effect(where: str, meaning: str, *, ok: bool) -> Difference:
    return _compatible(where, meaning) if ok else _breaking(where, meaning)
