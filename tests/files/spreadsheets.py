"""Files that people save from spreadsheets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.files.columns import (
    CITIES,
    ENGLISH_GROUPED,
    FRENCH_GROUPED,
    GERMAN,
    GERMAN_GROUPED,
    PEOPLE,
    STREETS,
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
    times,
    total,
)
from tests.files.dress import Dress, File, file

GERMAN_EXCEL = Dress(delimiter=";", encoding="cp1252", line_end="\r\n")
UTF8_EXCEL = Dress(encoding="utf-8-sig", line_end="\r\n")
UNICODE_TEXT = Dress(delimiter="\t", encoding="utf-16", line_end="\r\n")


def excel() -> Iterator[File]:
    kind = "Excel"
    orders = (
        serial("Auftrag", 4711),
        chosen("Kunde", PEOPLE),
        days("Bestelldatum", "%d.%m.%Y"),
        amounts("Betrag", GERMAN_GROUPED),
    )
    yield file(kind, "Aufträge 2026.csv", orders, GERMAN_EXCEL)
    yield file(kind, "auftraege-utf8.csv", orders, Dress(delimiter=";", encoding="utf-8-sig"))
    yield file(kind, "auftraege-sep.csv", orders, replace(GERMAN_EXCEL, before=("sep=;",)))
    yield file(kind, "Unicode Text.txt", orders, UNICODE_TEXT)
    yield file(kind, "utf16-semicolon.csv", orders, replace(UNICODE_TEXT, delimiter=";"))
    plain = (serial("Nr"), chosen("Ort", CITIES), amounts("Menge", GERMAN))
    yield file(kind, "komma.csv", plain, GERMAN_EXCEL)
    yield file(kind, "Kosten (€).csv", (*plain, amounts("Preis", _euro())), GERMAN_EXCEL)
    percent = amounts("Anteil", Numbers(point=",", places=1, after=" %"))
    yield file(kind, "anteile.csv", (*plain, percent), GERMAN_EXCEL)
    yield file(kind, "wahr-falsch.csv", (*plain, flags("Aktiv", "WAHR", "FALSCH")), GERMAN_EXCEL)
    yield file(kind, "ja-nein.csv", (*plain, flags("Bezahlt", "ja", "nein")), GERMAN_EXCEL)
    empty = replace(GERMAN_EXCEL, right=";;;")
    yield file(kind, "leere-spalten.csv", plain, empty)
    lacks = replace(GERMAN_EXCEL, after=(";;", ";;", ";;"))
    yield file(kind, "leere-zeilen.csv", plain, lacks)
    titled = replace(GERMAN_EXCEL, before=("Umsatzliste;;", ";;", "Stand: 31.12.2025;;"))
    yield file(kind, "titel.csv", plain, titled)
    summed = replace(GERMAN_EXCEL, after=(f"Summe;;{total(plain[2], GERMAN)}",))
    yield file(kind, "summe.csv", plain, summed)
    both = replace(titled, after=(f"Gesamt;;{total(plain[2], GERMAN)}",))
    yield file(kind, "titel-und-summe.csv", plain, both)
    notes = chosen("Notiz", ("eine\nzwei Zeilen", "kurz", 'mit "Anführung"', ""))
    yield file(kind, "alt-enter.csv", (*plain, notes), GERMAN_EXCEL)
    yield file(
        kind, "fehlerwerte.csv", (*plain, amounts("Wert", GERMAN).absent(9, "#NV")), GERMAN_EXCEL
    )
    french = (serial("N°"), chosen("Ville", CITIES), amounts("Montant", FRENCH_GROUPED))
    yield file(kind, "ventes.csv", (*french, days("Date", "%d/%m/%Y")), GERMAN_EXCEL)


def english() -> Iterator[File]:
    kind = "Excel, English"
    orders = (
        serial("Order ID", 1001),
        chosen("Customer", PEOPLE),
        days("Order Date", "%-m/%-d/%Y"),
        amounts("Amount", ENGLISH_GROUPED),
    )
    yield file(kind, "Orders.csv", orders, UTF8_EXCEL)
    dollars = amounts("Total", Numbers(group=",", before="$"))
    yield file(kind, "invoices $.csv", (*orders, dollars), UTF8_EXCEL)
    yield file(kind, "flags.csv", (*orders[:2], flags("Paid", "TRUE", "FALSE")), UTF8_EXCEL)
    yield file(kind, "yes-no.csv", (*orders[:2], flags("Paid", "Yes", "No")), UTF8_EXCEL)
    phones = column("Phone", [f"+1 555 01{n:02d}" for n in range(40)])
    zips = column("ZIP", [f"{2100 + 31 * n:05d}" for n in range(40)])
    contacts = (chosen("Name", PEOPLE), zips, phones, chosen("City", CITIES))
    yield file(kind, "contacts.csv", (serial("id"), *contacts), UTF8_EXCEL)
    yield file(
        kind, "windows.csv", (serial("id"), *contacts), Dress(encoding="cp1252", line_end="\r\n")
    )
    moment = moments("Created", "%m/%d/%Y %I:%M:%S %p")
    yield file(kind, "created.csv", (*orders[:2], moment), UTF8_EXCEL)
    yield file(kind, "padded header.csv", [c.named(f" {c.name} ") for c in orders], UTF8_EXCEL)
    yield file(kind, "google-sheets.csv", orders, Dress(line_end="\r\n", ends_open=True))
    opens = (serial("row"), times("Opens"), times("Closes", "%H:%M:%S"), chosen("Shop", STREETS))
    yield file(kind, "hours.csv", opens, UTF8_EXCEL)
    budget = amounts("Variance", Numbers(group=",", places=0))
    yield file(kind, "budget.csv", (codes("Account", "{:04d}-00"), budget), UTF8_EXCEL)
    yield file(
        kind,
        "parts.csv",
        (codes("SKU", "{:05d}"), chosen("Part", WORDS), counts("On hand")),
        Dress(quoted="always"),
    )
    headers = Dress(header_lines=("id,Amount,Note,Amount",))
    doubled = (serial("id"), amounts("Amount"), chosen("Note", WORDS), amounts("Amount 2"))
    yield file(kind, "pivot.csv", doubled, headers, mend={"schema.fieldsMatch": "subset"})


def mac() -> Iterator[File]:
    kind = "Mac"
    people = (serial("Nr"), chosen("Name", PEOPLE), chosen("Ort", CITIES))
    yield file(kind, "mac.csv", people, Dress(delimiter=";", line_end="\r"))
    yield file(
        kind,
        "mac-komma.csv",
        (*people, amounts("Saldo", GERMAN)),
        Dress(delimiter=";", line_end="\r", encoding="cp1252"),
    )
    yield file(kind, "filemaker.tab.txt", people, Dress(delimiter="\t", line_end="\r"))
    yield file(kind, "numbers.csv", people, Dress(delimiter=";"))
    yield file(
        kind, "excel-mac.csv", people, Dress(delimiter=";", line_end="\r", encoding="mac_roman")
    )


def _euro() -> Numbers:
    return Numbers(point=",", group=".", after=" €")
