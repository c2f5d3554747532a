"""One field of a contract: its type's form and its constraints, in terms every engine shares."""

import re
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Literal

from pipeline.contracts import forms, numbers
from pipeline.contracts.canonical import canonical_number
from pipeline.contracts.document import Section
from pipeline.contracts.numbers import NumberFormat
from pipeline.contracts.patterns import PatternError, portable

TYPES = ("string", "integer", "number", "boolean", "date", "datetime", "time", "year")
NUMERIC = frozenset({"integer", "number", "year"})
TEMPORAL = frozenset({"date", "datetime", "time"})
YEAR_DIGITS = 4
RESERVED_NAME = "_sluice"
GENERATED_KEY = "_sluice_key"
"""The attribute of a key that is made, not read."""
REASON_COLUMN = "_sluice_reason"
"""The column of a mendable file that says what is wrong; a file that has it may be dropped."""
MAX_NAME_BYTES = 255

TRUE_VALUES = ("true", "True", "TRUE", "1")
FALSE_VALUES = ("false", "False", "FALSE", "0")

_MEMBERS = ("name", "type", "format", "title", "description", "example", "constraints")
_MEMBERS_OF = {"boolean": ("trueValues", "falseValues"), **numbers.MEMBERS}
ALL_MEMBERS = frozenset((*_MEMBERS, *chain.from_iterable(_MEMBERS_OF.values())))
"""The members that fields have, whatever their type."""
_CONSTRAINTS = (
    "required", "unique", "pattern", "enum", "minimum", "maximum", "minLength", "maxLength",
)  # fmt: skip
_STRING_FORMS = {"default": None, "email": forms.EMAIL, "uuid": forms.UUID}


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A column; `form` is the expression that its texts match as a whole (None: any text)."""

    name: str
    type: str
    layout: str | None
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
            form=form,
            number=number,
            true_values=true_values,
            false_values=false_values,
            constraints=_constraints(
                section.section("constraints"), kind, layout, number.plain.form if number else form
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


def _constraints(section: Section, kind: str, layout: str | None, form: str | None) -> Constraints:
    section.allow_only(_CONSTRAINTS)
    _refuse_misplaced(section, kind)
    return Constraints(
        required=section.flag("required", default=False),
        unique=section.flag("unique", default=False),
        pattern=_pattern(section),
        enum=_enum(section, kind, form),
        minimum=_limit(section, "minimum", kind, layout, form),
        maximum=_limit(section, "maximum", kind, layout, form),
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


def _enum(section: Section, kind: str, form: str | None) -> tuple[str, ...] | None:
    if "enum" not in section.members:
        return None
    return tuple(_value(section, "enum", v, kind, form) for v in section.items("enum"))


def _limit(
    section: Section, name: str, kind: str, layout: str | None, form: str | None
) -> str | None:
    if name not in section.members:
        return None
    if layout is not None and not forms.sorts_as_text(layout):
        raise section.refuse(name, f"needs a format that sorts as text, not {layout}")
    return _value(section, name, section.members[name], kind, form)


def _value(section: Section, name: str, value: object, kind: str, form: str | None) -> str:
    """Return a value of the contract as canonical text."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise section.refuse(name, f"must be of the type {kind}")
    text = value if isinstance(value, str) else format(Decimal(str(value)), "f")
    if kind == "year":
        text = text.zfill(4)
    if form is not None and not re.fullmatch(form, text):
        raise section.refuse(name, f"{text!r} is not of the type {kind}")
    return canonical_number(text) if kind in NUMERIC else text
