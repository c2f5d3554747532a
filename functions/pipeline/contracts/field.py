"""One field of a contract: its type's form and its constraints, in terms every engine shares."""

from dataclasses import dataclass
from itertools import chain
from typing import Literal

from pipeline.contracts import forms, numbers, zones
from pipeline.contracts.constraints import NUMERIC, Constraints, Written
from pipeline.contracts.document import Section
from pipeline.contracts.numbers import NumberFormat
from pipeline.contracts.zones import Zone

TYPES = ("string", "integer", "number", "boolean", "date", "datetime", "time", "year")
TEMPORAL = frozenset({"date", "datetime", "time"})
YEAR_DIGITS = 4
RESERVED_NAME = "_sluice"
GENERATED_KEY = "_sluice_key"
"""The attribute of a key that is made, not read."""
REASON_COLUMN = "_sluice_reason"
"""The column of a mendable file that says what is wrong; a file that has it may be dropped."""
ASTRAY = "cells guessed, as quotes or escapes are astray: mend them, then delete this cell"
"""One cell too many in a mendable row that cannot be read for certain: so that it is rejected
again, and not loaded as it was guessed, if nobody mends it."""
MAX_NAME_BYTES = 255

TRUE_VALUES = ("true", "True", "TRUE", "1")
FALSE_VALUES = ("false", "False", "FALSE", "0")

_MEMBERS = ("name", "type", "format", "title", "description", "example", "constraints")
_MEMBERS_OF = {
    "boolean": ("trueValues", "falseValues"),
    "datetime": ("zone",),
    **numbers.MEMBERS,
}
ALL_MEMBERS = frozenset((*_MEMBERS, *chain.from_iterable(_MEMBERS_OF.values())))
"""The members that fields have, whatever their type."""
_STRING_FORMS = {"default": None, "email": forms.EMAIL, "uuid": forms.UUID}


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A column; `form` is the expression that its texts match as a whole (None: any text)."""

    name: str
    type: str
    layout: str | None
    zone: Zone | None
    """Of local times that are delivered as instants."""
    form: str | None
    number: NumberFormat | None
    true_values: tuple[str, ...]
    false_values: tuple[str, ...]
    constraints: Constraints

    @property
    def is_numeric(self) -> bool:
        """Whether values are JSON numbers."""
        return self.type in NUMERIC

    @property
    def compare(self) -> Literal["number", "text"] | None:
        """How minimum and maximum compare: as exact decimals, as text, or not at all."""
        if self.constraints.minimum is None and self.constraints.maximum is None:
            return None
        return "number" if self.is_numeric else "text"

    @property
    def delivered_layout(self) -> str | None:
        """How dates and times are written where they are delivered."""
        return zones.canonical_layout(self.layout or "") if self.zone else self.layout

    @classmethod
    def parse(cls, section: Section, *, keeps_zeros: bool = True) -> "Field":
        """Read one entry of `schema.fields`; `keeps_zeros`: integers may have zeros in front.

        Raises:
            ContractError: The entry uses something unknown or not supported.
        """
        kind = section.choice("type", TYPES, "string")
        section.allow_only((*_MEMBERS, *_MEMBERS_OF.get(kind, ())))
        number = _number(section, kind, keeps_zeros=keeps_zeros)
        layout, form = _form(section, kind, number)
        zone = _zone(section, layout or "") if kind == "datetime" else None
        true_values = section.texts("trueValues", TRUE_VALUES)
        false_values = section.texts("falseValues", FALSE_VALUES)
        if kind == "boolean":
            if not true_values or not false_values or set(true_values) & set(false_values):
                raise section.refuse("trueValues", "must differ from falseValues and not be empty")
            form = forms.one_of([*true_values, *false_values])
        return cls(
            name=_name(section),
            type=kind,
            layout=layout,
            zone=zone,
            form=form,
            number=number,
            true_values=true_values,
            false_values=false_values,
            constraints=Constraints.parse(
                section.section("constraints"),
                Written(
                    kind=kind,
                    layout=layout,
                    zone=zone,
                    form=number.plain.form if number else form,
                ),
            ),
        )


def _number(section: Section, kind: str, *, keeps_zeros: bool) -> NumberFormat | None:
    if kind not in NUMERIC:
        return None
    if kind == "year":
        return NumberFormat.of_integers(digits=YEAR_DIGITS)
    return NumberFormat.parse(section, kind, keeps_zeros=keeps_zeros)


def _name(section: Section) -> str:
    name = section.text("name")
    if not name or name != name.strip() or any(not c.isprintable() for c in name):
        raise section.refuse("name", "must be printable, without blanks around it, and not empty")
    if name in {RESERVED_NAME, REASON_COLUMN, GENERATED_KEY}:
        raise section.refuse("name", f"{name} is the pipeline's own")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise section.refuse("name", f"is longer than {MAX_NAME_BYTES} bytes")
    return name


def _form(
    section: Section, kind: str, number: NumberFormat | None
) -> tuple[str | None, str | None]:
    """Return the layout (of dates and times) and the form."""
    layout = section.text("format", "default")
    if kind in TEMPORAL:
        layout = forms.DEFAULT_FORMATS[kind] if layout == "default" else layout
        try:
            return layout, forms.temporal_form(kind, layout)
        except ValueError as error:
            raise section.refuse("format", str(error)) from error
    if kind == "string" and layout in _STRING_FORMS:
        return None, _STRING_FORMS[layout]
    if layout != "default":
        raise section.refuse("format", f"{layout!r} is not supported for {kind}")
    if kind == "year":
        return None, forms.YEAR
    return None, number.form if number else None


def _zone(section: Section, layout: str) -> Zone | None:
    """Return the zone of local times; none where the layout says it, or nobody knows it."""
    if zones.tells_zone(layout):
        if "zone" in section.members:
            raise section.refuse("zone", f"is told by the format {layout} already")
        return None
    if "zone" not in section.members:
        reason = (
            f"is missing: {layout} tells no zone; name the one of the clock (Europe/Berlin, +01:00,"
            f" UTC), or {zones.LOCAL} where nobody knows it"
        )
        raise section.refuse("zone", reason)
    name = section.text("zone")
    if name == zones.LOCAL:
        return None
    try:
        return Zone.named(name)
    except ValueError as error:
        raise section.refuse("zone", str(error)) from error
