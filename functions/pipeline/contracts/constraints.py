"""The constraints of a field: what its values must satisfy, beyond having its form."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Self

from pipeline.contracts import forms
from pipeline.contracts.canonical import canonical_number
from pipeline.contracts.document import Section
from pipeline.contracts.patterns import PatternError, portable
from pipeline.contracts.zones import Zone

NUMERIC = frozenset({"integer", "number", "year"})
"""The types whose values are JSON numbers."""

_CONSTRAINTS = (
    "required", "unique", "pattern", "enum", "minimum", "maximum", "minLength", "maxLength",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Written:
    """How the contract writes values of a field: as files do, but numbers as programs do."""

    kind: str
    layout: str | None
    zone: Zone | None
    form: str | None

    def canonical(self, section: Section, name: str, value: object) -> str:
        """Return a value of the contract as canonical text.

        Raises:
            ContractError: It is not of the type.
        """
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise section.refuse(name, f"must be of the type {self.kind}")
        text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
        if self.kind == "year":
            text = text.zfill(4)
        if self.form is not None and not re.fullmatch(self.form, text):
            raise section.refuse(name, f"{text!r} is not of the type {self.kind}")
        if self.zone and self.layout:
            return self._instant(section, name, text, self.zone, self.layout)
        return canonical_number(text) if self.kind in NUMERIC else text

    @staticmethod
    def _instant(section: Section, name: str, text: str, zone: Zone, layout: str) -> str:
        instant = zone.canonical(text, layout)
        if instant is None:
            raise section.refuse(name, f"{text!r} is not one moment of {zone.name}")
        return instant


@dataclass(frozen=True, kw_only=True, slots=True)
class Constraints:
    """What a value must satisfy; limits and enumerations as canonical texts."""

    required: bool
    unique: bool
    pattern: str | None
    enum: tuple[str, ...] | None
    minimum: str | None
    maximum: str | None
    min_length: int | None
    max_length: int | None

    @classmethod
    def parse(cls, section: Section, written: Written) -> Self:
        """Read `constraints`.

        Raises:
            ContractError: One is unknown, does not apply to the type, or has no value of it.
        """
        section.allow_only(_CONSTRAINTS)
        _refuse_misplaced(section, written.kind)
        return cls(
            required=section.flag("required", default=False),
            unique=section.flag("unique", default=False),
            pattern=_pattern(section),
            enum=_enum(section, written),
            minimum=_limit(section, "minimum", written),
            maximum=_limit(section, "maximum", written),
            min_length=section.count("minLength", None),
            max_length=section.count("maxLength", None),
        )


def _refuse_misplaced(section: Section, kind: str) -> None:
    """Refuse constraints that Table Schema does not define for the type."""
    misplaced = {
        "pattern": kind != "string",
        "minLength": kind != "string",
        "maxLength": kind != "string",
        "minimum": kind in {"string", "boolean"},
        "maximum": kind in {"string", "boolean"},
        "enum": kind == "boolean",
    }
    for name, is_misplaced in misplaced.items():
        if is_misplaced and name in section.members:
            raise section.refuse(name, f"does not apply to the type {kind}")


def _pattern(section: Section) -> str | None:
    if "pattern" not in section.members:
        return None
    try:
        return portable(section.text("pattern"))
    except PatternError as error:
        raise section.refuse("pattern", f"cannot be the same in every engine: {error}") from error


def _enum(section: Section, written: Written) -> tuple[str, ...] | None:
    if "enum" not in section.members:
        return None
    return tuple(written.canonical(section, "enum", value) for value in section.items("enum"))


def _limit(section: Section, name: str, written: Written) -> str | None:
    if name not in section.members:
        return None
    layout = written.layout
    if layout is not None and not written.zone and not forms.sorts_as_text(layout):
        raise section.refuse(name, f"needs a format that sorts as text, not {layout}")
    return written.canonical(section, name, section.members[name])
