"""JSON text: compact, order kept, numbers as Java writes them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.query.json_text import dumps, java_number, loads

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_text_gives_the_value_back(value):
    assert loads(dumps(value)) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_keeps_its_value_and_its_point(number):
    text = java_number(number)
    assert float(text) == number
    assert "." in text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        pytest.param(0.0, "0.0", id="zero"),
        pytest.param(-0.0, "-0.0", id="negative zero"),
        pytest.param(1.0, "1.0", id="a whole number keeps its point"),
        pytest.param(9999999.0, "9999999.0", id="below ten million"),
        pytest.param(1e7, "1.0E7", id="ten million"),
        pytest.param(12345678.9, "1.23456789E7", id="a fraction above ten million"),
        pytest.param(0.001, "0.001", id="a thousandth"),
        pytest.param(0.0009, "9.0E-4", id="below a thousandth"),
        pytest.param(-2.5e-5, "-2.5E-5", id="a small negative"),
        pytest.param(1e300, "1.0E300", id="large"),
    ],
)
def test_numbers_are_written_as_java_writes_them(number, text):
    assert java_number(number) == text
    assert dumps({"a": [number]}) == f'{{"a":[{text}]}}'


def test_digits_inside_texts_stay_as_they_are():
    assert dumps(["12345678.9", "1e5", 1e7]) == '["12345678.9","1e5",1.0E7]'


def test_text_is_compact_ordered_and_not_escaped():
    assert dumps({"b": 1, "a": ["é", "🆗"]}) == '{"b":1,"a":["é","🆗"]}'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_express_is_refused(number):
    with pytest.raises(ValueError, match="not JSON compliant"):
        dumps(number)
    with pytest.raises(ValueError, match="no JSON value"):
        loads(json.dumps(number))
