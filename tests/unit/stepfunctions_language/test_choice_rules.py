"""Choice rules of JSONPath states: every operator, combinators, presence."""

import pytest

from localcloud.stepfunctions.definition.transitions import choose
from localcloud.stepfunctions.errors import EvaluationError

INPUT = {
    "s": "abc",
    "t": "abd",
    "n": 5,
    "f": 5.0,
    "m": 6,
    "b": True,
    "no": False,
    "null": None,
    "early": "2024-01-01T00:00:00Z",
    "same": "2024-01-01T01:00:00+01:00",
    "late": "2024-01-02T00:00:00.5Z",
    "list": [],
}


@pytest.fixture
def matches(only_state, scope):
    """Whether a Choice with one rule takes it."""

    def decide(rule, value=INPUT):
        state = only_state(
            {"Type": "Choice", "Choices": [{**rule, "Next": "Hit"}], "Default": "Miss"}
        )
        return choose(state, scope(value))[0] == "Hit"

    return decide


@pytest.fixture
def only_state(machine):
    """A Choice that may lead to Hit and Miss."""

    def make(state):
        states = {"State": state, "Hit": {"Type": "Succeed"}, "Miss": {"Type": "Succeed"}}
        return machine(states).workflow.states["State"]

    return make


@pytest.mark.parametrize(
    ("variable", "operator", "operand", "expected"),
    [
        ("$.s", "StringEquals", "abc", True),
        ("$.n", "StringEquals", "5", False),
        ("$.s", "StringLessThan", "abd", True),
        ("$.s", "StringGreaterThan", "abb", True),
        ("$.s", "StringLessThanEquals", "abc", True),
        ("$.s", "StringGreaterThanEquals", "abd", False),
        ("$.s", "StringEqualsPath", "$.t", False),
        ("$.s", "StringLessThanPath", "$.t", True),
        ("$.s", "StringMatches", "a*c", True),
        ("$.s", "StringMatches", "a*", True),
        ("$.s", "StringMatches", "b*", False),
        ("$.n", "NumericEquals", 5.0, True),
        ("$.f", "NumericEquals", 5, True),
        ("$.b", "NumericEquals", 1, False),
        ("$.s", "NumericEquals", 5, False),
        ("$.n", "NumericLessThan", 6, True),
        ("$.n", "NumericGreaterThan", 4.9, True),
        ("$.n", "NumericLessThanEquals", 5, True),
        ("$.n", "NumericGreaterThanEquals", 6, False),
        ("$.n", "NumericLessThanPath", "$.m", True),
        ("$.n", "NumericGreaterThanEqualsPath", "$.m", False),
        ("$.b", "BooleanEquals", True, True),
        ("$.n", "BooleanEquals", True, False),
        ("$.b", "BooleanEqualsPath", "$.no", False),
        ("$.early", "TimestampEquals", "2024-01-01T00:00:00Z", True),
        ("$.early", "TimestampEqualsPath", "$.same", True),
        ("$.early", "TimestampLessThan", "2024-01-02T00:00:00Z", True),
        ("$.late", "TimestampGreaterThanPath", "$.early", True),
        ("$.late", "TimestampLessThanEquals", "2024-01-02T00:00:00.5Z", True),
        ("$.s", "TimestampEquals", "2024-01-01T00:00:00Z", False),
        ("$.null", "IsNull", True, True),
        ("$.s", "IsNull", False, True),
        ("$.s", "IsString", True, True),
        ("$.n", "IsNumeric", True, True),
        ("$.b", "IsNumeric", True, False),
        ("$.b", "IsBoolean", True, True),
        ("$.early", "IsTimestamp", True, True),
        ("$.s", "IsTimestamp", True, False),
        ("$.s", "IsPresent", True, True),
        ("$.null", "IsPresent", True, True),
        ("$.nope", "IsPresent", True, False),
        ("$.nope", "IsPresent", False, True),
        ("$.nope[*]", "IsPresent", True, False),
    ],
)
def test_operators(matches, variable, operator, operand, expected):
    assert matches({"Variable": variable, operator: operand}) is expected


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("log-2024.txt", "log-*.txt", True),
        ("log-2024.txt", "*2024*", True),
        ("a*b", r"a\*b", True),
        ("axb", r"a\*b", False),
        ("a\\b", r"a\\b", True),
        ("a.b", "a.b", True),
        ("axb", "a.b", False),
        ("one\ntwo", "one*", True),
        ("", "*", True),
    ],
)
def test_string_patterns(matches, text, pattern, expected):
    assert matches({"Variable": "$.s", "StringMatches": pattern}, {"s": text}) is expected


def test_combinators(matches):
    present = {"Variable": "$.s", "IsPresent": True}
    absent = {"Variable": "$.nope", "IsPresent": True}
    assert matches({"And": [present, {"Not": absent}]})
    assert matches({"Or": [absent, present]})
    assert not matches({"Or": [absent, {"And": [present, absent]}]})


def test_what_is_not_needed_is_not_looked_at(matches):
    broken = {"Variable": "$.nope", "NumericEquals": 1}
    assert matches({"Or": [{"Variable": "$.s", "IsPresent": True}, broken]})
    assert not matches({"And": [{"Variable": "$.s", "IsPresent": False}, broken]})


def test_a_variable_that_leads_nowhere_fails_the_state(matches):
    with pytest.raises(EvaluationError) as caught:
        matches({"Variable": "$.nope", "NumericEquals": 1})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == (
        "Invalid path '$.nope': The choice state's condition path references an invalid value."
    )


def test_the_first_rule_that_matches_is_taken(only_state, scope):
    state = only_state(
        {
            "Type": "Choice",
            "Choices": [
                {"Variable": "$.n", "NumericEquals": 1, "Next": "Miss"},
                {"Variable": "$.n", "NumericLessThan": 9, "Next": "Hit", "Assign": {"x.$": "$.n"}},
                {"Variable": "$.n", "NumericLessThan": 99, "Next": "Miss"},
            ],
            "InputPath": "$.in",
            "OutputPath": "$.n",
        }
    )
    next_state, outcome = choose(state, state.flow.enter({"in": {"n": 5}}, {}, {}))
    assert (next_state, outcome.output, outcome.assigned) == ("Hit", 5, {"x": 5})


def test_without_a_default_no_match_is_an_error(machine, scope):
    rule = {"Variable": "$.n", "NumericEquals": 1, "Next": "End"}
    states = {"Choice": {"Type": "Choice", "Choices": [rule]}, "End": {"Type": "Succeed"}}
    with pytest.raises(EvaluationError) as caught:
        choose(machine(states).workflow.states["Choice"], scope({"n": 2}))
    assert caught.value.error == "States.NoChoiceMatched"
    assert caught.value.cause == (
        "Failed to transition out of the state. The state does not point to a next state."
    )


def test_jsonata_conditions(machine, scope):
    states = {
        "Choice": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.n > $limit %}", "Next": "A", "Output": "big"},
                {"Condition": True, "Next": "B", "Assign": {"x": "{% $states.input.n %}"}},
            ],
        },
        "A": {"Type": "Succeed"},
        "B": {"Type": "Succeed"},
    }
    state = machine(states, QueryLanguage="JSONata").workflow.states["Choice"]
    assert choose(state, scope({"n": 5}, limit=3))[0] == "A"
    assert choose(state, scope({"n": 5}, limit=3))[1].output == "big"
    assert choose(state, scope({"n": 1}, limit=3))[1].assigned == {"x": 1}
    with pytest.raises(EvaluationError) as caught:
        choose(state, scope({"n": 5}, limit="x"))
    assert caught.value.location == "Choices[0]/Condition"
