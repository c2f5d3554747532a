"""Intrinsic functions: results, limits, refusals, syntax."""

import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.intrinsic_call import IntrinsicSyntaxError, parse_call
from localcloud.stepfunctions.query.intrinsics import (
    array_partition,
    array_unique,
    base64_decode,
    base64_encode,
    string_split,
)

INPUT = {"xs": [1, 2, 3, 4], "o": {"a": 1, "b": {"c": 1}}, "p": {"b": 2}, "s": "x", "n": None}
INPUT["half"] = "\ud800"  # half a character, which Java writes as a question mark


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("States.Array()", []),
        ("States.Array('a', 1, true, null, $.s)", ["a", 1, True, None, "x"]),
        ("States.ArrayPartition($.xs, 3)", [[1, 2, 3], [4]]),
        ("States.ArrayContains($.xs, 3)", True),
        ("States.ArrayContains(States.Array(true), 1)", False),
        ("States.ArrayRange(1, 9, 2)", [1, 3, 5, 7, 9]),
        ("States.ArrayRange(3, 1, -1)", [3, 2, 1]),
        ("States.ArrayGetItem($.xs, 0)", 1),
        ("States.ArrayLength($.xs)", 4),
        ("States.ArrayUnique(States.Array(1, 1, true, '1'))", [1, True, "1"]),
        ("States.Base64Encode('Data to encode')", "RGF0YSB0byBlbmNvZGU="),
        ("States.Base64Encode($.half)", "Pw=="),
        ("States.Base64Decode('RGVjb2RlZCBkYXRh')", "Decoded data"),
        ("States.Hash('x', 'MD5')", "9dd4e461268c8034f5c8564e155c67a6"),
        ("States.Hash('x', 'SHA-1')", "11f6ad8ec52a2984abaafd7c3b516503785c2072"),
        ("States.JsonMerge($.o, $.p, false)", {"a": 1, "b": 2}),
        ("States.StringToJson('{\"a\": [1.0]}')", {"a": [1.0]}),
        ("States.StringToJson('')", None),
        ("States.JsonToString($.o)", '{"a":1,"b":{"c":1}}'),
        ("States.MathAdd(111.6, -1)", 111),
        ("States.StringSplit('1,2,,3', ',')", ["1", "2", "3"]),
        ("States.StringSplit('a.b+c', '.+')", ["a", "b", "c"]),
        ("States.Format('Hello {}, {} of {}', 'you', 1, $.xs)", "Hello you, 1 of [1, 2, 3, 4]"),
        (r"States.Format('\{{}\} it\'s {}', 1, null)", "{1} it's null"),
        ("States.ArrayLength(States.StringSplit($$.name, '-'))", 2),
        ("States.Format('{}', $v[0])", "7"),
    ],
)
def test_functions_give(scope, call, value):
    assert parse_call(call)(scope(INPUT, {"name": "a-b"}, v=[7])) == value


@pytest.mark.parametrize(
    "call",
    [
        pytest.param("States.ArrayPartition($.xs, 0)", id="chunks of nothing"),
        pytest.param("States.ArrayRange(0, 1000, 1)", id="1,001 elements"),
        pytest.param("States.ArrayRange(0, 1, 0)", id="no step"),
        pytest.param("States.ArrayGetItem($.xs, 4)", id="behind the end"),
        pytest.param("States.ArrayGetItem($.xs, -1)", id="before the start"),
        pytest.param("States.ArrayLength($.s)", id="no array"),
        pytest.param("States.Base64Encode($.long)", id="10,001 characters"),
        pytest.param("States.Base64Decode('%%')", id="no Base64"),
        pytest.param("States.Hash('x', 'CRC')", id="unknown algorithm"),
        pytest.param("States.JsonMerge($.o, $.p, true)", id="deep merge"),
        pytest.param("States.JsonMerge($.o, $.s, false)", id="no object"),
        pytest.param("States.StringToJson('{')", id="no JSON"),
        pytest.param("States.MathRandom(5, 5)", id="empty range"),
        pytest.param("States.MathAdd('1', 1)", id="no number"),
        pytest.param("States.Format('{} {}', 1)", id="an argument short"),
        pytest.param("States.Format('{}', 1, 2)", id="an argument too many"),
    ],
)
def test_functions_refuse(scope, call):
    with pytest.raises(EvaluationError) as caught:
        parse_call(call)(scope({**INPUT, "long": "x" * 10_001}))
    assert caught.value.error == "States.IntrinsicFailure"
    assert caught.value.cause.startswith(f"The function '{call}' had the following error: ")


def test_an_argument_that_leads_nowhere(scope):
    with pytest.raises(EvaluationError) as caught:
        parse_call("States.Array($.nope)")(scope({"a": 1}))
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "The function 'States.Array($.nope)' had the following error: The JsonPath argument for"
        " the field '$.nope' could not be found in the input '{\"a\":1}'"
    )


@pytest.mark.parametrize(
    "text",
    [
        "States.Nope()",
        "States.UUID(1)",
        "States.Array(",
        "States.Array(1 2)",
        "States.Array(x)",
        "States.Array('a)",
        "States.Array() more",
        "States.MathRandom(1)",
        "States.Array($.)",
        "States.Array(" * 11 + ")" * 11,
    ],
)
def test_what_is_no_call_is_refused(text):
    with pytest.raises(IntrinsicSyntaxError):
        parse_call(text)


def test_paths_with_brackets_and_quotes_are_arguments(scope):
    call = parse_call("States.Array($['a, b)'], $.xs[?(@ > 2)], $.xs.length())")
    assert call(scope({"a, b)": 0, "xs": [1, 3]})) == [0, [3], 2]


def test_random_numbers_repeat_with_their_seed(scope):
    seeded = parse_call("States.MathRandom(1, 999, 3)")
    assert seeded(scope()) == seeded(scope())
    free = parse_call("States.MathRandom(1, 3)")
    assert {free(scope()) for _ in range(100)} == {1, 2}


def test_uuid_is_one(scope):
    assert uuid.UUID(parse_call("States.UUID()")(scope())).version == 4


@given(st.text(max_size=100))
def test_base64_gives_the_text_back(text):
    assert base64_decode(base64_encode(text)) == text


@given(st.lists(st.integers()), st.integers(1, 10))
def test_partitions_join_to_the_whole(items, size):
    chunks = array_partition(items, size)
    assert [item for chunk in chunks for item in chunk] == items
    assert all(0 < len(chunk) <= size for chunk in chunks)


@given(st.lists(st.integers(0, 3) | st.booleans() | st.sampled_from([[], [1], {"a": 1}])))
def test_unique_elements_occur_once_in_their_first_order(items):
    kept = array_unique(items)
    assert array_unique(kept) == kept
    assert [repr(item) for item in kept] == list(dict.fromkeys(map(repr, items)))


@given(st.text("ab,;", max_size=20))
def test_splitting_loses_only_delimiters(text):
    assert "".join(string_split(text, ",;")) == re.sub("[,;]", "", text)
