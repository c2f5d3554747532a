"""Whatever values meet a function, path, rule or field: a value, or an error of the language."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.stepfunctions.definition import parse_state
from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.choice_rules import COMPARISONS, TYPE_TESTS
from localcloud.stepfunctions.query.intrinsic_call import parse_call
from localcloud.stepfunctions.query.intrinsics import FUNCTIONS
from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.jsonata_expression import compile_expression
from localcloud.stepfunctions.query.paths import parse_path
from localcloud.stepfunctions.query.scope import Scope

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**30), 1e308, "9" * 5000, "SHA-256", "{}", "[1]"])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abcde") | st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


def scope(value):
    return Scope(value, value, {"Execution": {"Id": "x"}}, {"v": value})


def evaluate(query, value):
    """The JSON text of what the query gives; an error of the language counts as no text."""
    with contextlib.suppress(EvaluationError):
        return dumps(query(scope(value)))
    return None


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_intrinsic_functions(name):
    function = FUNCTIONS[name]
    most = 4 if function.most is None else function.most

    @settings(max_examples=40)
    @given(st.lists(values, min_size=function.least, max_size=most))
    def check(arguments):
        fields = [f"$.x[{index}]" for index in range(len(arguments))]
        evaluate(parse_call(f"{name}({', '.join(fields)})"), {"x": arguments})

    check()


@pytest.mark.parametrize(
    "expression",
    [
        "$partition($v.a, $v.b)",
        "$range($v.a, $v.b, $v.c)",
        "$hash($v.a, $v.b)",
        "$random($v.a)",
        "$parse($v.a)",
        "$v.a + $v.b",
        "$v.a & $v.b",
        "$v.a < $v.b",
        "$v.a[$ = 1]",
        "$v.**",
        "$sum($v.a)",
        "$string($v)",
        "$map($v.a, function($x) { $x })",
        "{$string($v.a): $v.b}",
        "$sort($v.a)",
        "$number($v.a)",
        "$keys($v)",
        "$v.a ~> $count()",
    ],
)
def test_expressions(expression):
    compiled = compile_expression(f"{{% {expression} %}}", "Output")

    @settings(max_examples=40)
    @given(st.dictionaries(st.sampled_from("abc"), values, max_size=3) | values)
    def check(value):
        evaluate(compiled, value)

    check()


@pytest.mark.parametrize(
    "path",
    [
        "$.a[?(@.b > 1 && @.c in [1, 'x'])]",
        "$..[?(@.a == $.b)]",
        "$.a[0:2].b",
        "$..a[-1]",
        "$.a.length()",
        "$.a.max()",
        "$.a.avg()",
        "$.a.stddev()",
        "$.a.keys()",
        "$.a['b','c'][*]",
        "$.a[?(@.b =~ /x.*/ || @ size 2 || @ empty true)]",
    ],
)
def test_paths(path):
    compiled = parse_call(f"States.JsonToString({path})")

    @settings(max_examples=40)
    @given(st.dictionaries(st.sampled_from("abc"), values, max_size=3) | values)
    def check(value):
        evaluate(compiled, value)

    check()
    assert parse_path(path).text == path


@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_comparisons(name):
    @settings(max_examples=40)
    @given(values, values)
    def check(left, right):
        assert COMPARISONS[name](left, right) in {True, False}

    check()


@given(values)
def test_type_tests_agree_with_each_other(value):
    kinds = [name for name, test in TYPE_TESTS.items() if test(value)]
    assert len(set(kinds) - {"IsTimestamp"}) <= 1
    assert ("IsTimestamp" not in kinds) or ("IsString" in kinds)


@pytest.mark.parametrize(
    ("state", "field"),
    [
        ({"Type": "Wait", "SecondsPath": "$.a", "End": True}, "seconds"),
        ({"Type": "Wait", "TimestampPath": "$.a", "End": True}, "timestamp"),
        (
            {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "TimeoutSecondsPath": "$.a",
                "End": True,
            },
            "timeout_seconds",
        ),
        (
            {
                "Type": "Map",
                "QueryLanguage": "JSONata",
                "ToleratedFailurePercentage": "{% $v.a %}",
                "ItemProcessor": {
                    "StartAt": "X",
                    "States": {"X": {"Type": "Pass", "End": True}},
                },
                "End": True,
            },
            "tolerated_failure_percentage",
        ),
    ],
)
def test_fields(state, field):
    query = getattr(parse_state(dumps(state)), field)

    @settings(max_examples=40)
    @given(values)
    def check(value):
        evaluate(query, {"a": value})

    check()
