"""An index that is kept in order answers as moto does when it sorts everything for each Query."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from moto import mock_aws
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from localcloud.corrections.table_indexes import IndexQuery, forget

REGION, ACCOUNT = "eu-central-1", "123456789012"
STATUSES, MOMENTS = ("LOADED", "FAILED"), ("1", "2", "3", "4")


@pytest.fixture(scope="module")
def table() -> Iterator[Any]:
    names = ("pk", "sk", "status", "at")
    with mock_aws():
        boto3.client("dynamodb", region_name=REGION).create_table(
            TableName="runs",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in names],
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "RunIndex",
                    "KeySchema": [
                        {"AttributeName": "status", "KeyType": "HASH"},
                        {"AttributeName": "at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["name"]},
                }
            ],
        )
        yield dynamodb_backends[ACCOUNT][REGION].tables["runs"]


def asked(**changes: Any) -> dict[str, Any]:
    """The arguments of a Query of the index for LOADED."""
    return {
        "hash_key": DynamoType({"S": "LOADED"}),
        "range_comparison": None,
        "range_objs": [],
        "limit": None,
        "exclusive_start_key": None,
        "scan_index_forward": True,
        "projection_expressions": None,
        "index_name": "RunIndex",
        "hash_key_conditions": [("status", DynamoType({"S": "LOADED"}))],
        "range_key_conditions": [],
    } | changes


def answer(table: Any, request: dict[str, Any]) -> tuple[list[Any], int, Any]:
    [index] = table.global_indexes
    items, looked_at, last = IndexQuery(table, index, request).answer()
    return [item.attrs for item in items], looked_at, last


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@example(
    items=[("a", "LOADED", "1"), ("b", "LOADED", "2")],
    unlisted=False,
    forward=False,
    narrowing=(1, ("2", "2")),
)
@given(
    items=st.lists(
        st.tuples(st.sampled_from("abcdef"), st.sampled_from(STATUSES), st.sampled_from(MOMENTS)),
        max_size=12,
    ),
    unlisted=st.booleans(),
    forward=st.booleans(),
    narrowing=st.tuples(
        st.none() | st.integers(1, 4),
        st.none() | st.tuples(st.sampled_from(MOMENTS), st.sampled_from(MOMENTS)),
    ),
)
def test_it_answers_page_by_page_as_moto(
    table: Any,
    items: list[tuple[str, str, str]],
    unlisted: bool,
    forward: bool,
    narrowing: tuple[int | None, tuple[str, str] | None],
) -> None:
    limit, bounds = narrowing
    table.items.clear()
    forget()
    for key, status, at in items:
        table.put_item(
            {
                "pk": {"S": key},
                "sk": {"S": "RUN"},
                "status": {"S": status},
                "at": {"S": at},
                "name": {"S": key * 2},
                "more": {"S": "is not projected"},
            }
        )
    if unlisted:
        table.put_item({"pk": {"S": "z"}, "sk": {"S": "CLAIM"}, "status": {"S": "LOADED"}})
    request = asked(limit=limit, scan_index_forward=forward)
    if bounds:
        typed = [DynamoType({"S": bound}) for bound in bounds]
        request |= {
            "range_comparison": "BETWEEN",
            "range_objs": typed,
            "range_key_conditions": [("at", "BETWEEN", typed)],
        }
    original = inspect.unwrap(Table.query)
    start = None
    for _ in range(20):
        request["exclusive_start_key"] = start
        expected, looked_at, last = original(table, **request)
        assert answer(table, request) == ([item.attrs for item in expected], looked_at, last)
        if last is None:
            break
        start = {name: value.to_json() for name, value in last.items()}
    else:
        pytest.fail("the pages do not end")


def test_a_filter_sees_what_the_index_projects(table: Any) -> None:
    table.items.clear()
    forget()
    table.put_item(
        {
            name: {"S": "LOADED" if name == "status" else "1"}
            for name in ("pk", "sk", "status", "at")
        }
        | {"more": {"S": "1"}}
    )

    class HasMore:
        def expr(self, item: Any) -> bool:
            return "more" in item.attrs

    assert answer(table, asked(filter_expression=HasMore())) == ([], 1, None)


def test_a_page_ends_after_a_megabyte_of_entries(table: Any) -> None:
    table.items.clear()
    forget()
    for number in range(30):
        table.put_item(
            {
                "pk": {"S": f"{number:02}"},
                "sk": {"S": "RUN"},
                "status": {"S": "LOADED"},
                "at": {"S": "1"},
                "name": {"S": "x" * 100_000},
                "more": {"S": "y" * 200_000},
            }
        )
    found, _, last = answer(table, asked())
    assert len(found) == 10
    assert last is not None
