"""JSONata: values in and out, Step Functions' own functions, failures, many threads."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.jsonata_expression import (
    ExpressionSyntaxError,
    compile_expression,
    compile_value,
)
from localcloud.stepfunctions.query.jsonata_references import top_level_references
from localcloud.stepfunctions.query.scope import Scope

INPUT = {"a": {"b": None}, "xs": [1, 2.0, None], "items": [{"n": 3}, {"n": 9}], "one": [1]}

names = st.sampled_from(["a", "b", "c"])
documents = st.recursive(
    st.integers(-(2**53), 2**53) | st.floats(-1e6, 1e6) | st.text(max_size=3) | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=10,
)


def evaluate(text, scope):
    return compile_expression(f"{{% {text} %}}", "Output")(scope)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$states.input.a.b", None),
        ("$states.input.xs", [1, 2, None]),
        ("$states.input.one", [1]),
        ("$states.input.items.n", [3, 9]),
        ("$states.input.items[n > 5].n", 9),
        ("$states.context.Execution.Id", "x"),
        ("$v[0] & '-' & $states.input.one", "7-[1]"),
        ("null", None),
        ("$count(null)", 1),
        ("$distinct([7, 7])", [7]),
        ("$distinct($states.input.items.(1))", 1),
        ("$distinct([true, 1, 1, [1], [true], [1]])", [True, 1, [1], [True]]),
        ("$reverse(null)", [None]),
        ("5.5 % 2", 1.5),
        ("-7 % 3", -1),
        (
            "[1 / 0, -1 / 0, 0 / 0, 1 % 0, 1e308 * 10]",
            ["Infinity", "-Infinity", "NaN", "NaN", "Infinity"],
        ),
        ("$number('12.50') + $number('0x1F') + $number(true)", 44.5),
        ("$sort([3, 1, 2.5])", [1, 2.5, 3]),
        ("$sort([3, 1], function($l, $r) { $l < $r })", [3, 1]),
        ("[1..3]", [1, 2, 3]),
        ("1.0 + 2", 3),
        ("10 / 4", 2.5),
        ("{'a': $nothing, 'b': 1}", {"b": 1}),
        ("$exists($states.input.a.b)", True),
        ("$exists($states.input.nope)", False),
        ("$partition([1, 2, 3], 2)", [[1, 2], [3]]),
        ("$range(0, 9, 3)", [0, 3, 6, 9]),
        ("$hash('x', 'MD5')", "9dd4e461268c8034f5c8564e155c67a6"),
        ("$parse('{\"a\": [1.0, null]}')", {"a": [1, None]}),
        ("$parse('-0')", 0),
        ("$range(-1.7, 2, 1)", [-1, 0, 1, 2]),
        ("$count($range(1, 200000, 1))", 200_000),
        ("$partition([1, 2, 3], 2.7)", [[1, 2], [3]]),
        ("$base64decode('YQ==')", "a"),
        ("$toMillis('2017-07')", 1_498_867_200_000),
        ("$random(42)", 0.7275636800328681),
        ("$random() < 1", True),
        ("$length($uuid())", 36),
        ("$map([1, 2], function($x) { $x * $v[0] })", [7, 14]),
    ],
)
def test_expressions_give(scope, expression, value):
    here = scope(INPUT, {"Execution": {"Id": "x"}}, v=[7])
    assert evaluate(expression, here) == value


def test_numbers_are_doubles(scope):
    here = scope({"big": 9007199254740993, "whole": 1.0, "huge": 1e30})
    assert evaluate("$states.input.big", here) == 9007199254740992
    assert repr(evaluate("$states.input", here)) == (
        "{'big': 9007199254740992, 'whole': 1, 'huge': 1e+30}"
    )


@pytest.mark.parametrize(
    ("expression", "ending"),
    [
        ("$nope", "returned nothing (undefined)."),
        ("$states.result", "returned nothing (undefined)."),
        (
            "1 + 'a'",
            (
                'threw an error during evaluation. T2002: The right side of the "+" operator'
                " must evaluate to a number"
            ),
        ),
        (
            "$sum(['a'])",
            (
                'threw an error during evaluation. T0412: Argument 1 of function "sum"'
                ' must be an array of "numbers"'
            ),
        ),
        (
            "$number('abc')",
            'threw an error during evaluation. D3030: Unable to cast value to a number: "abc"',
        ),
        (
            "$join(['a'], 1)",
            (
                'threw an error during evaluation. T0410: Argument 2 of function "join"'
                " does not match function signature"
            ),
        ),
        (
            "$length(null)",
            (
                'threw an error during evaluation. T0410: Argument 1 of function "length"'
                " does not match function signature"
            ),
        ),
        (
            "$max(null)",
            (
                'threw an error during evaluation. T0412: Argument 1 of function "max"'
                ' must be an array of "numbers"'
            ),
        ),
        (
            "$states.input.($uppercase())",
            (
                "threw an error during evaluation. T0411: Context value is not a compatible type"
                ' with argument 1 of function "uppercase"'
            ),
        ),
        (
            "1 / 0 + 1",
            "threw an error during evaluation. D1001: Number out of range: null",
        ),
        (
            "$eval('1')",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        ("$error('boom')", "threw an error during evaluation. D3137: boom"),
        (
            "$hash('x', 'CRC')",
            (
                'threw an error during evaluation. T0410: Argument 1 of function "hash"'
                " does not match function signature"
            ),
        ),
    ],
)
def test_failures_name_expression_and_field(scope, expression, ending):
    with pytest.raises(EvaluationError) as caught:
        evaluate(expression, scope({}))
    assert caught.value.error == "States.QueryEvaluationError"
    assert caught.value.location == "Output"
    assert caught.value.cause == (
        f"The JSONata expression '{expression}' specified for the field 'Output' {ending}"
    )


@pytest.mark.parametrize(
    "expression",
    [
        "function($x) { $x }",
        "$sum",
        "$sort([1, 'a'])",
        "$toMillis('never')",
        "[$sum]",
        "$base64decode('!!!')",
        "$range(1, 2, 0)",
    ],
)
def test_whatever_goes_wrong_fails_the_state_alone(scope, expression):
    with pytest.raises(EvaluationError) as caught:
        evaluate(expression, scope({}))
    assert caught.value.error == "States.QueryEvaluationError"
    assert "Error(" not in caught.value.cause


def test_recursion_without_end_is_stopped(scope):
    with pytest.raises(EvaluationError, match="Stack overflow"):
        evaluate("($f := function($x) { 1 + $f($x) }; $f(1))", scope({}))


def test_locations_of_fields_inside_a_value(scope):
    value = {"list": ["text", {"x": "{% $nope %}"}]}
    with pytest.raises(EvaluationError) as caught:
        compile_value(value, "Choices[0]/Output")(scope({}))
    assert caught.value.location == "Choices[0]/Output/list[1]/x"


def test_only_whole_strings_in_braces_are_expressions(scope):
    value = {"a": " {% 1 %}", "b": "{%1%}", "c": "x {% 1 %}", "d.$": "$.a"}
    assert compile_value(value, "Output")(scope({})) == {**value, "b": 1}


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        ("1 +", "Unexpected end of expression"),
        ("a[1,2)", 'Expected "]", got ","'),
        ('{"a":}', 'The symbol "}" cannot be used as a unary operator'),
        ('"open', "String literal must be terminated by a matching quote"),
    ],
)
def test_what_does_not_parse_is_refused(expression, problem):
    with pytest.raises(ExpressionSyntaxError) as caught:
        compile_expression(f"{{% {expression} %}}", "Output")
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("phone", ["phone"]),
        ("a.b & c[0] & a", ["a", "c"]),
        ("$sum(xs) + $states.input.n", ["xs"]),
        ("{'k': v}", ["v"]),
        ("$", ["$"]),
        ("$$.x", ["$$"]),
        ("$states.input.a[b = 1].(c + $.d)", []),
        ("$map($xs, function($x) { $x.a })", []),
        ("$states.input.items^(price).name", []),
    ],
)
def test_names_without_a_context_item(expression, found):
    assert top_level_references(f"{{% {expression} %}}") == found


@given(documents, st.lists(names, min_size=1, max_size=3))
def test_the_short_cut_for_plain_paths_gives_the_same(document, path):
    here = Scope(document, document, {}, {})
    results = []
    for text in (f"$states.input.{'.'.join(path)}", f"($states.input.{'.'.join(path)})"):
        try:
            results.append(evaluate(text, here))
        except EvaluationError as error:
            results.append(error.error)
    assert repr(results[0]) == repr(results[1])


@given(documents)
def test_values_pass_through_an_expression_whole(document):
    here = Scope(document, document, {}, {})
    assert evaluate("($states.input)", here) == document


def test_one_compiled_expression_serves_many_threads():
    expression = compile_expression("{% $sum($states.input.xs) + $v %}", "Output")
    start = threading.Barrier(8)

    def work(seed):
        start.wait()
        for number in range(200):
            xs = [seed, number]
            assert expression(Scope({"xs": xs}, {"xs": xs}, {}, {"v": seed})) == sum(xs) + seed
        return True

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(8)))


@pytest.mark.parametrize(
    "expression",
    [
        "$sort($v.xs)",
        "$reverse($v.xs)",
        "$append($v.xs, 4)",
        "$shuffle($v.xs)",
        "$distinct($v.xs)",
        "$merge($v.os)",
        "$spread($v.o)",
        "$reduce($v.xs, $append)",
        "$v.os^(>k)",
        "$v.os{k: $}",
        "$v.o ~> |a|{'b': 2}|",
        "$v ~> |os|{'k': 'z'}, ['n']|",
        "($x := $v.xs; $append($x, 1); $x)",
        "[$v.xs, $v.**]",
    ],
)
def test_no_expression_changes_the_values_it_reads(scope, expression):
    text = repr(value := {"xs": [3, 1, 2], "os": [{"k": "b", "n": 1}], "o": {"a": {"b": 1}}})
    evaluate(expression, scope(value, v=value))
    assert repr(value) == text
