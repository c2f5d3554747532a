"""The way of data through one state, under both query languages."""

import pytest

from localcloud.stepfunctions.errors import EvaluationError

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
CONTEXT = {"Execution": {"Id": "x"}}


def run(state, value, result, variables=None):
    """What the state works on, and what it hands on."""
    scope = state.flow.enter(value, CONTEXT, variables or {})
    return state.flow.arguments(scope), state.flow.finish(scope, result)


@pytest.mark.parametrize(
    ("fields", "arguments", "output"),
    [
        pytest.param({}, {"a": {"b": 1}}, "R", id="nothing said"),
        pytest.param({"InputPath": "$.a"}, {"b": 1}, "R", id="InputPath"),
        pytest.param({"InputPath": None}, {}, "R", id="no input"),
        pytest.param({"Parameters": {"x.$": "$.a.b"}}, {"x": 1}, "R", id="Parameters"),
        pytest.param(
            {"InputPath": "$.a", "Parameters": {"x.$": "$.b"}}, {"x": 1}, "R", id="both of them"
        ),
        pytest.param({"ResultPath": None}, {"a": {"b": 1}}, {"a": {"b": 1}}, id="result dropped"),
        pytest.param(
            {"ResultPath": "$.a.c"}, {"a": {"b": 1}}, {"a": {"b": 1, "c": "R"}}, id="result added"
        ),
        pytest.param(
            {"InputPath": "$.a", "ResultPath": "$.r"},
            {"b": 1},
            {"a": {"b": 1}, "r": "R"},
            id="ResultPath is in the raw input",
        ),
        pytest.param({"OutputPath": None}, {"a": {"b": 1}}, {}, id="no output"),
        pytest.param(
            {"ResultPath": "$.r", "OutputPath": "$.r"}, {"a": {"b": 1}}, "R", id="OutputPath last"
        ),
    ],
)
def test_jsonpath_fields(only_state, fields, arguments, output):
    worked_on, outcome = run(only_state({**TASK, **fields}), {"a": {"b": 1}}, "R")
    assert (worked_on, outcome.output, outcome.assigned) == (arguments, output, None)


def test_result_selector_and_assign_see_the_result(only_state):
    state = only_state(
        {
            **TASK,
            "ResultSelector": {"n.$": "$.Payload.n", "id.$": "$$.Execution.Id"},
            "Assign": {"n.$": "$.n", "old.$": "$n"},
            "ResultPath": "$.r",
        }
    )
    _, outcome = run(state, {}, {"Payload": {"n": 2}}, {"n": 1})
    assert outcome.output == {"r": {"n": 2, "id": "x"}}
    assert outcome.assigned == {"n": 2, "old": 1}


def test_paths_of_a_state_may_start_from_variables(only_state):
    state = only_state({"Type": "Pass", "OutputPath": "$v.a", "End": True})
    assert run(state, {}, {}, {"v": {"a": 7}})[1].output == 7


def test_the_result_of_a_pass_is_taken_as_it_stands(only_state):
    state = only_state({"Type": "Pass", "Result": {"x.$": "$.a"}, "End": True})
    arguments, outcome = run(state, {"a": 1}, {"x.$": "$.a"})
    assert arguments == outcome.output == {"x.$": "$.a"}


@pytest.mark.parametrize("field", ["InputPath", "OutputPath"])
def test_a_filter_that_finds_nothing_fails_the_state(only_state, field):
    state = only_state({"Type": "Pass", field: "$.no", "End": True})
    with pytest.raises(EvaluationError) as caught:
        run(state, {"a": 1}, {"a": 1})
    assert caught.value.error == "States.Runtime"
    assert caught.value.cause == "Invalid path '$.no' : No results for path: $['no']"


def test_the_input_is_never_changed(only_state):
    value = {"a": {"b": 1}}
    run(only_state({**TASK, "ResultPath": "$.a.b"}), value, 2)
    assert value == {"a": {"b": 1}}


def test_a_catcher_adds_the_error_to_the_raw_input(machine):
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "End", "ResultPath": "$.error"}
    assigning = {**catcher, "ErrorEquals": ["E"], "Assign": {"cause.$": "$.Cause"}}
    task = {**TASK, "InputPath": "$.a", "Catch": [assigning, catcher]}
    states = machine({"Task": task, "End": {"Type": "Succeed"}}).workflow.states
    scope = states["Task"].flow.enter({"a": 1}, CONTEXT, {})
    error = {"Error": "E", "Cause": "because"}
    outcome = states["Task"].catch[0].flow.finish(scope, error)
    assert outcome.output == {"a": 1, "error": error}
    assert outcome.assigned == {"cause": "because"}


def test_jsonata_arguments_output_and_assign(only_state):
    state = only_state(
        {
            **TASK,
            "QueryLanguage": "JSONata",
            "Arguments": {"n": "{% $states.input.n + $v %}"},
            "Output": {"r": "{% $states.result.r %}", "in": "{% $states.input %}"},
            "Assign": {"v": "{% $states.result.r %}", "old": "{% $v %}"},
        }
    )
    arguments, outcome = run(state, {"n": 1}, {"r": 5}, {"v": 2})
    assert arguments == {"n": 3}
    assert outcome.output == {"r": 5, "in": {"n": 1}}
    assert outcome.assigned == {"v": 5, "old": 2}


def test_jsonata_states_hand_on_their_result_by_default(only_state):
    state = only_state({**TASK, "QueryLanguage": "JSONata"})
    assert run(state, {"n": 1}, {"r": 1.0})[1].output == {"r": 1.0}


def test_a_pass_has_no_result_of_its_own(only_state):
    state = only_state(
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.result %}", "End": True}
    )
    with pytest.raises(EvaluationError, match="returned nothing"):
        run(state, {}, {})


def test_a_jsonata_catcher_sees_the_error(machine):
    catcher = {
        "ErrorEquals": ["States.ALL"],
        "Next": "End",
        "Output": "{% $states.errorOutput.Error & $states.input.a %}",
        "Assign": {"c": "{% $states.errorOutput.Cause %}"},
    }
    states = machine(
        {"Task": {**TASK, "Catch": [catcher]}, "End": {"Type": "Succeed"}}, QueryLanguage="JSONata"
    ).workflow.states
    scope = states["Task"].flow.enter({"a": 1}, CONTEXT, {})
    outcome = states["Task"].catch[0].flow.finish(scope, {"Error": "E", "Cause": "because"})
    assert (outcome.output, outcome.assigned) == ("E1", {"c": "because"})
