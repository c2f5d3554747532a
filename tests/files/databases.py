"""Dumps of databases, and the logs of machines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

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
    times,
)
from tests.files.dress import Dress, File, file

MYSQL = Dress(delimiter="\t", quoted="never")
SSMS = Dress(encoding="utf-8-sig", line_end="\r\n")


def dumps() -> Iterator[File]:
    kind = "Database"
    users = (
        serial("id"),
        chosen("name", PEOPLE),
        moments("created_at", "%Y-%m-%d %H:%M:%S"),
        amounts("balance"),
    )
    active = flags("active", "t", "f")
    yield file(kind, "postgres.csv", (*users, active))
    nulls = (*users[:3], amounts("balance").absent(7, r"\N"), active)
    yield file(kind, "copy.tsv", nulls, Dress(delimiter="\t"))
    yield file(kind, "copy-no-header.tsv", nulls, Dress(delimiter="\t", header=False))
    yield file(kind, "pg_fraction.csv", (serial("id"), moments("at", "%Y-%m-%d %H:%M:%S.%f+00:00")))
    yield file(kind, "mysql.txt", nulls, MYSQL)
    yield file(kind, "outfile.csv", users, Dress(header=False))
    quoted = chosen("note", ('the "best"', "plain", "a, b"))
    yield file(kind, "outfile-escaped.csv", (*users, quoted), Dress(escape="\\", quoted="always"))
    yield file(kind, "phpmyadmin.csv", users, Dress(delimiter=";", quoted="always"))
    yield file(kind, "sqlite.csv", (*users, column("bits", [n % 2 for n in range(40)])))
    server = (*users[:2], amounts("Balance").absent(5, "NULL"))
    yield file(kind, "ssms.csv", server, SSMS)
    affected = Dress(encoding="utf-8-sig", line_end="\r\n", after=("", "(40 rows affected)"))
    yield file(kind, "sqlcmd.csv", server, affected)
    dashes = Dress(below_header=("--,----,-------",), after=("", "(40 rows affected)"))
    yield file(kind, "sqlcmd-dashes.csv", server, dashes)
    yield file(kind, "bcp.dat.txt", users, Dress(delimiter="|", header=False))
    yield file(kind, "bcp-tilde.txt", users, Dress(delimiter="^"))
    oracle = (serial("ID"), days("HIRED", "%d-%b-%y"), chosen("NAME", PEOPLE))
    yield file(kind, "sqldeveloper.csv", oracle, Dress(quoted="always"))
    spool = Dress(after=("", "40 rows selected."))
    yield file(kind, "sqlplus.csv", oracle, spool)
    yield file(
        kind,
        "db2.del.csv",
        (column("ID", range(1, 41), "+{:04d}".format), chosen("CITY", CITIES)),
    )
    uuids = column("_id", [str(UUID(int=n << 64 | 4 << 12)) for n in range(40)])
    documents = column("tags", [json.dumps({"n": n, "a": ["x", "y"]}) for n in range(40)])
    yield file(kind, "mongoexport.csv", (uuids, documents))
    yield file(kind, "bigquery.csv", (uuids, moments("ts", "%Y-%m-%d %H:%M:%S UTC")))
    yield file(
        kind,
        "snowflake.csv.gz",
        (*users, column("n", [10**17 + n for n in range(40)])),
        Dress(pack="gz"),
    )
    yield file(kind, "unload.csv.gz", users, Dress(delimiter="|", pack="gz members"))
    yield file(kind, "access.txt", users, Dress(delimiter=";", line_end="\r\n", encoding="cp1252"))
    yield file(
        kind,
        "salesforce.csv",
        (
            codes("Id", "001{:012d}AAA"),
            chosen("Name", PEOPLE),
            moments("CreatedDate", "%Y-%m-%dT%H:%M:%S.000Z"),
        ),
        Dress(quoted="always"),
    )
    yield file(
        kind,
        "imdb.tsv",
        (
            codes("tconst", "tt{:07d}"),
            chosen("title", ('"Quoted', "Plain")),
            counts("startYear").absent(6, r"\N"),
        ),
        Dress(delimiter="\t", quoted="never"),
    )
    yield file(
        kind,
        "geonames.txt",
        (
            serial("id", 2800000),
            chosen("name", CITIES),
            amounts("lat", Numbers(places=5)),
            amounts("lon", Numbers(places=5)),
        ),
        Dress(delimiter="\t", header=False),
    )
    yield file(kind, "users.csv.zip", users, Dress(pack="zip"))
    yield file(kind, "pipes.csv", users, Dress(delimiter="||"))
    bits = (*users[:2], flags("is_admin", "1", "0"))
    yield file(kind, "bits.csv", bits)


def logs() -> Iterator[File]:
    kind = "Log"
    lines = (
        moments("timestamp", "%Y-%m-%dT%H:%M:%SZ", minutes=1),
        chosen("level", ("INFO", "WARN", "ERROR")),
        chosen("message", ('cannot open "a.txt"', "done, 3 files", "retry", "line 1\nline 2")),
    )
    yield file(kind, "app.csv", lines)
    same = (moments("time", "%Y-%m-%d %H:%M:%S", minutes=0), lines[1], chosen("text", WORDS[:2]))
    yield file(kind, "burst.csv", same)
    yield file(
        kind,
        "log4j.csv",
        (moments("date", "%Y-%m-%d %H:%M:%S,%f"), *lines[1:]),
        Dress(delimiter=";"),
    )
    epoch = column("ts", [1700000000000 + 61007 * n for n in range(40)])
    yield file(kind, "cloudwatch.csv", (epoch, *lines[1:]))
    yield file(
        kind,
        "splunk.csv",
        (moments("_time", "%Y-%m-%dT%H:%M:%S.000+0200"), *lines[1:]),
        Dress(quoted="always"),
    )
    hashed = Dress(before=("# export of 2026-01-01", "# 40 rows"))
    yield file(kind, "commented.csv", lines[:2], hashed)
    between = Dress(every_tenth=("# a pause",), before=("# unit: s",))
    yield file(kind, "comments-between.csv", lines[:2], between)
    sensor = (
        moments("Zeit", "%d.%m.%Y %H:%M"),
        amounts("Temperatur", Numbers(point=",", places=1)),
    )
    yield file(kind, "sensor.csv", sensor, Dress(delimiter=";", encoding="cp1252"))
    tiny = column("value", [Decimal(f"{n + 1}e-{1 + n % 8}") for n in range(40)], "{:.3e}".format)
    yield file(kind, "instrument.csv", (serial("n"), tiny), Dress(delimiter=";"))
    stops = (
        column("trip_id", [f"T{n // 8:03d}" for n in range(40)]),
        column("stop_sequence", [1 + n % 8 for n in range(40)]),
        column("arrival_time", [f"{23 + n % 8 // 4}:{n % 60:02d}:00" for n in range(40)]),
    )
    yield file(kind, "stop_times.txt", stops, Dress(line_end="\r\n"))
    yield file(
        kind,
        "gps.csv",
        (
            moments("time", "%Y-%m-%dT%H:%M:%SZ"),
            amounts("lat", Numbers(places=7)),
            amounts("ele", Numbers(places=1)),
        ),
    )
    yield file(
        kind,
        "tracker.csv",
        (days("Day"), times("Start", "%H:%M:%S"), counts("Steps")),
        Dress(ends_open=True),
    )
    mixed = Dress(every_tenth=("",))
    yield file(kind, "blank-lines.csv", lines[:2], mixed)
