"""Files that come out of business software: accounting, SAP, banks, shops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.files.columns import (
    CITIES,
    ENGLISH,
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
    total,
)
from tests.files.dress import Dress, File, file

SAP = Dress(delimiter=";", encoding="cp1252", line_end="\r\n")
TABS = Dress(delimiter="\t", encoding="cp1252", line_end="\r\n")


def sap() -> Iterator[File]:
    kind = "SAP"
    material = (
        codes("Material", "{:018d}"),
        chosen("Werk", ("1000", "0001", "2100")),
        chosen("Kurztext", WORDS),
        amounts("Bestand", Numbers(point=",", group=".", places=3)),
        days("Letzte Bewegung", "%d.%m.%Y"),
    )
    titles = ("Bestandsliste", "Datum 31.12.2025      Seite 1", "")
    yield file(kind, "MB52.csv", material, SAP)
    yield file(kind, "MB52-titel.csv", material, replace(SAP, before=titles))
    bottom = f"*;;;{total(material[3], Numbers(point=',', group='.', places=3))};"
    yield file(kind, "MB52-summe.csv", material, replace(SAP, before=titles, after=(bottom,)))
    yield file(kind, "MB52.txt", material, replace(TABS, before=("Bestandsliste", "")))
    framed = replace(SAP, delimiter="|", left="|", right="|")
    plain = (codes("Kunde", "{:010d}"), chosen("Ort", CITIES), amounts("Saldo", GERMAN_GROUPED))
    yield file(kind, "ALV.txt", plain, framed)
    dashes = "-" * 40
    lined = replace(framed, before=(dashes,), below_header=(dashes,), after=(dashes,))
    yield file(kind, "ALV-gerahmt.txt", plain, lined)
    debit = column(
        "Betrag",
        [-m if n % 3 == 0 else m for n, m in enumerate(amounts("Betrag").meant)],  # type: ignore[operator]
        lambda value: GERMAN_GROUPED(abs(value)) + ("-" if value < 0 else ""),
    )
    yield file(kind, "FBL5N.csv", (codes("Beleg", "{:010d}"), chosen("Konto", CITIES), debit), SAP)
    booked = (serial("Umsatz-Nr"), amounts("Umsatz", GERMAN), codes("Konto", "{:05d}"))
    yield file(kind, "datev.csv", booked, replace(SAP, quoted="always"))
    compact = (codes("VBELN", "{:010d}"), days("ERDAT", "%Y%m%d"), counts("POSNR"))
    yield file(kind, "VBAK.txt", compact, Dress(delimiter="|"))
    yield file(kind, "VBAK-tilde.txt", compact, Dress(delimiter="~"))


def banks() -> Iterator[File]:
    kind = "Bank"
    booked = (
        days("Buchungstag", "%d.%m.%y"),
        chosen("Auftraggeber", PEOPLE),
        codes("IBAN", "DE{:020d}"),
        amounts("Betrag", GERMAN_GROUPED),
        chosen("Währung", ("EUR",)),
    )
    keyed = (serial("Buchungs-Nr"), *booked)
    yield file(kind, "umsaetze.csv", keyed, replace(SAP, quoted="always"))
    titles = ('"Konto:";"DE12"', '"Zeitraum:";"01.01.2025 - 31.12.2025"', "")
    yield file(kind, "umsaetze-titel.csv", keyed, replace(SAP, quoted="always", before=titles))
    yield file(kind, "umsaetze-ohne-nr.csv", booked, SAP)
    paypal = (
        codes("Transaction ID", "{:017X}"),
        days("Date", "%d/%m/%Y"),
        amounts("Gross", Numbers(group=",")),
        chosen("Currency", ("EUR", "USD", "GBP")),
    )
    yield file(kind, "paypal.csv", paypal, Dress(encoding="utf-8-sig", quoted="always"))
    stock = (days("Date", "%Y%m%d", step=1), amounts("Open"), amounts("Close"), counts("Volume"))
    yield file(kind, "stock.csv", stock)
    rates = (days("DATE", "%d-%b-%Y"), amounts("USD", Numbers(places=4)), amounts("GBP", ENGLISH))
    yield file(kind, "rates.csv", rates)
    crypto = (codes("txid", "{:064x}"), amounts("value", Numbers(places=8)), counts("block"))
    yield file(kind, "ledger.csv", crypto)
    taxes = (serial("ref"), amounts("rate", Numbers(places=1, after="%")), chosen("zone", CITIES))
    yield file(kind, "vat rates.csv", taxes)
    brackets = column(
        "Net",
        [-m if n % 4 == 0 else m for n, m in enumerate(amounts("Net").meant)],  # type: ignore[operator]
        lambda value: f"({ENGLISH(abs(value))})" if value < 0 else ENGLISH(value),
    )
    yield file(kind, "ledger-brackets.csv", (serial("entry"), chosen("text", WORDS), brackets))


def shops() -> Iterator[File]:
    kind = "Shop"
    html = chosen("Body (HTML)", ("<p>Fine, really</p>", '<p class="a">x</p>', "<b>\n1</b>", ""))
    yield file(
        kind,
        "products_export.csv",
        (
            codes("Handle", "item-{:04d}"),
            html,
            flags("Published", "true", "false"),
            amounts("Variant Price"),
        ),
    )
    listing = (
        codes("order-id", "028-{:07d}-0000001"),
        codes("sku", "{:08d}"),
        column("ean", [f"{4006381333000 + n}" for n in range(40)]),
        chosen("recipient", PEOPLE),
        moments("purchase-date", "%Y-%m-%dT%H:%M:%S+00:00"),
    )
    yield file(kind, "amazon-orders.txt", listing, Dress(delimiter="\t"))
    lines = (
        column("order", [1000 + n // 3 for n in range(40)]),
        column("line", [1 + n % 3 for n in range(40)]),
        chosen("sku", WORDS),
        counts("qty"),
    )
    yield file("Key of two columns", "order_lines.csv", lines)
    stores = (
        column("shop", [f"S{n // 8:02d}" for n in range(40)]),
        column("day", days("day", rows=8).meant * 5),
        amounts("sales"),
    )
    yield file("Key of two columns", "sales-per-day.csv", stores)
    phones = [f"030 {100000 + 71 * n}" for n in range(40)]
    yield file("Codes", "telefon.csv", (serial("id"), column("Telefon", phones)), SAP)
    dialled = [f"+4930{100000 + 71 * n}" for n in range(40)]
    yield file("Codes", "phones.csv", (serial("id"), column("phone", dialled)))
    mobile = [f"{15550100000 + 71 * n}" for n in range(40)]
    yield file("Codes", "mobile.csv", (serial("id"), column("mobile_number", mobile)))
    plz = (serial("id"), column("PLZ", [f"{10115 + 131 * n}" for n in range(40)]))
    yield file("Codes", "plz.csv", (*plz, chosen("Straße", STREETS)), SAP)
    yield file("Codes", "agents.csv", (codes("code", "{:03d}"), chosen("name", PEOPLE)))
    iban = (codes("iban", "DE{:020d}"), chosen("holder", PEOPLE))
    yield file("Codes", "accounts.csv", iban)
    cards = column("card_number", [f"{4111111111110000 + n}" for n in range(40)])
    yield file("Codes", "cards.csv", (serial("id"), cards))
    yield file(
        "Codes",
        "isbn.csv",
        (column("isbn", [f"978316148{n:04d}" for n in range(40)]), chosen("title", WORDS)),
    )
    versions = column("version", [f"{1 + n // 10}.{n % 10}" for n in range(40)])
    yield file("Codes", "releases.csv", (serial("id"), versions))
