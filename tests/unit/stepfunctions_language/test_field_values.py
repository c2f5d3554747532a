"""Fields that must be numbers, times, texts or lists, fixed, by path, and by expression."""

import pytest

from localcloud.stepfunctions.errors import EvaluationError
from localcloud.stepfunctions.query.item_fields import Member

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
INNER = {"StartAt": "Inner", "States": {"Inner": {"Type": "Pass", "End": True}}}
MAP = {"Type": "Map", "ItemProcessor": INNER, "End": True}
JSONATA = {"QueryLanguage": "JSONata"}


def failure(query, scope):
    with pytest.raises(EvaluationError) as caught:
        query(scope)
    return caught.value.error, caught.value.cause


def test_timeouts(only_state, scope):
    fixed = only_state({**TASK, "TimeoutSeconds": 9, "HeartbeatSeconds": 3})
    assert fixed.timeout_seconds(scope()) == 9
    assert fixed.heartbeat_seconds(scope()) == 3
    path = only_state({**TASK, "TimeoutSecondsPath": "$.t", "HeartbeatSecondsPath": "$h"})
    assert path.timeout_seconds(scope({"t": 5}, h=2)) == 5
    assert path.heartbeat_seconds(scope({"t": 5}, h=2)) == 2
    expression = only_state({**TASK, **JSONATA, "TimeoutSeconds": "{% $states.input.t * 2 %}"})
    assert expression.timeout_seconds(scope({"t": 5})) == 10
    assert only_state(TASK).timeout_seconds is None


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ("ten", 'The TimeoutSecondsPath field refers to value "ten" which is not a valid integer'),
        (1.5, 'The TimeoutSecondsPath field refers to value "1.5" which is not a valid integer'),
        (True, 'The TimeoutSecondsPath field refers to value "true" which is not a valid integer'),
        ({}, 'The TimeoutSecondsPath field refers to value "{}" which is not a valid integer'),
        (0, "TimeoutSeconds must be between 1 and 99999999."),
    ],
)
def test_paths_to_what_is_no_timeout(only_state, scope, value, cause):
    state = only_state({**TASK, "TimeoutSecondsPath": "$.t"})
    error, found = failure(state.timeout_seconds, scope({"t": value}))
    assert error == "States.Runtime"
    assert found.startswith(cause)


def test_a_path_to_nothing(only_state, scope):
    state = only_state({**MAP, "MaxConcurrencyPath": "$.c"})
    assert failure(state.max_concurrency, scope({"a": 1})) == (
        "States.Runtime",
        (
            "The JSONPath '$.c' specified for the field 'MaxConcurrencyPath' could not be found"
            " in the input '{\"a\":1}'"
        ),
    )


def test_digits_count_as_an_integer(only_state, scope):
    state = only_state({**MAP, "MaxConcurrencyPath": "$.c"})
    assert state.max_concurrency(scope({"c": "2"})) == 2
    assert only_state(MAP).max_concurrency(scope()) == 0


def test_expressions_of_another_type(only_state, scope):
    state = only_state({**TASK, **JSONATA, "TimeoutSeconds": "{% $states.input %}"})
    assert failure(state.timeout_seconds, scope("9")) == (
        "States.QueryEvaluationError",
        (
            "The JSONata expression '$states.input' specified for the field 'TimeoutSeconds'"
            " returned an unexpected result type. Expected 'number', but was 'string'"
            ' for value: "9"'
        ),
    )


def test_waits(only_state, scope):
    wait = {"Type": "Wait", "End": True}
    assert only_state({**wait, "Seconds": 0}).seconds(scope()) == 0
    assert only_state({**wait, "SecondsPath": "$.s"}).seconds(scope({"s": 3})) == 3
    assert only_state({**wait, **JSONATA, "Seconds": "{% 1 + 1 %}"}).seconds(scope()) == 2
    moment = "1970-01-01T00:01:00Z"
    assert only_state({**wait, "Timestamp": moment}).timestamp(scope()) == 60
    path = only_state({**wait, "TimestampPath": "$.t"})
    assert path.timestamp(scope({"t": moment})) == 60
    expression = only_state({**wait, **JSONATA, "Timestamp": "{% $states.input %}"})
    assert expression.timestamp(scope(moment)) == 60
    assert failure(expression.timestamp, scope("soon"))[0] == "States.QueryEvaluationError"


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (-1, "references a negative value: $.s == -1"),
        (-1.5, "cannot be parsed as a long value: $.s == -1.5"),
        ("x", "cannot be parsed as a long value: $.s == x"),
    ],
)
def test_seconds_that_are_none(only_state, scope, value, problem):
    state = only_state({"Type": "Wait", "SecondsPath": "$.s", "End": True})
    assert failure(state.seconds, scope({"s": value})) == (
        "States.Runtime",
        f"The SecondsPath parameter {problem}",
    )


def test_timestamps_that_are_none(only_state, scope):
    state = only_state({"Type": "Wait", "TimestampPath": "$.t", "End": True})
    assert failure(state.timestamp, scope({"t": "2016-12-05 21:29:29Z"})) == (
        "States.Runtime",
        (
            "The TimestampPath parameter does not reference a valid ISO-8601 extended offset"
            " date-time format string: $.t == 2016-12-05 21:29:29Z"
        ),
    )
    assert failure(state.timestamp, scope({}))[1] == (
        "The TimestampPath parameter does not reference an input value: $.t"
    )


def test_error_and_cause_of_a_fail(only_state, scope):
    fail = {"Type": "Fail"}
    fixed = only_state({**fail, "Error": "E", "Cause": "C"})
    assert (fixed.error(scope()), fixed.cause(scope())) == ("E", "C")
    path = only_state({**fail, "ErrorPath": "$.e", "CausePath": "States.Format('<{}>', $.e)"})
    assert (path.error(scope({"e": "E"})), path.cause(scope({"e": "E"}))) == ("E", "<E>")
    expression = only_state({**fail, **JSONATA, "Error": "{% 'E' & $states.input %}"})
    assert expression.error(scope(1)) == "E1"
    assert failure(path.error, scope({}))[1] == (
        "The JSONPath '$.e' specified for the field 'ErrorPath' could not be found in the input"
        " '{}'"
    )


def test_items(only_state, scope):
    assert only_state(MAP).items(scope([1])) == [1]
    assert only_state({**MAP, "ItemsPath": "$.xs"}).items(scope({"xs": [1]})) == [1]
    literal = only_state({**MAP, **JSONATA, "Items": [1, "{% 1 + 1 %}"]})
    assert literal.items(scope()) == [1, 2]
    assert only_state({**MAP, **JSONATA}).items(scope([3])) == [3]


def test_members_of_an_object_are_items(only_state, scope):
    members = [Member("a", 1), Member("b", [2])]
    assert only_state(MAP).items(scope({"a": 1, "b": [2]})) == members
    path = only_state({**MAP, "ItemsPath": "$.xs"})
    assert path.items(scope({"xs": {"a": 1, "b": [2]}})) == members
    processor = {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    distributed = {**MAP, **JSONATA, "ItemProcessor": processor, "Items": "{% $states.input %}"}
    assert only_state(distributed).items(scope({"a": 1, "b": [2]})) == members


def test_items_that_are_none(only_state, scope):
    path = only_state({**MAP, "ItemsPath": "$.xs"})
    assert failure(path.items, scope({"xs": 1})) == (
        "States.Runtime",
        'Reference path "$.xs" must point to array.',
    )
    expression = only_state({**MAP, **JSONATA, "Items": "{% $states.input %}"})
    assert failure(expression.items, scope({"a": 1})) == (
        "States.QueryEvaluationError",
        (
            "The JSONata expression '$states.input' specified for the field 'Items' returned an"
            " unexpected result type. Expected 'array', but was 'object' for value: {\"a\":1}"
        ),
    )
    assert failure(only_state({**MAP, **JSONATA}).items, scope("x")) == (
        "States.QueryEvaluationError",
        'Map state input must be an array but was: "x"',
    )


def test_item_selectors_see_each_item(only_state, scope):
    selector = {"v.$": "$$.Map.Item.Value", "all.$": "$.n"}
    state = only_state({**MAP, "ItemSelector": selector})
    context = {"Map": {"Item": {"Index": 0, "Value": 5}}}
    assert state.item_selector(scope({"n": 1}).with_context(context)) == {"v": 5, "all": 1}
    state = only_state({**MAP, **JSONATA, "ItemSelector": "{% $states.context.Map.Item.Value %}"})
    assert state.item_selector(scope({"n": 1}).with_context(context)) == 5


def test_tolerated_failures(only_state, scope):
    fixed = only_state({**MAP, "ToleratedFailurePercentage": 1.5, "ToleratedFailureCount": 2})
    assert fixed.tolerated_failure_percentage(scope()) == 1.5
    assert fixed.tolerated_failure_count(scope()) == 2
    path = only_state({**MAP, "ToleratedFailurePercentagePath": "$.p"})
    assert path.tolerated_failure_percentage(scope({"p": "7"})) == 7
    assert failure(path.tolerated_failure_percentage, scope({"p": 101})) == (
        "States.Runtime",
        "ToleratedFailurePercentage must be between 0 and 100.",
    )
    assert failure(path.tolerated_failure_percentage, scope({"p": None}))[1].startswith(
        'The ToleratedFailurePercentagePath field refers to value "null"'
    )
    counted = only_state({**MAP, "ToleratedFailureCountPath": "$.c"})
    assert failure(counted.tolerated_failure_count, scope({"c": -1}))[1] == (
        "ToleratedFailureCount cannot be negative."
    )
