"""Requests that go straight to moto's tables do what moto does."""

import base64
import io
import itertools
import json
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from localcloud import corrections
from localcloud.account import ACCOUNT_ID
from localcloud.services import Services
from localcloud.strict.direct_puts import put_directly
from localcloud.strict.dynamodb import StrictDynamoDB

DIRECT, MOTO = "us-east-1", "eu-west-1"
numbers = itertools.count()
kept: list[str] = []
app = StrictDynamoDB(Services(), now=lambda: 0.0, keep=lambda name, *_: kept.append(name))

NEWER = {
    "ConditionExpression": "attribute_not_exists(#k) OR #m.#v < :v",
    "ExpressionAttributeNames": {"#k": "pk", "#m": "meta", "#v": "v"},
    "ExpressionAttributeValues": {":v": {"S": "b"}},
}


@pytest.fixture(scope="module", autouse=True)
def _corrected() -> None:
    corrections.apply()


def call(operation: str, request: dict[str, Any], region: str) -> tuple[str, Any, bool]:
    """Status, document, and whether moto answered; in one of the regions it always does."""
    body = json.dumps(request).encode()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "REQUEST_URI": "/",
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "application/x-amz-json-1.0",
        "HTTP_X_AMZ_TARGET": f"DynamoDB_20120810.{operation}",
        "HTTP_AUTHORIZATION": f"AWS4-HMAC-SHA256 Credential=me/20260101/{region}/dynamodb/aws4",
    }
    if region == MOTO:
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = ACCOUNT_ID
    answered: list[Any] = []
    content: Iterable[bytes] = app(environ, lambda *line: answered.append(line))
    document = json.loads(b"".join(content) or b"{}")
    [(status, headers, *_)] = answered
    return status[:3], document, ("server", "amazon.com") in headers


def new_tables() -> str:
    name = f"table-{next(numbers)}"
    for region in (DIRECT, MOTO):
        keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
        types = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "other")]
        index = {
            "IndexName": "Other",
            "KeySchema": [{"AttributeName": "other", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
        table = {"TableName": name, "KeySchema": keys, "AttributeDefinitions": types}
        more = {"BillingMode": "PAY_PER_REQUEST", "GlobalSecondaryIndexes": [index]}
        assert call("CreateTable", table | more, region)[0] == "200"
    return name


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
names = texts.filter(bool)  # of an attribute without a name moto gives back another item
scalars = (
    st.builds(lambda text: {"S": text}, texts)
    | st.builds(lambda number: {"N": str(number)}, st.decimals(-9, 9, places=2))
    | st.builds(lambda truth: {"BOOL": truth}, st.booleans())
    | st.builds(lambda content: {"B": base64.b64encode(content).decode()}, st.binary(max_size=4))
    | st.just({"NULL": True})
    | st.builds(lambda texts: {"SS": sorted(texts)}, st.sets(texts, max_size=3))
)
values = st.recursive(
    scalars,
    lambda parts: (
        st.builds(lambda some: {"L": some}, st.lists(parts, max_size=3))
        | st.builds(lambda some: {"M": some}, st.dictionaries(names, parts, max_size=3))
    ),
    max_leaves=5,
)
versions = st.builds(lambda text: {"M": {"v": {"S": text}}}, st.sampled_from("abc"))
items = st.fixed_dictionaries(
    {"pk": st.builds(lambda text: {"S": text}, st.sampled_from(["", "x", "y"]))},
    optional={"meta": versions | values, "other": scalars, "n": values},
)
conditions = st.sampled_from(
    [
        {},
        NEWER,
        NEWER | {"ExpressionAttributeValues": {":v": {"S": "c"}}},
        NEWER | {"ExpressionAttributeNames": {"#k": "pk", "#m": "meta", "#v": "v", "#x": "x"}},
        {"ConditionExpression": "attribute_exists(pk)"},
        {"ConditionExpression": "size(n) > :v", "ExpressionAttributeValues": {":v": {"N": "2"}}},
        {"ConditionExpression": "n = :v", "ExpressionAttributeValues": {":v": {"N": "1.50"}}},
        {"ConditionExpression": "n = "},
        {"ConditionExpression": "name = :v", "ExpressionAttributeValues": {":v": {"S": "a"}}},
        {"ExpressionAttributeNames": {"#k": "pk"}},
        {"ExpressionAttributeValues": {}},
        {"Expected": {"pk": {"Exists": False}}},
    ]
)
options = st.fixed_dictionaries(
    {},
    optional={
        "ReturnValues": st.sampled_from(["ALL_OLD", "NONE", "ALL_NEW"]),
        "ReturnValuesOnConditionCheckFailure": st.sampled_from(["ALL_OLD", "NONE"]),
        "ReturnConsumedCapacity": st.just("TOTAL"),
    },
)
puts = st.builds(lambda item, *more: {"Item": item} | more[0] | more[1], items, conditions, options)
OLD = {"ReturnValues": "ALL_OLD", "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
ROW: dict[str, Any] = {"Item": {"pk": {"S": "x"}, "meta": {"M": {"v": {"S": "a"}}}}} | NEWER | OLD


@given(st.lists(puts, min_size=1, max_size=6))
@example([ROW, ROW, ROW | {"Item": {"pk": {"S": "x"}, "meta": {"M": {"v": {"S": "b"}}}}}, ROW])
@settings(max_examples=60, deadline=None)
def test_answers_and_tables_are_those_of_moto(requests: list[dict[str, Any]]) -> None:
    table = new_tables()
    for request in requests:
        put = {"TableName": table} | request
        direct, moto = (call("PutItem", put, region)[:2] for region in (DIRECT, MOTO))
        assert direct == moto, put
    scans = [call("Scan", {"TableName": table}, region)[1] for region in (DIRECT, MOTO)]
    assert scans[0] == scans[1]


def test_the_requests_of_a_load_do_not_pass_through_moto_s_layers() -> None:
    table = new_tables()
    kept.clear()
    answers = [call("PutItem", {"TableName": table} | ROW, DIRECT) for _ in range(3)]
    newer = ROW | {"ExpressionAttributeValues": {":v": {"S": "a"}}}
    answers.append(call("PutItem", {"TableName": table} | newer, DIRECT))
    old = ROW["Item"]
    assert [(status, by_moto) for status, _, by_moto in answers] == [
        ("200", False),
        ("200", False),
        ("200", False),
        ("400", False),
    ]
    assert [document.get("Attributes") for _, document, _ in answers] == [None, old, old, None]
    assert answers[3][1]["Item"] == old
    assert kept == ["PutItem"] * 4


def test_what_moto_must_see_is_left_alone() -> None:
    table = new_tables()
    put = {"TableName": table} | ROW
    for request in (
        put | {"Item": {"pk": {"S": "x"}, "n": {"SS": ["a"]}}},
        put | {"ReturnConsumedCapacity": "TOTAL"},
        put | {"TableName": "unknown"},
        put | {"ConditionExpression": "#k #m #v :v"},
    ):
        assert put_directly(request, DIRECT) is None
    assert call("Scan", {"TableName": table}, DIRECT)[1]["Count"] == 0


def test_equal_conditions_share_what_was_parsed_and_nothing_else() -> None:
    names = {"#k": "pk"}

    def parse(value: dict[str, Any]) -> tuple[Any, list[str]]:
        parser = ConditionExpressionParser("#k = :v", names, {":v": value})
        return parser.parse(), parser.expr_attr_names_found

    (first, used), (second, used_again) = parse({"S": "1"}), parse({"S": "1"})
    assert first is second
    assert used == used_again == ["#k"]
    used.append("of this request only")
    assert parse({"S": "1"})[1] == ["#k"]
    item = Item(DynamoType({"S": "1"}), None, {"pk": {"S": "1"}})
    assert parse({"S": "1"})[0].expr(item)
    assert not parse({"N": "1"})[0].expr(item)
    names["#k"] = "other"
    assert not parse({"S": "1"})[0].expr(item)


batches = st.lists(st.tuples(items, st.booleans()), min_size=1, max_size=4)


@given(st.lists(batches, min_size=1, max_size=4))
@settings(max_examples=40, deadline=None)
def test_batches_of_writes_end_as_with_moto(
    requests: list[list[tuple[dict[str, Any], bool]]],
) -> None:
    table = new_tables()
    for batch in requests:
        writes = [
            {"PutRequest": {"Item": item}}
            if is_put
            else {"DeleteRequest": {"Key": {"pk": item["pk"]}}}
            for item, is_put in batch
        ]
        write = {"RequestItems": {table: writes}}
        direct, moto = (call("BatchWriteItem", write, region)[:2] for region in (DIRECT, MOTO))
        assert direct == moto, write
    scans = [call("Scan", {"TableName": table}, region)[1] for region in (DIRECT, MOTO)]
    assert scans[0] == scans[1]


def insert(table: str, *rows: dict[str, Any]) -> list[dict[str, Any]]:
    statements = [
        {
            "Statement": f'INSERT INTO "{table}" VALUE {{'
            + ",".join(f"'{name}':?" for name in item)
            + "}",
            "Parameters": list(item.values()),
        }
        for item in rows
    ]
    status, document, by_moto = call("BatchExecuteStatement", {"Statements": statements}, DIRECT)
    assert (status, by_moto) == ("200", False)
    answers: list[dict[str, Any]] = document["Responses"]
    return answers


def test_an_insert_puts_what_is_new_and_nothing_else() -> None:
    table = new_tables()
    old, new, bad = ({"pk": {"S": key}, "n": {"N": key or "0"}} for key in ("1", "2", ""))
    assert insert(table, old) == [{"TableName": table}]
    answers = insert(table, old | {"n": {"N": "9"}}, bad, new | {"n": {"N": "2.0"}})
    assert [answer.get("Error", {}).get("Code") for answer in answers] == [
        "DuplicateItem",
        "ValidationError",
        None,
    ]
    stored = call("Scan", {"TableName": table}, DIRECT)[1]["Items"]
    assert sorted(stored, key=str) == [old, new]


def test_an_insert_into_no_table_says_so() -> None:
    [answer] = insert("nowhere", {"pk": {"S": "1"}})
    assert answer["Error"]["Code"] == "ResourceNotFound"


keys = st.dictionaries(
    st.sampled_from(["pk", "pk", "other"]),
    st.sampled_from([{"S": ""}, {"S": "x"}, {"S": "y"}, {"N": "1"}, {"S": "x", "N": "1"}]),
    max_size=2,
)
reads = st.builds(
    dict.__or__,
    st.builds(lambda key: {"Key": key}, keys | st.just({"pk": {"S": "x"}})),
    st.sampled_from([{}, {"ConsistentRead": True}, {"ProjectionExpression": "n"}]),
)


@given(st.lists(items, max_size=3), st.lists(reads, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
def test_items_are_read_as_by_moto(
    rows: list[dict[str, Any]], requests: list[dict[str, Any]]
) -> None:
    table = new_tables()
    for row, region in itertools.product(rows, (DIRECT, MOTO)):
        call("PutItem", {"TableName": table, "Item": row}, region)
    for request in requests:
        get = {"TableName": table} | request
        batch = {"RequestItems": {table: {"Keys": [{"pk": {"S": "y"}}, request["Key"]]}}}
        for operation, asked in (("GetItem", get), ("BatchGetItem", batch)):
            direct, moto = (call(operation, asked, region)[:2] for region in (DIRECT, MOTO))
            assert direct == moto, asked


def test_a_whole_item_is_read_without_moto_s_layers() -> None:
    table = new_tables()
    call("PutItem", {"TableName": table} | ROW, DIRECT)
    key, item = {"pk": {"S": "x"}}, ROW["Item"]
    got = call("GetItem", {"TableName": table, "Key": key}, DIRECT)
    assert got == ("200", {"Item": item}, False)
    asked = {"RequestItems": {table: {"Keys": [key, {"pk": {"S": "none"}}]}}}
    status, document, by_moto = call("BatchGetItem", asked, DIRECT)
    assert (status, document["Responses"], by_moto) == ("200", {table: [item]}, False)
