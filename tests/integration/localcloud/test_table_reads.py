"""Queries and scans that look at less find what moto finds; pages end where DynamoDB's end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from localcloud import corrections
from localcloud.corrections.table_reads import forget
from tests.integration.localcloud.world import World

KEYS = [
    {"AttributeName": "pk", "KeyType": "HASH"},
    {"AttributeName": "sk", "KeyType": "RANGE"},
]
INDEX = {
    "IndexName": "Other",
    "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}


def table_of(items: list[dict[str, Any]]) -> Any:
    corrections.apply()
    table: Any = Table(
        "t",
        account_id="123456789012",
        region="eu-central-1",
        schema=KEYS,
        attr=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "other", "AttributeType": "S"},
        ],
        global_indexes=[INDEX],
    )
    for item in items:
        table.put_item(item)
    return table


def query(table: Any, ask: Any, *, index: str | None, key: str, start: Any, limit: int) -> Any:
    name, value = ("other" if index else "pk"), DynamoType({"S": key})
    items, scanned, last = ask(
        table,
        value,
        None,
        [],
        limit,
        start,
        True,
        None,
        index,
        hash_key_conditions=[(name, value)],
        range_key_conditions=[],
    )
    return [item.to_json() for item in items], scanned, last


rows = st.builds(
    lambda pk, sk, other: (
        {"pk": {"S": pk}, "sk": {"N": str(sk)}} | ({"other": {"S": other}} if other else {})
    ),
    st.sampled_from("ab"),
    st.integers(-20, 20),
    st.sampled_from(["", "x", "y"]),
)


@given(
    st.lists(rows, max_size=25),
    st.sampled_from([None, "Other"]),
    st.sampled_from("abxyz"),
    st.integers(1, 5),
)
@settings(max_examples=60)
def test_a_query_finds_page_by_page_what_moto_finds(
    items: list[dict[str, Any]], index: str | None, key: str, limit: int
) -> None:
    table = table_of(items)
    asked: Any = Table.query
    start = None
    while True:
        pages = [
            query(table, ask, index=index, key=key, start=start, limit=limit)
            for ask in (asked, asked.__wrapped__)
        ]
        assert pages[0] == pages[1]
        last = pages[0][2]
        if last is None:
            break
        start = {name: value.to_json() for name, value in last.items()}


@given(st.lists(rows, max_size=25))
def test_a_scan_goes_by_key(items: list[dict[str, Any]]) -> None:
    found = table_of(items).all_items()
    places = [(item.hash_key.value, int(item.range_key.value)) for item in found]
    assert places == sorted({(item["pk"]["S"], int(item["sk"]["N"])) for item in items})


def scan(table: Any, ask: Any, *, start: Any, limit: int) -> Any:
    items, scanned, last = ask(table, {}, limit, start)
    return [item.to_json() for item in items], scanned, last


@given(st.lists(rows, max_size=25), st.lists(rows, max_size=3), st.integers(1, 5))
@settings(max_examples=60)
def test_a_scan_finds_page_by_page_what_moto_finds(
    items: list[dict[str, Any]], later: list[dict[str, Any]], limit: int
) -> None:
    table = table_of(items)
    asked: Any = Table.scan
    start = None
    while True:
        pages = [scan(table, ask, start=start, limit=limit) for ask in (asked, asked.__wrapped__)]
        assert pages[0] == pages[1]
        last = pages[0][2]
        if last is None:
            break
        start = {name: value.to_json() for name, value in last.items()}
        if later:
            forget()
            table.put_item(later.pop())


def test_a_page_of_a_scan_looks_at_no_item_of_the_pages_before() -> None:
    table = table_of([{"pk": {"S": "a"}, "sk": {"N": str(number)}} for number in range(40)])
    passed, compare = [], table._item_comes_before_dct

    def comes_before(item: Any, *key: Any) -> Any:
        passed.append(item)
        return compare(item, *key)

    table._item_comes_before_dct = comes_before
    start, found = None, []
    while True:
        page, _, last = scan(table, Table.scan, start=start, limit=4)
        found += page
        if last is None:
            break
        start = {name: value.to_json() for name, value in last.items()}
    assert len(found) == 40
    assert len(passed) <= 2 * len(found) / 4


@pytest.fixture
def big(world: World) -> str:
    """A table whose one partition holds five items of 300,000 bytes each."""
    name = world.name("big")
    client = world.client("dynamodb")
    client.create_table(
        TableName=name,
        KeySchema=KEYS,
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    for number in range(5):
        client.put_item(
            TableName=name,
            Item={"pk": {"S": "a"}, "sk": {"N": str(number)}, "v": {"S": "x" * 300_000}},
        )
    return name


def test_a_page_reads_one_megabyte_before_it_is_filtered(world: World, big: str) -> None:
    client = world.client("dynamodb")
    ask: dict[str, Any] = {
        "TableName": big,
        "FilterExpression": "sk > :n",
        "ExpressionAttributeValues": {":n": {"N": "3"}},
    }
    of_key = {
        "TableName": big,
        "KeyConditionExpression": "pk = :k",
        "ExpressionAttributeValues": {":k": {"S": "a"}},
    }
    first = client.scan(**ask)
    assert (first["Count"], first["ScannedCount"]) == (0, 3)
    second = client.scan(**ask, ExclusiveStartKey=first["LastEvaluatedKey"])
    assert (second["Count"], "LastEvaluatedKey" in second) == (1, False)
    pages = client.get_paginator("query").paginate(**of_key)
    assert [page["Count"] for page in pages] == [3, 2]


def test_numbers_count_as_dynamodb_stores_them() -> None:
    number = "12345678901234567890123456789012345678"
    [item] = table_of([{"pk": {"S": "a"}, "sk": {"N": number}}]).all_items()
    assert item.size() == len("pk") + len("a") + len("sk") + 20
