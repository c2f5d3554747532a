from typing import Any

import pytest

from localcloud.strict.attribute_values import (
    InvalidValueError,
    checked_item,
    item_size_bytes,
)
from localcloud.strict.dynamodb_rules import RULES
from localcloud.strict.tables import TableKeys

KEYS = TableKeys(
    partition="pk",
    sort="sk",
    types={"pk": "S", "sk": "N", "open": "S"},
    indexed={"OpenIndex": ("open",)},
)


def item(**attributes: Any) -> dict[str, Any]:
    return {"pk": {"S": "a"}, "sk": {"N": "1"}} | attributes


def put(*items: dict[str, Any]) -> dict[str, Any]:
    return {"RequestItems": {"t": [{"PutRequest": {"Item": each}} for each in items]}}


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {"S": "deep"}
    for _ in range(levels):
        value = {"L": [value]}
    return value


@pytest.mark.parametrize(
    ("refused", "reason"),
    [
        pytest.param({"pk": {"S": "a"}}, "Missing the key sk in the item", id="no sort key"),
        pytest.param(item(pk={"S": ""}), "empty string value. Key: pk", id="empty key"),
        pytest.param(item(pk={"N": "1"}), "for key pk expected: S actual: N", id="type of a key"),
        pytest.param(item(pk={"S": "é" * 1025}), "limit of2048 bytes", id="long partition key"),
        pytest.param(item(open={"S": ""}), "IndexName: OpenIndex, IndexKey: open", id="index key"),
        pytest.param(item(open={"N": "1"}), "Expected: S Actual: N", id="type of an index key"),
        pytest.param(item(v={"S": "x" * 409_593}), "Item size has exceeded", id="400 KB"),
        pytest.param(item(v={"SS": []}), "An string set  may not be empty", id="empty set"),
        pytest.param(item(v={"NS": ["1", "1.0"]}), "contains duplicates", id="equal numbers"),
        pytest.param(item(v={"SS": ["a", "a"]}), r"\[a, a\] contains dupl", id="equal strings"),
        pytest.param(item(v={}), "AttributeValue is empty", id="no type"),
        pytest.param(item(v={"S": "a", "N": "1"}), "more than one datatypes", id="two types"),
        pytest.param(item(v=nested(33)), "Nesting Levels", id="nested too deep"),
    ],
)
def test_an_item_that_does_not_fit_is_refused(refused: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidValueError, match=reason):
        RULES["PutItem"]({"TableName": "t", "Item": refused}, lambda _: KEYS)
    with pytest.raises(InvalidValueError, match=reason):
        RULES["BatchWriteItem"](put(refused), lambda _: KEYS)


@pytest.mark.parametrize(
    "accepted",
    [
        pytest.param(item(pk={"S": "x" * 2048}), id="longest partition key"),
        pytest.param(item(v={"S": ""}), id="an empty string that is no key"),
        pytest.param(item(v=nested(32)), id="as deep as it goes"),
        pytest.param(item(v={"S": "x" * 409_592}), id="400 KB and no more"),
    ],
)
def test_an_item_at_the_limit_is_accepted(accepted: dict[str, Any]) -> None:
    RULES["PutItem"]({"TableName": "t", "Item": accepted}, lambda _: KEYS)


def test_a_batch_is_refused_as_a_whole() -> None:
    keyed = [item(sk={"N": str(number)}) for number in range(26)]
    RULES["BatchWriteItem"](put(*keyed[:25]), lambda _: KEYS)
    with pytest.raises(InvalidValueError, match="Too many items requested for the BatchWriteItem"):
        RULES["BatchWriteItem"](put(*keyed), lambda _: KEYS)
    with pytest.raises(InvalidValueError, match="item keys contains duplicates"):
        RULES["BatchWriteItem"](put(item(sk={"N": "1"}), item(sk={"N": "1.0"})), lambda _: KEYS)
    deletion = {"DeleteRequest": {"Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}}
    both = {"RequestItems": {"t": [*put(item())["RequestItems"]["t"], deletion]}}
    with pytest.raises(InvalidValueError, match="item keys contains duplicates"):
        RULES["BatchWriteItem"](both, lambda _: KEYS)


def test_numbers_are_kept_as_dynamodb_keeps_them_at_any_depth() -> None:
    value = {"M": {"n": {"L": [{"N": "1.50"}, {"NS": ["1e1", "2"]}]}}}
    assert checked_item({"v": value}) == {
        "v": {"M": {"n": {"L": [{"N": "1.5"}, {"NS": ["10", "2"]}]}}}
    }


def test_sizes_count_names_text_as_utf8_and_overheads() -> None:
    assert item_size_bytes({"é": {"S": "é"}}) == 4
    assert item_size_bytes({"a": {"B": "AAAA"}}) == 4
    assert item_size_bytes({"a": {"BOOL": True}}) == 2
    assert (
        item_size_bytes({"a": {"M": {"b": {"L": [{"NULL": True}]}}}}) == 1 + 3 + 1 + 1 + 3 + 1 + 1
    )
