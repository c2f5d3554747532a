"""No expression runs for ever, whatever it holds; and none brings down who evaluates it."""

import sys
import threading

import pytest

from localcloud import jsonata
from localcloud.jsonata import Bounds, JsonataError

SHORT = Bounds(seconds=0.2, depth=500)

ENDLESS = {
    "a tail call": "($f := function($x) { $f($x + 1) }; $f(1))",
    "a regular expression": "$match($v, /(.*),(.*),(.*),(.*)x/)",
    "a replacement": "$replace($v, /(.*),(.*),(.*),(.*)x/, 'x')",
    "a split": "$split($v, /(.*),(.*),(.*),(.*)x/)",
    "a condition": "$contains($v, /(.*),(.*),(.*),(.*)x/)",
    "loops within loops": "$count([1..9999].($x := $; [1..9999].($x + $)))",
    "predicates": "$count([1..99999][$count([1..99999][$ = 0]) = 1])",
    "an order": "[1..999999]^($ * -1)",
    "a function for each item": "$map([1..999999], function($x) { $x })",
}


@pytest.mark.parametrize("expression", ENDLESS.values(), ids=ENDLESS)
def test_what_takes_too_long_is_stopped(expression):
    with pytest.raises(JsonataError, match="evaluation timeout"):
        jsonata.compile(expression).evaluate(variables={"v": "," * 5_000}, bounds=SHORT)


def test_calls_within_calls_are_stopped():
    endless = jsonata.compile("($f := function($x) { 1 + $f($x) }; $f(1))")
    with pytest.raises(JsonataError, match="Stack overflow"):
        endless.evaluate()


def test_calls_are_stopped_by_their_own_limit_and_not_by_python():
    deep = jsonata.compile("($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(499))")
    results = []
    thread = threading.Thread(target=lambda: results.append(deep.evaluate()))
    thread.start()
    thread.join()
    assert results == [499]
    assert sys.getrecursionlimit() >= 10_000


@pytest.mark.parametrize(
    "text", ["(" * 50_000, "[" * 50_000 + "]" * 50_000, "-" * 50_000 + "1", "1" + "+1" * 20_000]
)
def test_an_expression_may_be_nested_too_deeply_to_be_compiled(text):
    with pytest.raises(JsonataError):
        jsonata.compile(text).evaluate()


def test_a_tail_call_takes_no_depth():
    count = jsonata.compile("($f := function($n) { $n = 0 ? 'done' : $f($n - 1) }; $f(5000))")
    assert count.evaluate() == "done"


@pytest.mark.parametrize(
    "expression",
    [
        "$pad('x', 1e300)",
        "$fromMillis(1e300)",
        "$formatBase(1 / 0)",
        "$formatInteger(1 / 0, '0')",
        "$toMillis('99999', '[Y]')",
        "$contains('a', $undefined)",
    ],
)
def test_what_the_language_has_no_code_for_fails_like_all_else(expression):
    with pytest.raises(JsonataError):
        jsonata.compile(expression).evaluate()
