"""Files as the banks, offices and spreadsheets of single countries write them."""

# ruff: noqa: RUF001  (letters of other scripts are the point)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

from tests.files.columns import (
    FRENCH_GROUPED,
    GERMAN,
    GERMAN_GROUPED,
    PEOPLE,
    WORDS,
    Column,
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

EXCEL = Dress(delimiter=";", encoding="cp1252", line_end="\r\n")
CYRILLIC: dict[str, object] = {"--encoding": "windows-1251"}
WEST: dict[str, object] = {"--encoding": "windows-1252"}
MIDDLE: dict[str, object] = {"--encoding": "windows-1250"}
"""What a person says of a file that two code pages read as words."""

EAST = Dress(delimiter=";", encoding="cp1250", line_end="\r\n")


def signed(of: Column, write: Numbers, minus: str = "-", every: int = 3) -> Column:
    """The same amounts, of which each `every`th is owed: written with a sign of one's own."""
    meant = [-m if n % every == 0 else m for n, m in enumerate(of.meant)]  # type: ignore[operator]
    return column(of.name, meant, lambda v: (minus if v < 0 else "") + write(abs(v)))


def iberia() -> Iterator[File]:
    kind = "South"
    money = Numbers(point=",", group=".", after=" €")
    sold = (serial("Nº"), chosen("Cliente", ("Muñoz e Hijos", "Peña, S.A.", "Ibáñez")))
    paid = flags("Pagado", "VERDADERO", "FALSO")
    yield file(kind, "ventas.csv", (*sold, days("Fecha", "%-d/%-m/%Y"), paid), EXCEL, mend=WEST)
    yield file(kind, "facturas.csv", (*sold, amounts("Importe", money)), EXCEL, mend=WEST)
    real = Numbers(point=",", group=".", before="R$ ")
    firms = codes("CNPJ", "12.345.678/{:04d}-90")
    brazil = (firms, chosen("Razão Social", ("Açúcar Ltda", "Pão & Cia")), amounts("Valor", real))
    latin = replace(EXCEL, encoding="iso-8859-1")
    yield file(kind, "despesas.csv", (*brazil, days("Data", "%d/%m/%Y")), latin)
    truths = (
        serial("Codice"),
        chosen("Città", ("Forlì", "Cefalù")),
        flags("Attivo", "VERO", "FALSO"),
    )
    yield file(kind, "comuni.csv", truths, EXCEL)
    always = replace(EXCEL, delimiter=",", quoted="always", encoding="utf-8")
    turn = chosen("Af Bij", ("Af", "Bij"))
    dutch = (days("Datum", "%Y%m%d"), chosen("Naam", PEOPLE), codes("Rekening", "NL91ABNA{:010d}"))
    yield file(kind, "NL_bank.csv", (*dutch, turn, amounts("Bedrag (EUR)", GERMAN)), always)


def north() -> Iterator[File]:
    kind = "North"
    booked = (
        serial("Løbenr"),
        days("Bogført", "%d-%m-%Y"),
        chosen("Tekst", ("Køb", "Løn", "Gebyr")),
    )
    kroner = Numbers(point=",", group=".", before="kr. ")
    yield file(kind, "kontoudskrift.csv", (*booked, amounts("Beløb", kroner)), EXCEL, mend=WEST)
    out, into = amounts("Ut fra konto", GERMAN).absent(2), amounts("Inn på konto", GERMAN)
    into = replace(into, **_other_half(into))
    norway = (serial("Nr"), days("Dato", "%d.%m.%Y"), out, into)
    yield file(kind, "transaksjoner.csv", norway, replace(EXCEL, quoted="always"))
    swedish = (serial("Radnr"), days("Bokföringsdag"), signed(amounts("Belopp"), FRENCH_GROUPED))
    above = ("* Kontoutskrift 2024-01-01 till 2024-12-31;;",)
    yield file(kind, "transaktioner.csv", swedish, replace(EXCEL, before=above))
    finland = signed(amounts("Määrä"), GERMAN, minus="\u2212")
    yield file(
        kind,
        "tapahtumat.csv",
        (serial("Nro"), days("Päivä", "%-d.%-m.%Y"), finland),
        Dress(delimiter=";"),
    )


def _other_half(of: Column) -> dict[str, tuple]:
    return {
        "meant": tuple(m if n % 2 else None for n, m in enumerate(of.meant)),
        "texts": tuple(t if n % 2 else "" for n, t in enumerate(of.texts)),
    }


def east() -> Iterator[File]:
    kind = "East"
    hungarian = (serial("Sorszám"), chosen("Község", ("Győr", "Pécs", "Hódmezővásárhely")))
    yield file(kind, "telepulesek.csv", (*hungarian, days("Dátum", "%Y.%m.%d.")), EAST, mend=MIDDLE)
    czech = (
        serial("Č."),
        chosen("Obec", ("Plzeň", "Říčany", "Žďár")),
        days("Datum", "%-d. %-m. %Y"),
    )
    crowns = amounts("Částka", Numbers(point=",", group="\u00a0", after=" Kč"))
    yield file(kind, "vypis.csv", (*czech, crowns), EAST)
    lira = amounts("Tutar", Numbers(point=",", group=".", after=" TL"))
    turkish = (serial("Sıra"), chosen("İl", ("İstanbul", "Şanlıurfa", "Ağrı", "Muğla")), lira)
    yield file(kind, "iller.csv", turkish, replace(EXCEL, encoding="cp1254"))
    goods = (codes("Код", "{:011d}"), chosen("Номенклатура", ("Болт М8", "Гайка; М8", "Шайба")))
    russian = (*goods, amounts("Остаток", FRENCH_GROUPED), moments("Дата", "%d.%m.%Y %H:%M:%S"))
    yield file(
        kind,
        "остатки.txt",
        russian,
        Dress(delimiter="\t", encoding="cp1251", line_end="\r\n"),
        mend=CYRILLIC,
    )
    korean = (codes("관리번호", "{:08d}"), chosen("시군구", ("서울특별시", "부산광역시", "제주시")))
    people = counts("인구수", Numbers(group=","))
    korea = Dress(encoding="cp949", line_end="\r\n")
    said: dict[str, object] = {"--encoding": "cp949"}
    yield file(kind, "인구현황.csv", (*korean, people), korea, mend=said)
    chinese = (serial("序号"), chosen("单位", ("财政局", "教育局", "水务局")))
    dated = column("日期", days("d").meant, lambda d: f"{d.year}年{d.month}月{d.day}日")
    yield file(kind, "预算.csv", (*chinese, dated), Dress(encoding="gb18030", line_end="\r\n"))
    yen = (days("取引日", "%Y/%-m/%-d"), chosen("摘要", ("振込", "引落", "利息")))
    paid = counts("金額", Numbers(group=",", before="￥"))
    yield file(kind, "明細.csv", (serial("番号"), *yen, paid), Dress(encoding="utf-8-sig"))
    taiwan = (codes("代碼", "{:05d}"), chosen("鄉鎮市區", ("板橋區", "三重區", "中和區", "新莊區")))
    yield file(kind, "鄉鎮.csv", taiwan, Dress(encoding="big5", line_end="\r\n"))
    arabic = (serial("رقم"), chosen("المدينة", ("القاهرة", "الإسكندرية", "أسوان")))
    yield file(kind, "cities_ar.csv", arabic, replace(EXCEL, encoding="cp1256"))
    hebrew = (serial("מספר"), chosen("ישוב", ("ירושלים", "תל אביב", "באר שבע")))
    yield file(kind, "yishuvim.csv", hebrew, Dress(encoding="cp1255", line_end="\r\n"))


def banks_elsewhere() -> Iterator[File]:
    kind = "Bank abroad"
    lakh = column("Balance", [Decimal(100000 + 98765 * n) for n in range(40)], _lakh)
    indian = (serial("Sl. No."), days("Txn Date", "%d-%b-%Y"), lakh)
    yield file(kind, "statement_in.csv", indian, Dress(line_end="\r\n"))
    sides = column(
        "Amount",
        [Decimal(n * 100 + 5) for n in range(40)],
        lambda v: f"{v:,.2f} {'Cr' if v % 200 == 5 else 'Dr'}",
    )
    sides = replace(sides, meant=sides.texts)
    yield file(kind, "passbook.csv", (serial("No"), days("Date", "%d/%m/%Y"), sides))
    swiss = (days("Datum", "%d.%m.%Y"), chosen("Text", WORDS), amounts("CHF", Numbers(group="’")))
    above = ("Datum von:;2024-01-01", "Konto:;CH0000", "")
    yield file(kind, "postkonto.csv", (serial("Nr"), *swiss), Dress(delimiter=";", before=above))
    pounds = (
        chosen("Department", ("Health", "Home, Office")),
        days("Date", "%d/%m/%Y"),
        serial("Transaction Number", 50001),
        amounts("Amount", Numbers(group=",", before="£")),
    )
    empty = replace(EXCEL, delimiter=",", after=(",,,", ",,,"))
    yield file(kind, "spend-over-25k.csv", pounds, empty)
    guarded = column("Konto", [f"{n:05d}" for n in range(101, 141)], lambda text: f'="{text}"')
    guarded = replace(guarded, meant=guarded.texts)
    yield file(kind, "formula-guard.csv", (serial("id"), guarded), EXCEL)
    cash = amounts("Fee", Numbers(after=" EUR"))
    yield file(kind, "fees.csv", (serial("id"), cash, amounts("Net", Numbers(before="USD "))))


def _lakh(value: Decimal) -> str:
    whole, _, cents = f"{value:.2f}".partition(".")
    head, last = whole[:-3], whole[-3:]
    groups = [last]
    while head:
        groups.insert(0, head[-2:])
        head = head[:-2]
    return f"{','.join(groups)}.{cents}"


def statistics() -> Iterator[File]:
    kind = "Statistics"
    places = (codes("Code", "{:03d}"), chosen("Area", ("Kent", "Devon", "Essex")), counts("People"))
    notes = (
        "",
        "Notes",
        "1. Figures are rounded, and may not add up.",
        '"2. Source: census, 2021"',
    )
    yield file(kind, "table-notes.csv", places, Dress(encoding="utf-8-sig", after=notes))
    summed = (*places[:2], amounts("Share", Numbers(places=1, after="%")))
    yield file(
        kind,
        "election.csv",
        summed,
        Dress(after=(f"Total,,{total(summed[2], Numbers(places=1))}%",)),
    )
    years = [
        column(
            f"{year} ",
            [f"{n + 0.5:.1f} p " if n % 9 == 4 else f"{n + 0.5:.1f} " for n in range(40)],
        )
        for year in (2021, 2022)
    ]
    key = column(r"freq,unit,geo\TIME_PERIOD", [f"A,PC,DE{n:02d}" for n in range(40)])
    yield file(kind, "estat_lfsi.tsv", (key, *years), Dress(delimiter="\t"))
    ranges = column("Value", [f"{n}.3 [{n}.1-{n}.9]" for n in range(40)])
    yield file(kind, "who.csv", (codes("ISO", "C{:03d}"), ranges), Dress(quoted="always"))
    padded = (
        codes("series_id", "LNS{:08d}").padded(17),
        column("year", [2020 + n // 12 for n in range(40)]),
        column("period", [f"M{1 + n % 12:02d}" for n in range(40)]),
        column("value", [Decimal(n) / 10 for n in range(40)], "{:>12}".format),
    )
    yield file(kind, "ln.data.1.txt", padded, Dress(delimiter="\t", line_end="\r\n"))
    weather = (
        moments("valid", "%Y-%m-%d %H:%M"),
        amounts("tmpf").absent(6, "M"),
        column("p01i", ["T" if n % 5 == 0 else "0.10" for n in range(40)]),
    )
    yield file(
        kind, "asos.csv", weather, Dress(before=("#DEBUG: Format Typ -> comma", "#DEBUG: 40"))
    )
    weeks = (column("week", [f"2024-W{n + 1:02d}" for n in range(40)]), counts("deaths"))
    yield file(kind, "weeks.csv", weeks)
    quoted_numbers = (serial("id"), amounts("a", GERMAN_GROUPED), amounts("b", GERMAN))
    yield file(kind, "opendata.csv", quoted_numbers, replace(EXCEL, quoted="always"))
    yield file(
        kind, "leap.csv", (serial("n"), column("born", [date(1900 + n, 2, 28) for n in range(40)]))
    )
