"""Columns that know what they mean: each value beside the text that stands for it in the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

Meant = str | int | bool | Decimal | date | datetime | time | None
ROWS = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column: `texts` as the file has them, `meant` what they stand for."""

    name: str
    meant: tuple[Meant, ...]
    texts: tuple[str, ...]

    def absent(self, every: int, text: str = "") -> Column:
        """The same column without a value in each `every`th row, where `text` stands instead."""
        is_absent = [row % every == every - 1 for row in range(len(self.meant))]
        return replace(
            self,
            meant=tuple(None if a else m for a, m in zip(is_absent, self.meant, strict=True)),
            texts=tuple(text if a else t for a, t in zip(is_absent, self.texts, strict=True)),
        )

    def but(self, row: int, text: str, meant: Meant = None) -> Column:
        """The same column with another text in one row, which stands for itself unless told."""
        value = text if meant is None else meant
        return replace(
            self,
            meant=(*self.meant[:row], value, *self.meant[row + 1 :]),
            texts=(*self.texts[:row], text, *self.texts[row + 1 :]),
        )

    def named(self, name: str) -> Column:
        return replace(self, name=name)

    def padded(self, width: int) -> Column:
        """The same column with blanks behind each text, as lists of fixed width have them."""
        texts = tuple(text.ljust(width) for text in self.texts)
        meant = tuple(
            text if isinstance(value, str) else value
            for text, value in zip(texts, self.meant, strict=True)
        )
        return replace(self, texts=texts, meant=meant)


def column(name: str, meant: Sequence[Meant], write: Callable[[Any], str] = str) -> Column:
    return Column(name=name, meant=tuple(meant), texts=tuple(map(write, meant)))


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbers:
    """How a country or a program writes numbers."""

    point: str = "."
    group: str = ""
    places: int = 2
    before: str = ""
    after: str = ""

    def __call__(self, value: Decimal | int) -> str:
        places = self.places if isinstance(value, Decimal) else 0
        plain = f"{value:,.{places}f}"
        marks = {",": self.group, ".": self.point}
        return f"{self.before}{''.join(marks.get(c, c) for c in plain)}{self.after}"


ENGLISH = Numbers()
GERMAN = Numbers(point=",")
GERMAN_GROUPED = Numbers(point=",", group=".")
FRENCH_GROUPED = Numbers(point=",", group="\u00a0")
ENGLISH_GROUPED = Numbers(group=",")


def serial(name: str, first: int = 1, rows: int = ROWS) -> Column:
    return column(name, range(first, first + rows))


def codes(name: str, form: str = "C{:06d}", rows: int = ROWS) -> Column:
    return column(name, [form.format(1 + 7 * n) for n in range(rows)])


def chosen(name: str, texts: Sequence[str], rows: int = ROWS) -> Column:
    """Texts in an order that looks like chance and is always the same."""
    random = Random(name)  # noqa: S311  (the same each time is what is wanted)
    return column(name, [random.choice(texts) for _ in range(rows)])


def amounts(name: str, write: Numbers = ENGLISH, rows: int = ROWS, above: int = 0) -> Column:
    """Numbers from cents to some thousands, so that groups are seen where there are any."""
    random = Random(name)  # noqa: S311
    unit = Decimal(1).scaleb(-write.places)
    digits = [random.randint(1, 10 ** (write.places + 1 + n % 4)) for n in range(rows)]
    return column(name, [n * unit + above for n in digits], write)


def counts(name: str, write: Callable[[int], str] = str, rows: int = ROWS) -> Column:
    random = Random(name)  # noqa: S311
    return column(name, [random.randint(0, 10 ** (1 + n % 4)) for n in range(rows)], write)


def days(name: str, form: str = "%Y-%m-%d", rows: int = ROWS, step: int = 17) -> Column:
    first = date(2024, 1, 28)
    return column(name, [first + timedelta(days=step * n) for n in range(rows)], dated(form))


def moments(name: str, form: str, rows: int = ROWS, minutes: int = 1543) -> Column:
    second = 9 if "%S" in form else 0
    first = datetime(2024, 1, 28, 7, 5, second)  # noqa: DTZ001  (the form says which zone)
    steps = [first + timedelta(minutes=minutes * n) for n in range(rows)]
    return column(name, steps, dated(form))


def times(name: str, form: str = "%H:%M", rows: int = ROWS) -> Column:
    return column(name, [time(n * 37 % 24, n * 13 % 60) for n in range(rows)], dated(form))


def dated(form: str) -> Callable[[Any], str]:
    """What writes a date; `%-d` is the day without a zero in front, on every system."""

    def write(value: date | time) -> str:
        plain = form
        for directive in "dmHIMS":
            number = value.strftime(f"%{directive}").lstrip("0") or "0"
            plain = plain.replace(f"%-{directive}", number)
        return value.strftime(plain)

    return write


def flags(name: str, yes: str, no: str, rows: int = ROWS) -> Column:
    random = Random(name)  # noqa: S311
    return column(
        name, [random.random() < 0.5 for _ in range(rows)], lambda value: yes if value else no
    )


PEOPLE = ("Anna Müller", "José Núñez", "Zoë Ångström", "Peter Schäfer", "Léa Dœuff", "Tom Ray")
CITIES = ("Köln", "Zürich", "São Paulo", "Malmö", "Oslo", "Tübingen", "Orléans", "Bonn")
WORDS = ("bolt M8", "nut M8", "washer", "hinge, left", "hinge, right", 'pipe 2"', "valve")
STREETS = ("Hauptstraße 1", "Am Tor 12", "Rue du Pré 7", "Long Lane 3b", "Gran Vía 20")


def total(of: Column, write: Numbers) -> str:
    """The sum of a column, as it is written below it."""
    return write(sum((v for v in of.meant if isinstance(v, Decimal)), Decimal(0)))
