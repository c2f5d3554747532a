"""`make bench-convert`: one generated CSV file, converted side by side by ways that people use.

Two convert under the contract, with every check, and report each rejected row: the Glue job and
the small path. The others are the yardsticks: the naive Spark job, the Spark job as samples have
it, and DuckDB and Polars without any check, which are the limit.

Each contender is a process of its own. CPU seconds and peak memory are those of the process and
its children, the JVM among them; seconds are those of the conversion, without starting Python,
the JVM or Spark.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from pipeline.contract import Contract
from pipeline.rules import compile_rules

# ruff: noqa: PLC0415 - a contender imports only what it uses, which is part of what it costs

MEGABYTE = 1_000_000
FAULTY_ROWS = 0.001
ROWS_PER_PART = 50_000
SAMPLE_SECONDS = 0.1
SPARK_OPTIONS = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.memory": "4g",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
}

CONTRACT: dict[str, Any] = {
    "name": "orders",
    "encoding": "utf-8",
    "dialect": {"delimiter": ",", "quoteChar": '"'},
    "schema": {
        "fields": [
            {"name": "id", "type": "string", "constraints": {"pattern": "O[0-9]{9}"}},
            {"name": "mail", "type": "string", "constraints": {"required": True, "maxLength": 80}},
            {"name": "name", "type": "string", "constraints": {"minLength": 2, "maxLength": 60}},
            {"name": "city", "type": "string"},
            {"name": "ordered_on", "type": "date", "constraints": {"minimum": "2000-01-01"}},
            {"name": "quantity", "type": "integer", "constraints": {"minimum": 1, "maximum": 999}},
            {"name": "amount", "type": "number", "constraints": {"minimum": 0}},
            {"name": "paid", "type": "boolean"},
            {"name": "state", "type": "string", "constraints": {"enum": ["new", "sent", "back"]}},
        ],
        "primaryKey": ["id"],
        "missingValues": [""],
    },
    "sluice": {"table": "OrdersTable"},
}
FIELDS = [field["name"] for field in CONTRACT["schema"]["fields"]]
CITIES = ("Redwood City", "San Mateo", "Menlo Park", '"Springfield, IL"', "Zürich", "")
STATES = ("new", "sent", "back")


# ------------------------------------------------------------------------------ the file


def rows(count: int, seed: int = 1) -> Iterator[str]:
    """Rows of about 100 bytes; one in a thousand breaks a rule."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    for number in range(count):
        fault = chance.random() < FAULTY_ROWS
        quantity = "many" if fault else str(chance.randint(1, 999))
        day = f"20{number % 25:02d}-{number % 12 + 1:02d}-{number % 28 + 1:02d}"
        yield (
            f"O{number:09d},customer{number % 90_000}@example.com,Customer {number % 7919} Smith,"
            f"{CITIES[number % 6]},{day},{quantity},{chance.randint(100, 99_999) / 100:.2f},"
            f"{'true' if number % 3 else 'false'},{STATES[number % 3]}\n"
        )


def generate(path: Path, megabytes: int) -> int:
    """Write a file of that size and return its number of rows."""
    written = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        size = file.write(",".join(FIELDS) + "\n")
        for row in rows(megabytes * MEGABYTE):
            if size >= megabytes * MEGABYTE:
                break
            size += file.write(row)
            written += 1
    return written


def order(source: Path, records: int, folder: Path) -> Path:
    """Write the manifest that Plan Conversion would write."""
    contract = Contract.parse(CONTRACT)
    staged = folder / "0000.csv"
    staged.symlink_to(source)
    file = {
        "uri": staged.as_uri(),
        "index": 0,
        "bucket": "landing",
        "key": "incoming/orders/orders.csv",
        "version_id": "v",
        "etag": "e",
        "size_bytes": source.stat().st_size,
        "source_version": "2026-01-01T00:00:00Z#0000#00000000",
        "compression": None,
        "columns": FIELDS,
        "bom": False,
        "newline": "\n",
        "multiline": False,
        "blank_lines": 0,
        "stray_quotes": False,
        "records": records,
        "warnings": [],
    }
    manifest = {
        "schema_version": 1,
        "run_id": "bench",
        "dataset": "orders",
        "contract": CONTRACT,
        "contract_version": contract.version,
        "rules": compile_rules(contract),
        "files": [file],
        "rows_per_part": ROWS_PER_PART,
        "output_compression": "none",
    }
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest))
    return path


# ------------------------------------------------------------------------------ contenders


def spark_session() -> Any:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.appName("bench")
    for name, value in SPARK_OPTIONS.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    session.range(1).collect()
    return session


def glue_job(_source: Path, manifest: Path, target: Path) -> float:
    from glue_jobs import csv_to_json

    spark = spark_session()
    started = time.monotonic()
    csv_to_json.convert(spark, manifest.as_uri(), target.as_uri())
    return time.monotonic() - started


def naive_spark(source: Path, _manifest: Path, target: Path) -> float:
    spark = spark_session()
    started = time.monotonic()
    spark.read.csv(str(source), header=True).write.json(str(target))
    return time.monotonic() - started


def sample_spark(source: Path, _manifest: Path, target: Path) -> float:
    """As in most published samples: infer the types, filter, count both sides, write."""
    spark = spark_session()
    started = time.monotonic()
    frame = spark.read.csv(str(source), header=True, inferSchema=True)
    good = "id is not null and mail is not null and quantity between 1 and 999"
    valid, rejected = frame.filter(good), frame.filter(f"not ({good})")
    assert frame.count() >= valid.count() + rejected.count()
    valid.write.json(str(target))
    return time.monotonic() - started


def plain_duckdb(source: Path, _manifest: Path, target: Path) -> float:
    import duckdb

    started = time.monotonic()
    names = "read_csv($source, all_varchar = true, header = true)"
    duckdb.execute(f"copy (from {names}) to '{target}' (format json)", {"source": str(source)})
    return time.monotonic() - started


def plain_polars(source: Path, _manifest: Path, target: Path) -> float:
    import polars as pl

    started = time.monotonic()
    pl.scan_csv(source, infer_schema=False).sink_ndjson(target)
    return time.monotonic() - started


def small_path(source: Path, manifest: Path, target: Path) -> float:
    from sluice.engines import with_duckdb

    target.mkdir()
    started = time.monotonic()
    with_duckdb(json.loads(manifest.read_text()), [source], target)
    return time.monotonic() - started


CONTENDERS: dict[str, Callable[[Path, Path, Path], float]] = {
    "glue-job": glue_job,
    "small-path": small_path,
    "naive-spark": naive_spark,
    "sample-spark": sample_spark,
    "plain-duckdb": plain_duckdb,
    "plain-polars": plain_polars,
}


# ------------------------------------------------------------------------------ measuring


@dataclass(frozen=True, kw_only=True)
class Result:
    name: str
    rows: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int

    def __str__(self) -> str:
        rate = self.rows / self.seconds / 1000
        return (
            f"{self.name:14} {self.seconds:7.1f} s {rate:8.0f} k rows/s"
            f" {self.cpu_seconds:8.1f} CPU s {self.peak_bytes / MEGABYTE:8.0f} MB"
        )


class Meter(threading.Thread):
    """Watches a process and its children: CPU seconds of all, the peak of their memory."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.root = psutil.Process(pid)
        self.cpu_of: dict[int, float] = {}
        self.peak_bytes = 0
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.wait(SAMPLE_SECONDS):
            resident = 0
            for process in self._family():
                try:
                    times = process.cpu_times()
                    resident += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue
                self.cpu_of[process.pid] = times.user + times.system
            self.peak_bytes = max(self.peak_bytes, resident)

    def _family(self) -> list[psutil.Process]:
        try:
            return [self.root, *self.root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


def measure(name: str, source: Path, records: int, scratch: Path) -> Result:
    folder = Path(tempfile.mkdtemp(dir=scratch))
    manifest = order(source, records, folder)
    command = [
        sys.executable,
        "-m",
        "benchmarks.convert",
        "--contender",
        name,
        str(source),
        str(manifest),
    ]
    process = subprocess.Popen([*command, str(folder / "out")], stdout=subprocess.PIPE, text=True)
    meter = Meter(process.pid)
    meter.start()
    printed, _ = process.communicate()
    meter.done.set()
    meter.join()
    shutil.rmtree(folder)
    if process.returncode:
        raise SystemExit(f"{name} failed")
    return Result(
        name=name,
        rows=records,
        seconds=float(printed),
        cpu_seconds=sum(meter.cpu_of.values()),
        peak_bytes=meter.peak_bytes,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, nargs="+", default=[300])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, default=list(CONTENDERS))
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir()))
    parser.add_argument("--contender", nargs=4, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.contender:
        name, *paths = arguments.contender
        sys.stdout.write(str(CONTENDERS[name](*map(Path, paths))))
        return
    with tempfile.TemporaryDirectory(dir=arguments.scratch) as scratch:
        for megabytes in arguments.megabytes:
            source = Path(scratch) / f"{megabytes}.csv"
            records = generate(source, megabytes)
            print(f"{megabytes} MB, {records:,} rows of {len(FIELDS)} columns")
            for _ in range(arguments.rounds):
                for name in arguments.only:
                    print(measure(name, source, records, Path(scratch)), flush=True)
            source.unlink()


if __name__ == "__main__":
    main()
