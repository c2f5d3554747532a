"""What holds for all values."""

import json

from hypothesis import given
from hypothesis import strategies as st

from localcloud import jsonata
from localcloud.jsonata.sorting import merge_sorted

names = st.text("abc", min_size=1, max_size=2)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**14), 10**14) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


def evaluate(text, **variables):
    return jsonata.compile(text).evaluate(variables=variables)


@given(documents)
def test_a_text_that_was_written_is_the_value_again(document):
    value = (
        document if isinstance(document, str) else json.loads(evaluate("$string($v)", v=document))
    )
    assert value == document


@given(documents)
def test_a_clone_is_equal_and_changing_it_changes_nothing(document):
    before = json.dumps(document)
    assert evaluate("$v = $v", v=document) is True
    evaluate("[$v] ~> |**[$type($) = 'object']|{'new': 1}|", v=document)
    assert json.dumps(document) == before


@given(st.lists(st.tuples(st.integers(0, 3), st.integers())))
def test_sorting_keeps_equal_items_in_their_order(items):
    assert merge_sorted(items, lambda left, right: left[0] > right[0]) == sorted(
        items, key=lambda item: item[0]
    )


@given(st.integers(-(10**15), 10**15))
def test_a_moment_that_was_written_is_read_again(millis):
    in_range = millis % 253_000_000_000_000
    assert evaluate("$toMillis($fromMillis($v))", v=in_range) == in_range


@given(
    st.integers(1, 999_999), st.sampled_from(["1", "#,##0", "i", "a", "w", "A", "I", "W", "Ww;o"])
)
def test_an_integer_that_was_written_is_read_again(number, picture):
    if picture in {"i", "I"}:
        number = number % 4_999 + 1
    assert (
        evaluate(f"$parseInteger($formatInteger($v, '{picture}'), '{picture}')", v=number) == number
    )
