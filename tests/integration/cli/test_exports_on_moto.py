"""`items --out` and `rejects --summary`, read back by libraries that did not write them."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from click.testing import Result
from pyarrow import parquet

from sluice.stack.cloud import Cloud
from tests.integration.cli.scripted_states import Execution, ScriptedStates

Sluice = Callable[..., Result]
Record = Callable[..., None]

RUN = "customers-customers-csv-0123456789ab"
LARGEST = "99999999999999999999.999999999"
ROWS: list[dict[str, Any]] = [
    {
        "customer_id": "C000001",
        "customer_mail": "a@example.com",
        "name": 'Zoë "Z",\r\nsecond line',
        "address": None,
        "profession": "007",
        "signed_on": date(1990, 1, 1),
        "credit_limit": Decimal(LARGEST),
        "newsletter": True,
    },
    {
        "customer_id": "C000002",
        "customer_mail": "b@example.com",
        "name": "B",
        "address": "1 Road",
        "profession": None,
        "signed_on": date(9999, 12, 31),
        "credit_limit": Decimal("-0.000000001"),
        "newsletter": False,
    },
    {
        "customer_id": "C000003",
        "customer_mail": "c@example.com",
        "name": "C",
        "address": None,
        "profession": None,
        "signed_on": date(2024, 2, 29),
        "credit_limit": None,
        "newsletter": None,
    },
]
TYPES = {
    **dict.fromkeys(("customer_id", "customer_mail", "name", "address", "profession"), pa.string()),
    "signed_on": pa.date32(),
    "credit_limit": pa.decimal128(29, 9),
    "newsletter": pa.bool_(),
}


def attribute(value: object) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case Decimal():
            return {"N": format(value, "f")}
        case _:
            return {"S": str(value)}


@pytest.fixture
def table(cloud: Cloud) -> None:
    for row in ROWS:
        item = {name: attribute(value) for name, value in row.items() if value is not None}
        item["_sluice"] = {"M": {"run_id": {"S": RUN}}}
        cloud.dynamodb.put_item(TableName="customers-table", Item=item)


@pytest.fixture(params=["here", "on S3"])
def export(
    request: pytest.FixtureRequest, sluice: Sluice, cloud: Cloud, tmp_path: Path
) -> Callable[..., Path]:
    """Export to a file of this ending, and fetch it where it went to S3."""

    def run(ending: str, *options: str) -> Path:
        here = tmp_path / f"items.{ending}"
        place = str(here) if request.param == "here" else f"s3://work/exports/items.{ending}"
        result = sluice("items", "customers", "--out", place, *options)
        assert result.exit_code == 0, result.stderr
        if request.param != "here":
            cloud.s3.download_file("work", f"exports/items.{ending}", str(here))
        assert f"{place}: " in result.stderr
        assert f"rows, {here.stat().st_size:,} bytes" in result.stderr
        assert not options or json.loads(result.stdout)["bytes"] == here.stat().st_size
        assert sorted(tmp_path.iterdir()) == [here]
        return here

    return run


def by_id(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(rows, key=lambda row: str(row["customer_id"]))


@pytest.mark.usefixtures("table")
def test_parquet_holds_the_contracts_types_and_values(export: Callable[..., Path]) -> None:
    path = export("parquet", "--json")
    read = parquet.read_table(path)
    assert {field.name: field.type for field in read.schema} == TYPES
    assert read.schema.names == list(TYPES)
    assert by_id(read.to_pylist()) == ROWS
    found = duckdb.sql(f"from '{path}' order by customer_id")
    assert found is not None
    assert [str(kind) for kind in found.types[-3:]] == ["DATE", "DECIMAL(29,9)", "BOOLEAN"]
    assert found.fetchall() == [tuple(row.values()) for row in ROWS]


@pytest.mark.usefixtures("table")
def test_csv_reads_back_as_it_was(export: Callable[..., Path]) -> None:
    path = export("csv")
    kinds = "{'credit_limit': 'DECIMAL(29,9)', 'signed_on': 'DATE', 'newsletter': 'BOOLEAN'}"
    relation = duckdb.sql(
        f"from read_csv('{path}', types={kinds}, quote='\"', escape='\"', delim=',', header=true)"
        " order by customer_id"
    )
    assert relation is not None
    found = relation.fetchall()
    texts = [tuple(map(str, row)) for row in found]
    assert [row[5:] for row in found] == [tuple(row.values())[5:] for row in ROWS]
    assert [row[2] for row in texts] == [row["name"] for row in ROWS]


@pytest.mark.usefixtures("table")
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_json_keeps_every_digit(export: Callable[..., Path], ending: str) -> None:
    text = export(ending).read_text(encoding="utf-8")
    lines = text.splitlines() if ending == "jsonl" else None
    rows = (
        [json.loads(line, parse_float=Decimal) for line in lines]
        if lines
        else json.loads(text, parse_float=Decimal)
    )
    expected = [
        {
            name: value.isoformat() if isinstance(value, date) else value
            for name, value in row.items()
            if value is not None
        }
        for row in ROWS
    ]
    assert by_id(rows) == expected
    assert LARGEST in text


@pytest.mark.parametrize("ending", ["parquet", "csv", "json", "jsonl"])
def test_an_empty_table_still_has_its_columns(export: Callable[..., Path], ending: str) -> None:
    path = export(ending)
    match ending:
        case "parquet":
            assert parquet.read_schema(path).names == list(TYPES)
        case "csv":
            assert path.read_text() == ",".join(TYPES) + "\n"
        case "json":
            assert json.loads(path.read_text()) == []
        case _:
            assert path.read_text() == ""


def test_a_value_of_another_type_leaves_no_file(
    sluice: Sluice, cloud: Cloud, tmp_path: Path
) -> None:
    item = {"customer_id": {"S": "C1"}, "signed_on": {"S": "yesterday"}}
    cloud.dynamodb.put_item(TableName="customers-table", Item=item)
    result = sluice("items", "customers", "--out", str(tmp_path / "items.parquet"))
    assert result.exit_code == 1
    assert "signed_on that is no date" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "out", ["items.xlsx", "items", "s3://work", "s3://work/", "/no/such/folder/items.csv"]
)
def test_an_impossible_target_is_a_wrong_command_line(sluice: Sluice, out: str) -> None:
    assert sluice("items", "customers", "--out", out).exit_code == 2


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_bucket_that_is_not_there_ends_with_five(sluice: Sluice, ending: str) -> None:
    result = sluice("items", "customers", "--out", f"s3://no-such-bucket/items.{ending}")
    assert result.exit_code == 5, result.output


def rejected(line: int, *errors: tuple[str | None, str, str], version: str = "007") -> str:
    row = {
        "file": "incoming/customers/customers.csv",
        "version_id": version,
        "line": line,
        "record": None,
        "errors": [{"column": c, "rule": r, "message": m} for c, r, m in errors],
        "raw": ",x\u2028\x1b[2J",
        "contract_version": "123456789012",
    }
    return json.dumps(row, ensure_ascii=False) + "\n"


def test_summary_counts_rows_per_column_and_rule(
    sluice: Sluice, cloud: Cloud, states: ScriptedStates, record: Record
) -> None:
    execution = states.add(Execution(RUN))
    execution.add("ExecutionStarted")
    execution.end("SUCCEEDED", output="{}")
    uri = f"s3://work/runs/{RUN}/0-0/report.json"
    files = [
        {"key": f"incoming/customers/{name}", "version_id": version}
        for name, version in (("customers.csv", "007"), ("more.csv", "008"))
    ]
    known = {"run_id": RUN, "status": "LOADED", "report_uri": uri}
    record(f"RUN#{RUN}", "RUN", files=files, **known)
    parts = [
        rejected(2, ("name", "minLength", "name is short"), ("signed_on", "type", "2024-01-01"))
        + rejected(3, (None, "structure", "too few fields")),
        rejected(4, ("signed_on", "type", "no date"))
        + rejected(2, ("signed_on", "type", "no"), version="008"),
    ]
    keys = [f"runs/{RUN}/0-0/rejected/{index}.json" for index in range(2)]
    for key, part in zip(keys, parts, strict=True):
        cloud.s3.put_object(Bucket="work", Key=key, Body=part.encode())
    report = json.dumps({"rejected_parts": [{"key": key} for key in keys]})
    cloud.s3.put_object(Bucket="work", Key=f"runs/{RUN}/0-0/report.json", Body=report.encode())

    result = sluice("rejects", RUN, "--summary", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout) == [
        {"column": "signed_on", "rule": "type", "rows": 3, "message": "2024-01-01"},
        {"column": "name", "rule": "minLength", "rows": 1, "message": "name is short"},
        {"column": None, "rule": "structure", "rows": 1, "message": "too few fields"},
    ]
    assert sluice("rejects", RUN, "--summary").stdout.splitlines() == [
        "rows  column     rule       message",
        "   3  signed_on  type       2024-01-01",
        "   1  name       minLength  name is short",
        "   1             structure  too few fields",
    ]

    assert json.loads(
        sluice("rejects", RUN, "--summary", "--json", "--file", "more.csv").stdout
    ) == [
        {"column": "signed_on", "rule": "type", "rows": 1, "message": "no"},
    ]

    cloud.s3.delete_object(Bucket="work", Key=keys[1])
    assert sluice("rejects", RUN, "--summary").exit_code == 4


def test_summary_of_a_run_without_rejects_is_empty(
    sluice: Sluice, cloud: Cloud, states: ScriptedStates, record: Record
) -> None:
    states.add(Execution(RUN)).end("SUCCEEDED", output="{}")
    uri = f"s3://work/runs/{RUN}/0-0/report.json"
    record(f"RUN#{RUN}", "RUN", run_id=RUN, status="LOADED", report_uri=uri)
    body = json.dumps({"rejected_parts": []}).encode()
    cloud.s3.put_object(Bucket="work", Key=f"runs/{RUN}/0-0/report.json", Body=body)
    assert json.loads(sluice("rejects", RUN, "--summary", "--json").stdout) == []
    assert sluice("rejects", RUN, "--summary").stdout == ""


def test_a_csv_for_a_spreadsheet_holds_no_formulas(
    sluice: Sluice, cloud: Cloud, tmp_path: Path
) -> None:
    item = {"customer_id": {"S": "C1"}, "name": {"S": "\uff1dcmd"}, "address": {"S": " =1+1"}}
    cloud.dynamodb.put_item(TableName="customers-table", Item=item)
    path = tmp_path / "items.csv"
    result = sluice("items", "customers", "--out", str(path), "--spreadsheet")
    assert result.exit_code == 0, result.stderr
    [row] = csv.DictReader(path.read_text().splitlines())
    assert (row["customer_id"], row["name"], row["address"]) == ("C1", "'\uff1dcmd", "' =1+1")
    refused = sluice("items", "customers", "--out", str(tmp_path / "i.json"), "--spreadsheet")
    assert refused.exit_code == 2
