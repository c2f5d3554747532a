"""Files that devices, services and databases of other makes write."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from tests.files.columns import (
    CITIES,
    GERMAN,
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
)
from tests.files.dress import Dress, File, file, refused


def devices() -> Iterator[File]:
    kind = "Device"
    logger = (moments("TIMESTAMP", "%Y-%m-%d %H:%M:%S"), serial("RECORD", 0), amounts("BattV_Min"))
    toa5 = Dress(
        line_end="\r\n",
        before=('"TOA5","station","CR1000","1234","CR1000.Std.32"',),
        header_lines=('"TIMESTAMP","RECORD","BattV_Min"',),
        below_header=('"TS","RN","Volts"', '"","","Smp"'),
    )
    yield file(kind, "station.dat.csv", logger, toa5)
    scope = (
        column("Time", [Decimal(n) / 1000 for n in range(40)], "{:.6E}".format),
        column("CH1", [Decimal(n % 7) / 100 for n in range(40)], "{:.6E}".format),
    )
    settings = ("Model,TDS2024", "Sample Interval,1.0E-03", "Vertical Units,V", "")
    yield file(kind, "TEK00001.csv", scope, Dress(before=settings), mend={"--header-line": "5"})
    counters = (
        moments("(PDH-CSV 4.0) (W. Europe Standard Time)(-60)", "%m/%d/%Y %H:%M:%S.%f"),
        amounts(r"\\HOST\Processor(_Total)\% Processor Time", Numbers(places=6)),
    )
    yield file(kind, "perfmon.csv", counters, Dress(line_end="\r\n", quoted="always"))
    web = (
        days("date", step=1),
        column("time", ["07:05:09"] * 40),
        chosen("cs-method", ("GET", "POST")),
        chosen("cs-uri-stem", ("/", "/a.html")),
        column("sc-status", [200 + n % 2 * 204 for n in range(40)]),
    )
    head = ("#Software: Microsoft Internet Information Services 10.0", "#Version: 1.0")
    fields = "#Fields: date time cs-method cs-uri-stem sc-status"
    iis = Dress(delimiter=" ", before=head, header_lines=(fields,), line_end="\r\n")
    yield file(kind, "u_ex240128.csv", web, iis)
    epoch = column("ts", [Decimal(1706425509123 + 61007 * n) / 1000 for n in range(40)])
    yield file(kind, "epoch.csv", (epoch, amounts("value")))
    graph = (
        chosen("Series", ("cpu", "mem")),
        moments("Time", "%Y-%m-%dT%H:%M:%S+01:00"),
        column("Value", [f"{n}.5 kB" for n in range(40)]),
    )
    yield file(kind, "grafana.csv", graph, Dress(delimiter=";", before=("sep=;",), quoted="always"))
    found = column("Nitrat", ["<0,05" if n % 5 == 0 else f"{n},10" for n in range(40)])
    yield file(
        kind,
        "labor.csv",
        (codes("Probe", "P-{:05d}"), found, chosen("Ort", CITIES)),
        Dress(delimiter=";", encoding="cp1252"),
    )
    rides = (
        moments("Date", "%Y-%m-%d %H:%M:%S"),
        column("Time", [f"{n // 20}:{n:02d}:03" for n in range(40)]),
        column("Avg Pace", [f"{4 + n % 3}:{n:02d}" for n in range(40)]).absent(8, "--"),
        amounts("Distance"),
    )
    yield file(kind, "Activities.csv", rides)
    degrees = column("lat", [f"52°{n:02d}'12\"N" for n in range(40)])
    yield file(kind, "points.csv", (serial("id"), degrees), Dress(quoted="never"))
    meter = (
        moments("Ablesung", "%d.%m.%Y %H:%M", minutes=15),
        amounts("kWh", Numbers(point=",", places=3)),
        chosen("Status", ("W", "V")),
    )
    units = Dress(delimiter=";", encoding="cp1252", below_header=(";kWh;",))
    yield file(kind, "zaehler.csv", meter, units)
    unix = moments("when", "%a %b %d %H:%M:%S UTC %Y")
    yield file(kind, "cron.csv", (serial("id"), _as_text(unix)))
    zoned = moments("at", "%Y-%m-%d %H:%M:%S Europe/Berlin")
    yield file(kind, "zones.csv", (serial("id"), _as_text(zoned)))
    short = moments("at", "%Y-%m-%d %H:%M:%S CET")
    yield file(kind, "zones-short.csv", (serial("id"), _as_text(short)))


def _as_text(of: Column) -> Column:
    return replace(of, meant=of.texts)


def systems() -> Iterator[File]:
    kind = "System"
    stamp = [datetime(2024, 1, 28, 7, n, 9) for n in range(40)]  # noqa: DTZ001
    oracle = column("CREATED", stamp, lambda at: f"{at:%d-%b-%y %I.%M.%S}.000000000 AM".upper())
    yield file(
        kind, "oracle-timestamp.csv", (serial("ID"), _as_text(oracle)), Dress(quoted="always")
    )
    seven = column("CreatedOn", stamp, "{:%Y-%m-%d %H:%M:%S}.1230000".format)
    yield file(kind, "sqlserver.csv", (serial("Id"), _as_text(seven)), Dress(encoding="utf-16"))
    db2 = column("TS", stamp, "{:%Y-%m-%d-%H.%M.%S}.123456".format)
    yield file(kind, "db2-timestamp.del.csv", (serial("ID"), _as_text(db2)))
    informix = (serial("id"), chosen("name", PEOPLE), amounts("price"))
    ends = Dress(delimiter="|", right="|", header=False)
    yield file(kind, "unl.txt", informix, ends)
    report = Dress(
        quoted="always",
        encoding="iso-8859-1",
        after=(
            "",
            '"Pipeline Report"',
            '"Copyright (c) 2000-2026, Inc."',
            '"Confidential Information - Do Not Distribute"',
        ),
    )
    deals = (
        codes("Opportunity ID", "006{:012d}"),
        amounts("Amount"),
        days("Close Date", "%m/%d/%Y"),
    )
    yield file(kind, "report1706425509.csv", deals, report)
    issues = (
        codes("Issue key", "OPS-{:d}"),
        moments("Created", "%d/%b/%y %-I:%M %p"),
        chosen("Labels", ("a", "")),
        chosen("Labels 2", ("b", "")),
        chosen("Description", ('say "hi"\nand go', "x, y", "")),
    )
    twice = Dress(header_lines=("Issue key,Created,Labels,Labels,Description",))
    yield file(kind, "jira.csv", issues, twice, mend={"schema.fieldsMatch": "subset"})
    analytics = Dress(
        before=(
            "# ----------------------------------------",
            "# All Web Site Data",
            "# Pages",
            "# ----------------------------------------",
            "",
        ),
    )
    pages = (
        chosen("Page", ("/", "/b")),
        counts("Pageviews", Numbers(group=",")),
        amounts("Bounce Rate", Numbers(after="%")),
    )
    yield file(kind, "Analytics Pages.csv", (serial("Rank"), *pages), analytics)
    survey = (
        serial("Respondent ID", 118000001),
        chosen("Why?", WORDS),
        flags("Again?", "Yes", "No"),
    )
    second = Dress(encoding="utf-8-sig", below_header=(",Open-Ended Response,Response",))
    yield file(
        kind,
        "survey.csv",
        survey,
        second,
        mend={
            "dialect.headerRows": [1, 2],
            "schema.fields[1].name": "Why? Open-Ended Response",
            "schema.fields[2].name": "Again? Response",
        },
    )
    imports = Dress(
        below_header=(
            'Response ID,"How, exactly?"',
            '"{""ImportId"":""_recordId""}","{""ImportId"":""QID1""}"',
        )
    )
    yield file(
        kind, "qualtrics.csv", (codes("ResponseId", "R_{:015d}"), chosen("Q1", WORDS)), imports
    )
    stripe = (
        codes("id", "ch_{:024d}"),
        amounts("Amount"),
        chosen("Currency", ("eur", "usd")),
        moments("Created (UTC)", "%Y-%m-%d %H:%M"),
        column("Refunded", [False] * 40, lambda _: "false"),
    )
    yield file(kind, "charges.csv", stripe)
    marks = (codes("MATNR", "{:018d}"), chosen("LVORM", ("X", "")), column("MEINS", ["ST"] * 40))
    yield file(kind, "MARA.csv", marks, Dress(delimiter=";"))
    yield file(
        kind, "mainframe.csv", informix, Dress(line_end="\r\n", after=("\x1a",), ends_open=True)
    )
    wide = [counts(f"c{n}", rows=3) for n in range(600)]
    wide_text = file(kind, "", wide).content
    yield refused(kind, "too-wide.csv", wide_text)
    mails = column("m", [f"p{n}@example.org" for n in range(40)])
    yield file(kind, "one-column-no-header.csv", (mails,), Dress(header=False))
    text = file(kind, "", informix).content.replace(b"\n", b"\r\n", 20)
    yield replace(file(kind, "mixed-ends.csv", informix), content=text)
    plain = Dress(encoding="utf-16-le", line_end="\r\n", delimiter="\t", quoted="always")
    yield file(kind, "utf16-no-bom.txt", (serial("id"), chosen("note", ("a\r\nb", "ü"))), plain)
    tags = column("tags", ["red|green" if n % 2 else "blue" for n in range(40)])
    yield file(kind, "tags.csv", (serial("id"), tags, amounts("preis", GERMAN)))
    yield file(
        kind, "durations.csv", (serial("id"), column("took", [f"PT{n}M" for n in range(40)]))
    )
