"""A contract as a person reads it: its columns, and what becomes of a file. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.contracts.contract import Contract
from pipeline.contracts.field import Field
from pipeline.contracts.limits import Limits, Threshold
from sluice.terminal.clocktext import duration_text

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "yes or no",
    "date": "date",
    "datetime": "date with time",
    "time": "time of day",
    "year": "year",
}
_MODES = {
    "newer-wins": "The row of the newer file wins, in whatever order files arrive.",
    "batch": "Rows are written as they come; order must not matter.",
}
_REPEATS = {
    "reject": "Of rows with the same key the first counts; later ones are rejected.",
    "first": "Of rows with the same key the first counts.",
    "last": "Of rows with the same key the last counts.",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of the file: its kind and what its values must keep to."""

    name: str
    kind: str
    limits: tuple[str, ...]


def columns(contract: Contract) -> list[Column]:
    """Every column that a file must have, in the contract's order."""
    return [
        Column(
            name=field.name,
            kind=_kind(field),
            limits=tuple(_limits(field, is_key=field.name in contract.primary_key)),
        )
        for field in contract.fields
    ]


def sentences(contract: Contract) -> list[str]:
    """What becomes of files and rows, one sentence each."""
    quality, approval = contract.quality, contract.approval
    told = [
        f"{_told_key(contract)}; rows go to {contract.table}.",
        _MODES[contract.write_mode],
        _REPEATS[contract.on_duplicate_key],
        "Columns that the contract does not name are ignored."
        if contract.ignores_columns
        else "A file with other columns is refused.",
    ]
    if approval.always:
        told.append("A person decides about every file.")
    elif asked := _above(quality.ask.above):
        told.append(f"A person is asked if {asked} rejected.")
    if refused := _above(quality.refuse.above):
        told.append(f"The file is refused if {refused} rejected.")
    told += _files("A person is asked about", quality.ask)
    told += _files("Refused is", quality.refuse)
    told.append(_deciders(contract))
    return told


def _files(what_is_done: str, limits: Limits) -> Iterator[str]:
    """What is done about files that look odd, are too small, or are unlike those before."""
    if limits.above.warnings is not None:
        yield f"{what_is_done} a run with more than {limits.above.warnings:,} warnings."
    if limits.below == 1:
        yield f"{what_is_done} a file without any row."
    elif limits.below:
        yield f"{what_is_done} a file with fewer than {limits.below:,} rows."
    if limits.beyond.volume is not None:
        change = f"{limits.beyond.volume:.0%} more or fewer rows"
        yield f"{what_is_done} a file with {change} than usual."
    if limits.beyond.rejected is not None:
        share = limits.beyond.rejected * 100
        yield f"{what_is_done} a run with {share:.4g} more of 100 rows rejected than usual."
    if limits.beyond.missing is not None:
        share = limits.beyond.missing * 100
        yield f"{what_is_done} a run that lacks values in {share:.4g} more of 100 rows than usual."


def _told_key(contract: Contract) -> str:
    if contract.generated_key:
        return f"Keys are made of each row's {contract.generated_key}"
    return f"The key is {' and '.join(contract.primary_key)}"


def _deciders(contract: Contract) -> str:
    approval = contract.approval
    who = "Whoever holds the link" if approval.required == 1 else f"{approval.required} people"
    if approval.approvers:
        who = f"{approval.required} of {len(approval.approvers)} named approvers"
    return f"{who} can answer, for {duration_text(approval.timeout_seconds)}."


def _above(limit: Threshold) -> str:
    """When a threshold is passed, in words that `rejected` follows."""
    ways = []
    if limit.rows == 0:
        ways.append("any row is")
    elif limit.rows is not None:
        ways.append(f"more than {limit.rows:,} rows are")
    if limit.ratio is not None:
        ways.append(f"more than {limit.ratio:.10g} of the rows is")
    return " or ".join(ways)


def _kind(field: Field) -> str:
    """The type, with the layout of what has one.

    >>> from pipeline.contracts.document import Section
    >>> _kind(Field.parse(Section.root({"name": "a", "type": "date"})))
    'date (%Y-%m-%d)'
    """
    layout = f"{field.layout}, {field.zone.name}" if field.zone else field.layout
    return f"{_TYPES[field.type]} ({layout})" if layout else _TYPES[field.type]


def _limits(field: Field, *, is_key: bool) -> Iterator[str]:
    limits = field.constraints
    if is_key:
        yield "key"
    if limits.required or is_key:
        yield "must have a value"
    if limits.unique:
        yield "no value twice in a file"
    yield from _between(limits.minimum, limits.maximum, "")
    yield from _between(limits.min_length, limits.max_length, " characters")
    if limits.enum is not None:
        yield f"one of {', '.join(limits.enum)}"
    if limits.pattern is not None:
        yield f"matches {limits.pattern}"


def _between(least: object, most: object, unit: str) -> Iterator[str]:
    """Both limits in one phrase, or the one that there is.

    >>> [*_between("1", "9", ""), *_between(None, 40, " characters")]
    ['from 1 to 9', 'at most 40 characters']
    """
    if least is not None and most is not None:
        yield f"from {least} to {most}{unit}"
    elif least is not None:
        yield f"at least {least}{unit}"
    elif most is not None:
        yield f"at most {most}{unit}"
