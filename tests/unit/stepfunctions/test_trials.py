"""TestState: one state by itself."""

import json
import threading

import pytest

from localcloud.stepfunctions import ApiError
from tests.unit.stepfunctions.conftest import ROLE, FunctionError, invoke


def trial(lab, state, value=None, **params):
    return lab.call(
        "TestState",
        definition=json.dumps(state),
        input=json.dumps({} if value is None else value),
        **{name: value for name, value in {"roleArn": ROLE, **params}.items() if value},
    )


def test_a_pass_state_shows_its_data_flow(lab):
    state = {
        "Type": "Pass",
        "InputPath": "$.a",
        "Parameters": {"x.$": "$.b"},
        "ResultPath": "$.c",
        "Next": "Elsewhere",
    }
    shown = trial(lab, state, {"a": {"b": 1}}, inspectionLevel="DEBUG")
    assert shown["status"] == "SUCCEEDED"
    assert shown["nextState"] == "Elsewhere"
    assert json.loads(shown["output"]) == {"a": {"b": 1}, "c": {"x": 1}}
    inside = {name: json.loads(text) for name, text in shown["inspectionData"].items()}
    assert inside["afterInputPath"] == {"b": 1}
    assert inside["afterParameters"] == {"x": 1}
    assert inside["afterResultPath"] == {"a": {"b": 1}, "c": {"x": 1}}


PASS = {"Type": "Pass", "End": True}
JSONATA = {"QueryLanguage": "JSONata"}
BRANCHES = [{"StartAt": "B", "States": {"B": PASS}}]
SELECTED = {"afterResultSelector", "afterResultPath"}
LOADER = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
MAP = {"Type": "Map", "ItemProcessor": BRANCHES[0], "End": True}
PARALLEL = {"Type": "Parallel", "Branches": BRANCHES, "End": True}


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (PASS, {"afterInputPath", "afterParameters", *SELECTED}),
        ({**PASS, "Result": 1}, {"result", *SELECTED}),
        ({"Type": "Succeed"}, {"afterInputPath"}),
        ({"Type": "Fail", "Error": "E"}, {"afterInputPath"}),
        (PARALLEL, SELECTED),
        ({**PASS, **JSONATA}, set()),
        ({**PARALLEL, **JSONATA}, set()),
        ({**MAP, **JSONATA, "Items": [1]}, {"maxConcurrency"}),
        (
            {**MAP, "ItemsPath": "$.x"},
            {"afterInputPath", "afterItemsPath", "maxConcurrency"} | SELECTED,
        ),
        ({**LOADER, **JSONATA, "Arguments": {"FunctionName": "f"}}, {"afterArguments", "result"}),
    ],
)
def test_what_is_shown_of_each_type(lab, state, shown):
    needs_mock = {"Map", "Parallel"} & {state["Type"]} or state["Type"] == "Task"
    result = '{"StatusCode":200}' if state["Type"] == "Task" else "[1]"
    mocked = {"mock": {"result": result}} if needs_mock else {}
    found = trial(lab, state, {"x": [1]}, inspectionLevel="DEBUG", **mocked)
    assert found["inspectionData"].keys() == {"input", *shown}


@pytest.mark.parametrize(
    ("state", "params", "message"),
    [
        (PASS, {"mock": {"result": "1"}}, "State type 'Pass' is not supported when a mock"),
        (LOADER, {"mock": {"result": "{"}}, "Mocked result must be valid JSON"),
        (LOADER, {"mock": {"result": "{}", "errorOutput": {}}}, "should have only one of"),
        (
            LOADER,
            {"mock": {"result": "{}"}, "revealSecrets": True},
            "does not support RevealSecrets",
        ),
        (LOADER, {"roleArn": None}, "RoleArn must be specified when testing a Task state"),
        (MAP, {"mock": {"result": "{}"}}, "Mocked result must be an array."),
        (
            MAP,
            {"mock": {"result": "[1]"}, "stateConfiguration": {"mapIterationFailureCount": 2}},
            "Map iteration failure count must be less than or equal",
        ),
        (
            MAP,
            {"stateConfiguration": {"mapIterationFailureCount": 0}},
            "does not support MapIterationFailureCount when a mock is not specified",
        ),
        (PARALLEL, {"mock": {"result": "[1,2]"}}, "the same number of items"),
        ({"StartAt": "A", "States": {"A": PASS}}, {"stateName": "B"}, "State not found"),
        (PASS, {"context": '{"Execution":{"Id":1}}'}, "Execution.Id must be a string"),
        (PASS, {"context": '{"Execution":{"Ids":1}}'}, "Field 'Ids' is not allowed"),
        (PASS, {"context": '{"Map":{}}'}, "'Map' field is not supported"),
        (PASS, {"context": '{"Task":{"Token":"t"}}'}, "Context object contains 'Task' when"),
    ],
)
def test_trials_that_are_refused(lab, state, params, message):
    with pytest.raises(ApiError, match=message):
        trial(lab, state, **params)


def test_the_context_is_that_of_an_execution_or_the_given_one(lab):
    state = {**PASS, **JSONATA, "Output": "{% $states.context %}"}
    context = json.loads(trial(lab, state)["output"])
    assert context.keys() == {"Execution", "StateMachine", "State"}
    assert context["State"].keys() == {"Name", "EnteredTime"}
    given = trial(lab, state, context='{"State":{}}')
    assert json.loads(given["output"]) == {"State": {}}


def test_failed_iterations_count_against_what_a_map_tolerates(lab):
    def status(**fields):
        configuration = {"mapIterationFailureCount": 2}
        mock = {"result": "[0,0,1]"}
        state = {**MAP, "ItemsPath": "$.x", **fields}
        return trial(lab, state, {"x": [1, 2, 3]}, mock=mock, stateConfiguration=configuration)

    assert status()["status"] == "SUCCEEDED"
    assert status(ToleratedFailureCount=2)["status"] == "SUCCEEDED"
    assert status(ToleratedFailurePercentage=50)["error"] == (
        "States.ExceedToleratedFailureThreshold"
    )


def test_without_debug_nothing_inside_is_shown(lab):
    assert set(trial(lab, {"Type": "Pass", "End": True})) == {"status", "output"}


def test_a_task_calls_the_real_function(lab):
    lab.functions["double"] = lambda n: n * 2
    assert trial(lab, {**invoke("double"), "End": True}, 21)["output"] == "42"


def test_a_mocked_task_calls_nothing(lab):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "QueryLanguage": "JSONata",
        "Arguments": {"JobName": "{% $job %}"},
        "Output": "{% $states.result.JobRunState %}",
        "Assign": {"seen": "{% $states.result.Id %}"},
        "End": True,
    }
    shown = trial(
        lab,
        state,
        variables='{"job":"convert"}',
        mock={"result": '{"JobRunState":"SUCCEEDED","Id":"jr_1"}'},
        inspectionLevel="DEBUG",
    )
    assert shown["output"] == '"SUCCEEDED"'
    assert json.loads(shown["inspectionData"]["afterArguments"]) == {"JobName": "convert"}
    assert json.loads(shown["inspectionData"]["variables"]) == {"job": "convert", "seen": "jr_1"}


def test_a_failure_is_retriable_until_the_attempts_are_spent(lab):
    state = {
        **invoke("f"),
        "Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 2, "IntervalSeconds": 3, "BackoffRate": 2}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}],
        "End": True,
    }
    mock = {"errorOutput": {"error": "A", "cause": "because"}}
    first = trial(lab, state, mock=mock, inspectionLevel="DEBUG")
    assert first["status"] == "RETRIABLE"
    second = trial(
        lab,
        state,
        mock=mock,
        inspectionLevel="DEBUG",
        stateConfiguration={"retrierRetryCount": 1},
    )
    assert second["inspectionData"]["errorDetails"] == {
        "retryIndex": 0,
        "retryBackoffIntervalSeconds": 6,
    }
    spent = trial(
        lab,
        state,
        mock=mock,
        stateConfiguration={"retrierRetryCount": 2},
        inspectionLevel="DEBUG",
    )
    assert spent["inspectionData"]["errorDetails"] == {"catchIndex": 0}
    assert (spent["status"], spent["nextState"]) == ("CAUGHT_ERROR", "Caught")
    assert json.loads(spent["output"]) == {"Error": "A", "Cause": "because"}


def test_an_uncaught_failure_is_told(lab):
    def refuse(_):
        raise FunctionError("NoError", "why")

    lab.functions["refuse"] = refuse
    shown = trial(lab, {**invoke("refuse"), "End": True})
    assert (shown["status"], shown["error"]) == ("FAILED", "NoError")


def test_a_state_is_taken_out_of_a_whole_definition(lab):
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "Result": 7, "End": True}}}
    machine = {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemProcessor": inner, "End": True}},
    }
    assert trial(lab, machine, stateName="In")["output"] == "7"


def test_a_map_needs_a_mock_and_shows_its_items(lab):
    inner = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
    state = {
        "Type": "Map",
        "ItemsPath": "$.rows",
        "ItemSelector": {"row.$": "$$.Map.Item.Value"},
        "MaxConcurrency": 5,
        "ItemProcessor": inner,
        "End": True,
    }
    with pytest.raises(ApiError) as refused:
        trial(lab, state, {"rows": [1]})
    assert refused.value.code == "InvalidDefinition"
    shown = trial(lab, state, {"rows": [1, 2]}, mock={"result": "[10,20]"}, inspectionLevel="DEBUG")
    assert shown["output"] == "[10,20]"
    assert json.loads(shown["inspectionData"]["afterItemSelector"]) == [{"row": 1}, {"row": 2}]
    assert shown["inspectionData"]["maxConcurrency"] == 5


def test_a_wait_of_more_than_five_minutes_times_out(lab):
    results = []
    state = {"Type": "Wait", "Seconds": 3600, "End": True}

    def run():
        results.append(trial(lab, state))

    thread = threading.Thread(target=run)
    thread.start()
    lab.until(lambda: results, seconds=60)
    thread.join(10)
    assert results[0]["error"] == "States.Timeout"


@pytest.mark.parametrize(
    ("result", "mode", "accepted"),
    [
        ({"Id": "jr_1"}, None, True),
        ({"Id": 1}, None, False),
        ({"Id": 1}, "PRESENT", False),
        ({"Id": 1}, "NONE", True),
        ({"PredecessorRuns": [{"RunId": True}]}, "STRICT", False),
        ("jr_1", "STRICT", False),
        ({"Attempt": 1, "StartedOn": 0}, "STRICT", False),
        ({"JobRunState": "LOST"}, "STRICT", False),
        (
            {
                "Attempt": 1,
                "StartedOn": "2026-01-01T00:00:00Z",
                "Arguments": {"--a": "b"},
                "Unknown": 1,
            },
            "STRICT",
            True,
        ),
    ],
)
def test_a_mocked_result_must_fit_the_api(lab, result, mode, accepted):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": "convert"},
        "End": True,
    }
    mock = {"result": json.dumps(result), **({"fieldValidationMode": mode} if mode else {})}
    if accepted:
        assert json.loads(trial(lab, state, mock=mock)["output"]) == result
    else:
        with pytest.raises(ApiError, match="Mock result schema validation error: ") as refused:
            trial(lab, state, mock=mock)
        assert refused.value.code == "ValidationException"


def test_only_strict_validation_misses_required_fields(lab):
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution",
        "Parameters": {"StateMachineArn": "arn"},
        "End": True,
    }
    mock = {"result": json.dumps({"StartDate": "2026-01-01T00:00:00Z"})}
    with pytest.raises(ApiError, match="Required field 'ExecutionArn' is missing"):
        trial(lab, state, mock=mock)
    lenient = trial(lab, state, mock={**mock, "fieldValidationMode": "PRESENT"})
    assert lenient["status"] == "SUCCEEDED"


def test_items_of_a_reader_are_given_as_its_source_has_them(lab):
    inner = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "In",
        "States": {"In": {"Type": "Pass", "End": True}},
    }
    state = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"},
            "Parameters": {"Bucket": "b", "Key": "k"},
        },
        "ItemSelector": {"row.$": "$$.Map.Item.Value.id"},
        "ItemProcessor": inner,
        "End": True,
    }
    shown = trial(
        lab,
        state,
        mock={"result": "[]"},
        stateConfiguration={"mapItemReaderData": "id,name\n1,a\n2,b\n"},
        inspectionLevel="DEBUG",
    )
    chosen = json.loads(shown["inspectionData"]["afterItemSelector"])
    assert chosen == [{"row": "1"}, {"row": "2"}]
