"""Queries whose rows keep their order, and tasks that may be attempted twice."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

from conversion.engine import Engine, Verdicts, batches, named
from conversion.judging_sql import verdicts_sql
from conversion.reading_sql import lines_sql, native_sql
from conversion.split_text import SplitText
from conversion.splits import Split, splits_of
from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import compile_rules
from pipeline.errors import EngineError, ReconciliationError, TransientError
from tests.unit.conversion.reference_conversion import (
    MemoryStorage,
    converted,
    manifest_for,
    workshop,
)

ORDERED = {
    "CREATE_TABLE_AS", "BATCH_CREATE_TABLE_AS", "PROJECTION", "STREAMING_WINDOW", "FILTER",
    "READ_CSV", "SEQ_SCAN", "EMPTY_RESULT",
}  # fmt: skip
"""Operators that deliver rows as they get them."""


def strict_contract(values: int) -> Contract:
    """A contract with every rule there is, and lists of so many values."""
    words = [f"w{n}" for n in range(values)]
    fields = [
        {"name": "id", "type": "integer", "constraints": {"enum": list(range(values))}},
        {"name": "word", "constraints": {"enum": words, "unique": True, "required": True}},
        {"name": "x", "type": "number", "constraints": {"minimum": 0, "maximum": 9}},
        {"name": "ok", "type": "boolean", "trueValues": words, "falseValues": ["n"]},
        {"name": "day", "type": "date", "constraints": {"minimum": "2000-01-01"}},
        {"name": "t", "constraints": {"pattern": "a+", "minLength": 1, "maxLength": 9}},
    ]
    return Contract.parse(
        {
            "name": "things",
            "schema": {
                "fields": fields,
                "primaryKey": ["id", "word"],
                "missingValues": ["", *(f"m{n}" for n in range(values))],
            },
            "sluice": {"table": "T", "extra_columns": "ignore"},
        }
    )


def operators(query: str) -> set[str]:
    """Return the names of the operators that a query is planned as."""
    (_, plan), *_ = workshop().connection.execute(f"EXPLAIN (FORMAT json) {query}").fetchall()
    found: set[str] = set()
    pending = list(json.loads(plan))
    while pending:
        node = pending.pop()
        found.add(node["name"].strip())
        pending += node["children"]
    return found


@pytest.mark.parametrize("values", [1, 4, 5, 8, 9, 50])
@pytest.mark.parametrize("reader", ["native", "lines"])
def test_no_operator_leaves_the_order_of_records_open(values: int, reader: str) -> None:
    rules = compile_rules(strict_contract(values))
    columns = ["t", "word", "id", None, "x", "ok", "day"]
    path = workshop().folder / "plan.csv"
    path.write_text("-\n")
    if reader == "native":
        relation = native_sql(path, rules, columns)
    else:
        relation = lines_sql(path, rules, columns, "\x01")
    query = verdicts_sql(rules, columns, relation, 1, source_version="v")
    found = operators(f"CREATE TEMP TABLE v AS {query}")
    assert {"READ_CSV", "STREAMING_WINDOW"} <= found
    assert found <= ORDERED
    with workshop().bench() as (connection, _):
        connection.execute(f"CREATE TEMP TABLE verdicts AS {query}")


def test_the_plan_of_a_join_would_be_noticed() -> None:
    query = "SELECT n FROM range(9) t(n) WHERE n IN (SELECT n FROM range(5) s(n))"
    assert not operators(query) <= ORDERED


def test_verdicts_out_of_order_are_an_error_and_no_wrong_file(tmp_path: Path) -> None:
    with workshop().bench() as (connection, folder):
        connection.execute(
            "CREATE TEMP TABLE verdicts AS FROM (VALUES (2, 'b'), (1, 'a')) t(ordinal, line)"
        )
        connection.execute("ALTER TABLE verdicts ALTER ordinal TYPE BIGINT")
        split = Split(
            file_index=0, index=0, offset=0, bytes=1, first_record=1, records=2, first_line=2
        )
        text = SplitText(path=tmp_path / "t", split=split, quote=b'"', is_multiline=False)
        verdicts = Verdicts(text=text, connection=connection, folder=folder)
        with pytest.raises(EngineError, match="not in the order"):
            list(batches(verdicts))


def test_a_split_converted_twice_writes_the_same_objects(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"a,w{n % 5},{n % 7},,1,n,\n" for n in range(40))
    path.write_text("t,word,id,more,x,ok,day\n" + rows)
    contract = strict_contract(5)
    manifest = manifest_for(contract, [path], split_bytes=100)
    storage = MemoryStorage()
    engine = Engine(manifest=manifest, storage=storage, workshop=workshop())
    first, *_ = splits_of(manifest)
    judged, _ = engine.convert(first, buckets=1)
    stored = dict(storage.objects)
    again, _ = engine.convert(first, buckets=1)
    assert storage.objects == stored
    assert again == judged
    for _ in range(2):
        last = engine.convert_again(first, {first.first_record: [None]}, judged.names)
        assert sorted(storage.objects) == sorted(last.names)


@pytest.mark.parametrize(
    ("error", "told", "message"),
    [
        (duckdb.IOException("disk is full"), TransientError, "IOException: disk is full"),
        (
            duckdb.ConversionException("no number\nOriginal Line: secret"),
            EngineError,
            r"file 3 \(incoming/a.csv\): ConversionException: no number$",
        ),
        (ReconciliationError("no"), ReconciliationError, r"file 3 \(incoming/a.csv\): no"),
    ],
)
def test_an_error_names_the_file_that_is_to_blame(
    error: Exception, told: type[Exception], message: str
) -> None:
    with pytest.raises(told, match=message), named({"index": 3, "key": "incoming/a.csv"}):
        raise error


def test_a_text_with_other_records_than_the_validator_counted_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("t,word,id,x,ok,day\na,w1,1,1,n,\n")
    manifest = manifest_for(strict_contract(5), [path])
    manifest["files"][0]["splits"][0]["records"] = 2
    with pytest.raises(ReconciliationError, match=r"file 0 \(incoming/a.csv\): no reader finds 2"):
        converted(manifest)
