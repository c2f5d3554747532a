"""Files of odd shapes, and files that hold nothing to load."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from tests.files.columns import (
    CITIES,
    PEOPLE,
    WORDS,
    Numbers,
    amounts,
    chosen,
    codes,
    column,
    counts,
    days,
    flags,
    moments,
    serial,
)
from tests.files.dress import Dress, File, file, refused

PLAIN = (serial("id"), chosen("name", PEOPLE), amounts("price"))


def dates() -> Iterator[File]:
    for form in (
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%d.%m.%Y",
        "%-d.%-m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%Y%m%d",
        "%d %b %Y",
        "%d %B %Y",
        "%b %d, %Y",
        "%d-%b-%y",
        "%d.%m.%y",
    ):
        name = form.replace("%", "").replace("/", "_")
        yield file("Dates", f"day {name}.csv", (serial("id"), days("day", form)))
    for form in (
        "%Y-%m-%d %H:%M:%S",
        "%Y-%m-%dT%H:%M:%S",
        "%d.%m.%Y %H:%M",
        "%m/%d/%Y %H:%M",
        "%Y-%m-%dT%H:%M:%S.%fZ",
        "%Y-%m-%dT%H:%M:%S+02:00",
        "%d/%m/%Y %I:%M %p",
    ):
        name = form.replace("%", "").replace("/", "_").replace(":", "")
        yield file("Dates", f"moment {name}.csv", (serial("id"), moments("at", form)))
    early = column(
        "day",
        [m.replace(day=1 + m.day % 12) for m in days("d").meant],  # type: ignore[union-attr, call-arg]
        lambda day: f"{day:%d/%m/%Y}",
    )
    yield file("Dates", "ambiguous.csv", (serial("id"), early))
    yield file("Dates", "mixed.csv", (serial("id"), days("day").but(5, "05/06/2024")))
    yield file("Dates", "zero.csv", (serial("id"), days("day").absent(6, "0000-00-00")))
    yield file("Dates", "year.csv", (serial("id"), column("year", range(1985, 2025))))


def headers() -> Iterator[File]:
    kind = "Header"
    yield file(kind, "no-header.csv", PLAIN, Dress(header=False))
    yield file(
        kind, "no-header-text.csv", (chosen("a", CITIES), codes("b", "x{:d}")), Dress(header=False)
    )
    unnamed = {"schema.fieldsMatch": "subset"}
    index = Dress(header_lines=(",name,price",))
    yield file(kind, "index.csv", PLAIN, index, mend=unnamed)
    index = Dress(quoted="always", header_lines=('"","name","price"',))
    yield file(kind, "r-export.csv", PLAIN, index, mend=unnamed)
    yield file(kind, "quoted.csv", (serial("id"), chosen("na,me", WORDS), counts('"odd"')))
    yield file(kind, "wide.csv", [counts(f"c{n}") if n else serial("c0") for n in range(120)])
    yield file(kind, "one-column.csv", [codes("code", "{:04d}")])
    yield file(kind, "one-row.csv", [column(c.name, c.meant[:1], str) for c in PLAIN[:2]])
    yield file(kind, "only-header.csv", [column(c.name, (), str) for c in PLAIN])
    yield file(kind, "CON.csv", PLAIN)
    yield file(kind, "данные — копия (2).csv", PLAIN)
    yield file(kind, "__.csv", PLAIN)
    yield file(kind, "commas-at-the-end.csv", PLAIN, Dress(right=",,"))
    headed = Dress(right=",", header_lines=("id,name,price",))
    yield file(kind, "comma-at-each-row.csv", PLAIN, headed)
    empty = replace(PLAIN[1], name="reserved", meant=(None,) * 40, texts=("",) * 40)
    yield file(kind, "empty-column.csv", (*PLAIN, empty))
    yield file(kind, "spaces.csv", PLAIN, Dress(delimiter=", ", quoted="never"))
    yield file(kind, "zero width.csv", (serial("id"), chosen("na\u200bme", WORDS)))


def values() -> Iterator[File]:
    kind = "Values"
    for yes, no in (("true", "false"), ("Y", "N"), ("yes", "no"), ("oui", "non"), ("1", "0")):
        yield file(kind, f"flags-{yes}.csv", (serial("id"), flags("is_open", yes, no)))
    for text in ("NA", "n/a", "NULL", "-", "None", "nan", "?"):
        name = f"absent {text.replace('/', '')}.csv"
        yield file(kind, name, (serial("id"), counts("n").absent(6, text)))
    yield file(kind, "exact.csv", (serial("id"), amounts("v", Numbers(places=12))))
    yield file(kind, "long.csv", (serial("id"), column("big", [10**24 + n for n in range(40)])))
    three = column(
        "Gewicht",
        [Decimal(1000 + 17 * n) for n in range(40)],
        Numbers(point=",", group=".", places=0),
    )
    yield file(kind, "tausender.csv", (serial("id"), three), Dress(delimiter=";"))
    yield file(kind, "three decimals.csv", (serial("id"), amounts("kg", Numbers(places=3))))
    yield file(kind, "nearly.csv", (serial("id"), amounts("credit_limit").but(17, "on request")))
    yield file(kind, "emoji.csv", (serial("id"), chosen("mood", ("😀", "שלום", "naïve", "ﬁne"))))
    yield file(kind, "apostrophes.csv", PLAIN, Dress(quote="'", quoted="always"))
    yield file(
        kind,
        "big.csv.gz",
        [codes("id", "k{:05d}", rows=4000), counts("n", rows=4000)],
        Dress(pack="gz members"),
    )
    late = column("n", [*range(3000), None], lambda value: "n/a" if value is None else str(value))
    yield file(kind, "late.csv", (codes("id", "k{:05d}", rows=3001), late))
    yield file(
        kind,
        "scientific.csv",
        (serial("id"), column("v", [Decimal(n + 1) * 10**9 for n in range(40)], "{:.2E}".format)),
    )
    yield file("Key", "repeated.csv", (chosen("a", WORDS), chosen("b", CITIES)))
    yield file("Key", "nearly-a-key.csv", (serial("id").but(7, "3", 3), chosen("b", CITIES)))
    yield file(
        "Key",
        "three.csv",
        (
            column("a", [n // 16 for n in range(40)]),
            column("b", [n // 4 % 4 for n in range(40)]),
            column("c", [n % 4 for n in range(40)]),
        ),
    )
    yield file("Key", "uuid.csv", (codes("uuid", "00000000-0000-4000-8000-{:012x}"), days("on")))


def nothing_to_load() -> Iterator[File]:
    kind = "No table"
    yield refused(kind, "book.csv", b"PK\x03\x04\x14\x00\x06\x00[Content_Types].xml")
    yield refused(kind, "error.csv", b"<!DOCTYPE html>\n<html><body>Not found</body></html>\n")
    yield refused(kind, "data.csv", b'[{"a": 1},\n {"a": 2}]\n')
    yield refused(kind, "empty.csv", b"")
    yield refused(kind, "line-feed.csv", b"\n")
    yield refused(kind, "cut-off.csv", b'id,text\n1,"a\n2,b\n3,c\n')
    yield refused(kind, "cut.csv.gz", gzip.compress(b"id,n\n1,2\n" * 99, mtime=0)[:-20])
    yield refused(kind, "nul.csv", b"id,n\n1,\x00\x00\x01\n")
    yield refused(
        kind, "mixed-encodings.csv", "id,ort\n1,Köln\n".encode() + "2,Ulm ä\n".encode("cp1252") * 3
    )
