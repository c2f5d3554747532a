"""Files of statistical offices and open-data portals."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from tests.files.columns import (
    CITIES,
    GERMAN,
    Column,
    Numbers,
    amounts,
    chosen,
    codes,
    column,
    counts,
    days,
    serial,
)
from tests.files.dress import Dress, File, file

OFFICE = Dress(delimiter=";", encoding="iso-8859-1", line_end="\r\n")
PORTAL = Dress(encoding="utf-8-sig")


def places() -> tuple[Column, ...]:
    return (codes("AGS", "{:08d}"), chosen("Gemeinde", CITIES), counts("Einwohner"))


def german() -> Iterator[File]:
    kind = "Government"
    yield file(kind, "gemeinden.csv", places(), OFFICE)
    titles = ("Bevölkerung: Gemeinden, Stichtag;;", "Fortschreibung des Bevölkerungsstandes;;", "")
    yield file(kind, "12411-0015.csv", places(), replace(OFFICE, before=titles))
    source = ("__________", "© Statistisches Bundesamt, Wiesbaden 2026", "Stand: 01.02.2026")
    yield file(kind, "12411-0016.csv", places(), replace(OFFICE, before=titles, after=source))
    yield file(kind, "mit-summe.csv", places(), replace(OFFICE, after=("Insgesamt;;83000000",)))
    grouped = (*places()[:2], counts("Bevölkerung", Numbers(group=".")))
    yield file(kind, "gruppiert.csv", grouped, OFFICE)
    spaced = (*places()[:2], counts("Einwohner", Numbers(group=" ")))
    yield file(kind, "leerzeichen.csv", spaced, OFFICE)
    hidden = (*places()[:2], counts("Arbeitslose").absent(7, "."), amounts("Quote", GERMAN))
    yield file(kind, "geheim.csv", hidden, OFFICE)
    dashes = (*places()[:2], counts("Betriebe").absent(5, "-"))
    yield file(kind, "nichts-vorhanden.csv", dashes, OFFICE)
    several = (*places()[:2], counts("A").absent(5, "-"), counts("B").absent(6, "x").but(3, "x"))
    several = (*several[:3], counts("B").absent(6, "x"))
    yield file(kind, "zeichen.csv", several, OFFICE)
    districts = (
        column("Kreis", [f"{1001 + n // 4:05d}" for n in range(40)]),
        column("Jahr", [2020 + n % 4 for n in range(40)]),
        counts("Fälle"),
    )
    yield file(kind, "kreise-jahre.csv", districts, OFFICE)
    units = replace(OFFICE, below_header=(";Name;Anzahl",))
    yield file(kind, "mit-einheiten.csv", places(), units)
    weather = (
        column("STATIONS_ID", [44 + n // 20 for n in range(40)]),
        column(
            "MESS_DATUM",
            days("d", "%Y%m%d", rows=20, step=1).meant * 2,
            lambda day: f"{day:%Y%m%d}",
        ),
        amounts("TT_TU", Numbers(places=1)).absent(8, "-999"),
        column("eor", ["eor"] * 40),
    )
    yield file(kind, "produkt_tu_stunde.txt", weather, Dress(delimiter=";", line_end="\r\n"))
    two = ("Kreis;2024;2024;2025;2025", ";Frauen;Männer;Frauen;Männer")
    wide = (codes("Kreis", "{:05d}"), *(counts(name) for name in "abcd"))
    yield file(kind, "zwei-kopfzeilen.csv", wide, replace(OFFICE, header_lines=two))


def world() -> Iterator[File]:
    kind = "Open data"
    permits = (
        serial("Permit Number", 100001),
        days("Issue Date", "%m/%d/%Y"),
        amounts("Estimated Cost", Numbers(group=",", before="$")),
        column("Zip Code", [f"{n:05d}" for n in range(601, 641)]),
    )
    yield file(kind, "Building_Permits.csv", permits)
    yield file(kind, "Building_Permits.csv.gz", permits, Dress(pack="gz"))
    quoted = (codes("GEO_ID", "0500000US{:05d}"), chosen("NAME", ("Ada County, Idaho", "Kent, DE")))
    yield file(kind, "ACSDT5Y.csv", (*quoted, counts("B01001_001E")), Dress(quoted="always"))
    french = (codes("CODGEO", "{:05d}"), chosen("LIBGEO", CITIES), amounts("TAUX", GERMAN))
    yield file(kind, "base-cc.csv", french, Dress(delimiter=";"))
    dated = (*french[:2], days("date_maj", "%d/%m/%Y"))
    yield file(kind, "communes.csv", dated, Dress(delimiter=";", encoding="utf-8-sig"))
    ons = ('"Title","CPI INDEX"', '"CDID","D7BT"', '"Release date","20-01-2026"')
    index = (column("Period", [f"{2016 + n // 4} Q{1 + n % 4}" for n in range(40)]), amounts("CPI"))
    titled = replace(PORTAL, before=ons, quoted="always")
    yield file(kind, "series-200126.csv", index, titled, mend={"--header-line": "4"})
    euro = (
        column("geo", [f"DE{n // 4:02d}" for n in range(40)]),
        column("TIME_PERIOD", [2020 + n % 4 for n in range(40)]),
        amounts("OBS_VALUE").absent(6, ":"),
    )
    yield file(kind, "estat_tps00001.csv", euro)
    bank = (codes("Country Code", "C{:03d}"), amounts("2023").absent(4, ".."), amounts("2024"))
    above = ('"Data Source","World Development Indicators",', "", '"Last Updated Date","2026",', "")
    yield file(kind, "API_SP.POP.csv", bank, replace(PORTAL, before=above, right=","))
    crime = (
        codes("Crime ID", "{:064x}"),
        column("Month", [f"2025-{1 + n % 12:02d}" for n in range(40)]),
    )
    yield file(kind, "2025-street.csv", (*crime, chosen("Context", ("",))))
    schools = (
        serial("URN", 100000),
        column("TelephoneNum", [f"020{7000000 + n}" for n in range(40)]),
    )
    yield file(kind, "edubase.csv", schools, Dress(encoding="cp1252"))
    moscow = (serial("№"), chosen("Район", ("Арбат", "Хамовники", "Тверской, центр")))
    yield file(kind, "районы.csv", moscow, Dress(delimiter=";", encoding="cp1251"))
    poland = (serial("Lp."), chosen("Gmina", ("Łódź", "Gdańsk", "Częstochowa", "Świdnica")))
    yield file(kind, "gminy.csv", poland, Dress(delimiter=";", encoding="cp1250"))
    japan = (
        codes("団体コード", "{:06d}"),
        chosen("都道府県名", ("北海道", "東京都", "大阪府", "沖縄県")),
    )
    yield file(kind, "000925835.csv", japan, Dress(encoding="shift_jis", line_end="\r\n"))
    china = (serial("序号"), chosen("城市", ("北京市", "上海市", "广州市", "深圳市")))
    yield file(kind, "cities_cn.csv", china, Dress(encoding="gb18030"))
    greek = (serial("Αριθμός"), chosen("Δήμος", ("Αθήνα", "Πάτρα", "Θεσσαλονίκη")))
    yield file(kind, "dimoi.csv", greek, Dress(delimiter=";", encoding="iso-8859-7"))
    swedish = (codes("kod", "{:04d}"), chosen("kommun", ("Malmö", "Göteborg", "Örebro")))
    yield file(kind, "kommuner.csv", swedish, Dress(delimiter=";", encoding="iso-8859-1"))
    swiss = (serial("id"), amounts("Betrag", Numbers(group="'")), chosen("Ort", CITIES))
    yield file(kind, "schweiz.csv", swiss, Dress(delimiter=";"))
    indian = (serial("Sl No"), days("Date", "%d-%m-%Y"), chosen("State", ("Goa", "Kerala")))
    yield file(kind, "india.csv", indian)
