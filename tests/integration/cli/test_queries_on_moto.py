"""`sluice query`: the same rows as the table, exact, whatever was published in which order."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import awswrangler as wr
import duckdb
import pytest
from click.testing import Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto.athena.models import QueryResults, athena_backends
from samtranslator.yaml_helper import yaml_parse

from pipeline.rows.publication import Publication, Source, with_origin
from sluice.rows.catalog import columns_in
from sluice.stack.cloud import Cloud
from sluice.terminal.render import json_text
from stores.published import Published

Sluice = Callable[..., Result]
ROOT = Path(__file__).parents[3]
ACCOUNT = "123456789012"


@pytest.fixture(autouse=True)
def catalog(cloud: Cloud) -> None:
    declared = yaml_parse((ROOT / "template.yaml").read_text())["Resources"]["CustomersPublished"]
    table = json.loads(json.dumps(declared["Properties"]["TableInput"]))
    table["StorageDescriptor"]["Location"] = "s3://work/published/customers/"
    cloud.glue.create_database(DatabaseInput={"Name": "sluice"})
    cloud.glue.create_table(DatabaseName="sluice", TableInput=table)


def customer(number: int, **more: object) -> dict[str, object]:
    return {
        "customer_id": f"C{number:06d}",
        "customer_mail": "a@example.com",
        "name": "Ada",
        "signed_on": "2024-02-29",
    } | more


def publish(cloud: Cloud, second: int, *rows: dict[str, object], name: str = "a.csv") -> Source:
    version = f"2026-07-01T00:00:{second:02d}Z#0000#aaaaaaaa"
    source = Source(
        dataset="customers",
        key=f"incoming/customers/{name}",
        version_id=str(second),
        source_version=version,
    )
    lines = "".join(f"{json_text(each)}\n" for each in rows).encode()
    published = Published(cloud.s3, "work")
    part = published.put(
        source.part_key(0, "gzip"),
        with_origin(lines, version, f"run-{second}"),
        made_of="",
        rows=len(rows),
        compression="gzip",
    )
    published.close(
        Publication(source=source, run_id=f"run-{second}", report_sha256="", parts=[part])
    )
    return source


def ask(sluice: Sluice, sql: str, *more: str) -> list[dict[str, Any]]:
    done = sluice("--json", "query", "customers", sql, "--engine", "duckdb", *more)
    assert done.exit_code == 0, done.output
    rows: list[dict[str, Any]] = json.loads(done.stdout, parse_float=Decimal)
    return rows


def test_columns_show_the_members_that_the_contract_spells_with_capitals() -> None:
    storage = {
        "Columns": [{"Name": name, "Type": "string"} for name in ("konto", "stra_e", "old")],
        "SerdeInfo": {"Parameters": {"mapping.stra_e": "Straße"}},
    }
    members = [column.member for column in columns_in(storage, ["Konto", "Straße"])]
    assert members == ["Konto", "Straße", "old"]


def test_nothing_is_published_yet(sluice: Sluice) -> None:
    assert ask(sluice, "select count(*) as n from customers") == [{"n": 0}]


def test_numbers_are_exact_and_dates_are_dates(cloud: Cloud, sluice: Sluice) -> None:
    largest = Decimal("99999999999999999999.999999999")
    publish(cloud, 1, customer(1, credit_limit=largest))
    found = ask(sluice, "select credit_limit, signed_on + INTERVAL 1 DAY as next from customers")
    assert found == [{"credit_limit": largest, "next": "2024-03-01 00:00:00"}]


def test_a_newer_file_wins_and_history_tells_all(cloud: Cloud, sluice: Sluice) -> None:
    publish(cloud, 2, customer(1, name="new"))
    publish(cloud, 1, customer(1, name="old"), customer(2))
    names = ask(sluice, "select customer_id, name from customers order by 1")
    assert [row["name"] for row in names] == ["new", "Ada"]
    every = ask(sluice, "select run_id, name from customers order by 1, 2", "--history")
    assert [(row["run_id"], row["name"]) for row in every] == [
        ("run-1", "Ada"),
        ("run-1", "old"),
        ("run-2", "new"),
    ]


def test_the_earlier_row_counts_again_once_the_newer_file_is_withdrawn(
    cloud: Cloud, sluice: Sluice
) -> None:
    publish(cloud, 1, customer(1, name="old"))
    newer = publish(cloud, 2, customer(1, name="new"))
    Published(cloud.s3, "work").withdraw(newer)
    assert ask(sluice, "select name from customers") == [{"name": "old"}]


@pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")  # awswrangler's own
def test_others_read_the_prefix_by_the_columns_and_types_of_the_catalog(
    cloud: Cloud, tmp_path: Path
) -> None:
    publish(cloud, 1, customer(1, credit_limit=Decimal("0.5"), newsletter=True), customer(2))
    types = wr.catalog.get_table_types("sluice", "customers", boto3_session=cloud.session)
    location = wr.catalog.get_table_location("sluice", "customers", boto3_session=cloud.session)
    frame = wr.s3.read_json(location, dataset=True, lines=True, boto3_session=cloud.session)
    assert set(frame.columns) == set(types) - {"address", "profession"}, "no row has these two"
    assert list(frame["dropped_on"].astype(str)) == ["2026-07-01"] * 2
    for key in (o["Key"] for o in cloud.s3.list_objects_v2(Bucket="work")["Contents"]):
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        cloud.s3.download_file("work", key, str(tmp_path / key))
    columns = {
        name: kind.replace("<", "(").replace(">", ")").replace(":", " ")
        for name, kind in types.items()
        if name != "dropped_on"
    }
    [first, _] = (
        duckdb.connect()
        .execute(
            f"FROM read_json('{tmp_path}/published/customers/*/*', columns={columns},"
            " format='newline_delimited', hive_partitioning=true,"
            f" hive_types={{'dropped_on': {types['dropped_on']}}}) ORDER BY customer_id"
        )
        .fetchall()
    )
    assert first == (
        *("C000001", "a@example.com", "Ada", None, None, date(2024, 2, 29), Decimal("0.5"), True),
        {"version": "2026-07-01T00:00:01Z#0000#aaaaaaaa", "run_id": "run-1"},
        date(2026, 7, 1),
    )


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(files=st.lists(st.dictionaries(st.integers(0, 3), st.text("ab", min_size=2, max_size=2))))
def test_the_query_sees_what_the_table_holds(
    cloud: Cloud, sluice: Sluice, files: list[dict[int, str]]
) -> None:
    """The fold of all rows by key and newest file, which is what the loader leaves."""
    published = Published(cloud.s3, "work")
    for former in list(published.publications("customers")):
        published.withdraw(former.source)
    held: dict[str, str] = {}
    for second, file in enumerate(files):
        publish(cloud, second, *(customer(n, name=name) for n, name in file.items()))
        held |= {f"C{n:06d}": name for n, name in file.items()}
    found = ask(sluice, "select customer_id, name from customers")
    assert {row["customer_id"]: row["name"] for row in found} == held
    assert len(found) == len(held)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        pytest.param("drop table customers", "SELECT or WITH", id="no query"),
        pytest.param("select nothing from customers", "nothing", id="no such column"),
        pytest.param("select * from read_csv('/etc/hosts')", "disabled", id="a file of this host"),
    ],
)
def test_what_cannot_be_asked_is_said(sluice: Sluice, sql: str, says: str) -> None:
    done = sluice("query", "customers", sql, "--engine", "duckdb")
    assert done.exit_code == 1
    assert says in done.stderr


def test_a_query_of_ones_own_expressions_is_taken(cloud: Cloud, sluice: Sluice) -> None:
    publish(cloud, 1, customer(1))
    sql = "WITH few AS (select name from customers) SELECT count(*) AS n FROM few;"
    assert ask(sluice, sql) == [{"n": 1}]


def test_a_dataset_that_is_not_published_is_told(cloud: Cloud, sluice: Sluice) -> None:
    cloud.glue.delete_table(DatabaseName="sluice", Name="customers")
    done = sluice("query", "customers", "select 1")
    assert done.exit_code == 4
    assert "dataset sync customers" in done.stderr


def test_athena_gets_the_same_text_and_its_answer_has_types(cloud: Cloud, sluice: Sluice) -> None:
    backend = athena_backends[ACCOUNT]["eu-central-1"]
    info = [
        {"Name": "n", "Type": "bigint"},
        {"Name": "total", "Type": "decimal"},
        {"Name": "name", "Type": "varchar"},
    ]
    texts = [["n", "total", "name"], ["2", "0.30", None]]
    rows = [{"Data": [{"VarCharValue": t} if t else {} for t in row]} for row in texts]
    backend.query_results_queue.append(QueryResults(rows=rows, column_info=info))
    done = sluice("--json", "query", "customers", "select 1", "--engine", "athena")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout, parse_float=str) == [{"n": 2, "total": "0.30", "name": None}]
    [execution] = backend.executions.values()
    shown = sluice("query", "customers", "select 1", "--show-sql").stdout.strip()
    assert execution.query == shown
    assert execution.config["OutputLocation"].startswith("s3://work/queries/")


@pytest.mark.parametrize(
    ("state", "code", "says"),
    [("FAILED", 1, "the query fails: it was too much"), ("CANCELLED", 5, "somebody cancelled")],
)
def test_a_query_that_athena_does_not_finish_is_told(
    cloud: Cloud, sluice: Sluice, state: str, code: int, says: str
) -> None:
    status = {"State": state, "StateChangeReason": "it was too much"}
    answer = SimpleNamespace(status_code=200), {"QueryExecution": {"Status": status}}
    cloud.session.events.register("before-call.athena.GetQueryExecution", lambda **_: answer)
    done = sluice("query", "customers", "select 1", "--engine", "athena")
    assert done.exit_code == code
    assert says in done.stderr
