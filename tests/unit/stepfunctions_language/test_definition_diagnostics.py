"""What is wrong with a definition: code, location and message."""

import json

import pytest

from localcloud.stepfunctions.definition import (
    InvalidDefinitionError,
    Severity,
    diagnose,
    parse,
    parse_state,
)

PASS = {"Type": "Pass", "End": True}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
INNER = {"StartAt": "Inner", "States": {"Inner": PASS}}
MAP = {"Type": "Map", "ItemProcessor": INNER, "End": True}
CHOICE = {"Type": "Choice", "Default": "B"}
DISTRIBUTED = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, **INNER}
JSONATA = {"QueryLanguage": "JSONata"}
SCHEMA = "SCHEMA_VALIDATION_FAILED"
TARGET = "MISSING_TRANSITION_TARGET"


def test_transitions(refusals):
    assert refusals({"A": {"Type": "Pass", "Next": "NOPE"}}) == [
        (TARGET, "/States/A/Next", "Missing 'Next' target: NOPE"),
        ("MISSING_END_STATE", None, "Workflow has no terminal state"),
    ]
    assert refusals({"A": PASS, "B": PASS}) == [
        (TARGET, "/States/B", 'State "B" is not reachable.')
    ]
    assert refusals({"A": {"Type": "Pass", "Next": "B"}, "B": {"Type": "Pass", "Next": "A"}}) == [
        ("MISSING_END_STATE", None, "Workflow has no terminal state")
    ]
    assert refusals({"A": PASS}, StartAt="X")[0] == (
        TARGET,
        "/StartAt",
        "Missing 'StartAt' target: X",
    )


def test_targets_of_choices_and_catchers(refusals):
    rule = {"Variable": "$.a", "IsNull": True, "Next": "X"}
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "Z"}
    found = refusals(
        {
            "A": {"Type": "Choice", "Choices": [rule], "Default": "Y"},
            "T": {**TASK, "Catch": [catcher]},
        }
    )
    assert {location for code, location, _ in found if code == TARGET} == {
        "/States/A/Choices[0]/Next",
        "/States/A/Default",
        "/States/T/Catch[0]/Next",
        "/States/T",
    }


@pytest.mark.parametrize(
    ("state", "location", "message"),
    [
        pytest.param({"End": True}, "/States/A", "These fields are required: [Type]", id="no type"),
        pytest.param({"Type": "Sleep"}, "/States/A/Type", "Value is not valid.", id="unknown type"),
        pytest.param({**PASS, "Foo": 1}, "/States/A", "Field 'Foo' is not supported", id="field"),
        pytest.param(
            {"Type": "Pass"}, "/States/A", "One of these fields is required: [Next, End]", id="end"
        ),
        pytest.param(
            {**PASS, "Next": "A"},
            "/States/A",
            "There should only be one of the following fields",
            id="both",
        ),
        pytest.param(
            {**PASS, "Output": 1},
            "/States/A",
            "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported"
            " for the 'JSONata' QueryLanguage",
            id="JSONata field",
        ),
        pytest.param(
            {**TASK, **JSONATA, "Parameters": {}},
            "/States/A",
            "The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported"
            " for the 'JSONPath' QueryLanguage",
            id="JSONPath field",
        ),
        pytest.param(
            {**TASK, "Resource": 5},
            "/States/A/Resource",
            "Expected value of type [STRING]",
            id="wrong type",
        ),
        pytest.param(
            {**TASK, "Resource": "lambda"},
            "/States/A/Resource",
            "Value is not a valid resource ARN",
            id="no ARN",
        ),
        pytest.param(
            {**TASK, "Resource": "arn:aws:states:::glue:nope"},
            "/States/A/Resource",
            "The resource provided arn:aws:states:::glue:nope is not recognized.",
            id="unknown integration",
        ),
        pytest.param(
            {**PASS, "InputPath": "a.b"},
            "/States/A/InputPath",
            "Value is not a valid JSONPath",
            id="no path",
        ),
        pytest.param(
            {**PASS, "ResultPath": "$.a[*]"},
            "/States/A/ResultPath",
            "Value is not a Reference Path",
            id="no reference path",
        ),
        pytest.param(
            {**PASS, "Parameters": {"x": {"y.$": "nope"}}},
            "/States/A/Parameters",
            "The value for the field 'y.$' must be a valid JSONPath",
            id="dynamic field",
        ),
        pytest.param(
            {**TASK, "TimeoutSeconds": 0},
            "/States/A/TimeoutSeconds",
            "Minimum value is 1",
            id="bounds",
        ),
        pytest.param(
            {**TASK, "TimeoutSeconds": 5, "HeartbeatSeconds": 5},
            "/States/A",
            "HeartbeatSeconds must be smaller than TimeoutSeconds",
            id="heartbeat",
        ),
        pytest.param(
            {**TASK, "TimeoutSeconds": 5, "TimeoutSecondsPath": "$.t"},
            "/States/A",
            "There should only be one of the following fields",
            id="value and path",
        ),
        pytest.param(
            {**TASK, "Retry": [{"ErrorEquals": ["States.ALL", "E"]}]},
            "/States/A/Retry[0]/ErrorEquals",
            "States.ALL can only appear in the last element, and by itself.",
            id="States.ALL with others",
        ),
        pytest.param(
            {**TASK, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]},
            "/States/A/Retry[0]/ErrorEquals",
            "States.ALL can only appear in the last element, and by itself.",
            id="States.ALL before others",
        ),
        pytest.param(
            {**TASK, "Retry": [{"ErrorEquals": []}]},
            "/States/A/Retry[0]/ErrorEquals",
            "ErrorEquals must not be empty",
            id="retrier of nothing",
        ),
        pytest.param(
            {**TASK, "Retry": [{"ErrorEquals": ["E"], "BackoffRate": 0.5}]},
            "/States/A/Retry[0]/BackoffRate",
            "Minimum value is 1.0",
            id="shrinking backoff",
        ),
        pytest.param(
            {**TASK, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 5, "MaxDelaySeconds": 5}]},
            "/States/A/Retry[0]/MaxDelaySeconds",
            "MaxDelaySeconds must be greater than IntervalSeconds",
            id="delay below interval",
        ),
        pytest.param(
            {**TASK, "Catch": [{"ErrorEquals": ["E"]}]},
            "/States/A/Catch[0]",
            "These fields are required: [Next]",
            id="catcher to nowhere",
        ),
        pytest.param(
            {**TASK, "Credentials": {}},
            "/States/A/Credentials",
            "These fields are required: [RoleArn]",
            id="credentials",
        ),
        pytest.param(
            {"Type": "Wait", "End": True},
            "/States/A",
            "One of these fields is required: [Seconds, Timestamp, SecondsPath, TimestampPath]",
            id="wait for nothing",
        ),
        pytest.param(
            {"Type": "Wait", "Timestamp": "soon", "End": True},
            "/States/A/Timestamp",
            "Value is not a valid ISO-8601 timestamp",
            id="no timestamp",
        ),
        pytest.param(
            {"Type": "Parallel", "Branches": [], "End": True},
            "/States/A/Branches",
            "Branches must not be empty",
            id="no branches",
        ),
        pytest.param(
            {"Type": "Parallel", "Branches": [{"StartAt": "X"}], "End": True},
            "/States/A/Branches[0]",
            "These fields are required: [States]",
            id="branch without states",
        ),
        pytest.param(
            {**PASS, "Assign": {"states": 1}},
            "/States/A/Assign",
            "Variable name 'states' is reserved",
            id="reserved variable",
        ),
        pytest.param(
            {**PASS, "Assign": {"a-b.$": "$"}},
            "/States/A/Assign",
            "Variable name 'a-b' is not valid",
            id="no name of a variable",
        ),
        pytest.param(
            {**MAP, "MaxConcurrencyPath": "$$.Execution.Input.n"},
            "/States/A/MaxConcurrencyPath",
            "Value is not a Reference Path",
            id="context object",
        ),
        pytest.param(
            {**MAP, "ToleratedFailurePercentage": 101},
            "/States/A/ToleratedFailurePercentage",
            "Maximum value is 100.0",
            id="more than all",
        ),
    ],
)
def test_states(refusals, state, location, message):
    found = refusals({"A": state})
    assert any(
        code == SCHEMA and where == location and text.startswith(message)
        for code, where, text in found
    ), found


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"Variable": "$.a", "IsNull": True}, "These fields are required: [Next]"),
        ({"Variable": "$.a", "Next": "B"}, "A choice rule needs exactly one comparison operator"),
        ({"IsNull": True, "Next": "B"}, "These fields are required: [Variable]"),
        ({"Variable": "a", "IsNull": True, "Next": "B"}, "Value is not a valid JSONPath"),
        (
            {"Variable": "$.a", "IsNull": True, "IsString": True, "Next": "B"},
            (
                "A choice rule needs exactly one comparison operator, And, Or or Not, but has"
                " [IsNull, IsString]"
            ),
        ),
        ({"Variable": "$.a", "NumericEquals": "1", "Next": "B"}, "Value is not valid for Numeric"),
        ({"Variable": "$.a", "StringMatchesPath": "$.b", "Next": "B"}, "A choice rule needs"),
        ({"And": [], "Next": "B"}, "And must not be empty"),
        (
            {"Not": {"Variable": "$.a", "IsNull": 1}, "Next": "B"},
            "Expected value of type [BOOLEAN]",
        ),
        ({"Condition": "{% true %}", "Next": "B"}, "A choice rule needs exactly one comparison"),
    ],
)
def test_choice_rules(refusals, rule, message):
    found = refusals({"A": {**CHOICE, "Choices": [rule]}, "B": PASS})
    assert any(text.startswith(message) for _, _, text in found), found


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"ItemProcessor": INNER, "Iterator": INNER},
            "There should only be one of the following fields",
        ),
        ({}, "One of these fields is required: [ItemProcessor, Iterator]"),
        (
            {"ItemProcessor": {**INNER, "ProcessorConfig": {"Mode": "DISTRIBUTED"}}},
            "These fields are required: [ExecutionType]",
        ),
        (
            {"ItemProcessor": {**INNER, "QueryLanguage": "JSONata"}},
            "Field 'QueryLanguage' is not supported",
        ),
        ({"ItemProcessor": INNER, "Label": "x"}, "Field 'Label' is not supported for the INLINE"),
        ({"ItemProcessor": DISTRIBUTED, "Label": "a b"}, "Label 'a b' is not valid"),
        (
            {"ItemProcessor": DISTRIBUTED, "ItemBatcher": {}},
            "One of these fields is required: [MaxItemsPerBatch, MaxInputBytesPerBatch]",
        ),
        (
            {"ItemProcessor": DISTRIBUTED, "ResultWriter": {}},
            "These fields are required: [Resource]",
        ),
        (
            {
                "ItemProcessor": DISTRIBUTED,
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "CSV"},
                },
            },
            "These fields are required: [CSVHeaderLocation]",
        ),
    ],
)
def test_maps(refusals, fields, message):
    found = refusals({"A": {"Type": "Map", "End": True, **fields}})
    assert any(text.startswith(message) for _, _, text in found), found


def test_a_storage_action_is_no_task(refusals):
    task = {**TASK, "Resource": "arn:aws:states:::s3:getObject"}
    assert "is not recognized" in refusals({"A": task})[0][2]


def test_expressions(refusals):
    states = {"A": {**PASS, "Output": {"v": ["{% 1 + %}"]}}}
    assert refusals(states, **JSONATA) == [
        ("INVALID_JSONATA_EXPRESSION", "/States/A/Output/v[0]", "Unexpected end of expression")
    ]
    states = {"A": {**PASS, "Output": {"v": "{% phone %}"}}}
    assert refusals(states, **JSONATA) == [
        (
            "UNSUPPORTED_JSONATA_EXPRESSION",
            "/States/A/Output/v",
            "Reference to 'phone' at the top level is not supported.",
        )
    ]


def test_query_languages(refusals):
    assert refusals({"A": {**PASS, "QueryLanguage": "JSONPath"}}, **JSONATA) == [
        (
            SCHEMA,
            "/States/A",
            "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine",
        )
    ]
    inner = {"StartAt": "I", "States": {"I": {**PASS, "Output": 1}}}
    mapped = {"Type": "Map", **JSONATA, "ItemProcessor": inner, "End": True}
    assert [where for _, where, _ in refusals({"A": mapped})] == [
        "/States/A/ItemProcessor/States/I"
    ]


def test_names(refusals):
    assert refusals({"x" * 81: PASS})[0][0] == "INVALID_STATE_NAME"
    assert refusals({"Inner": MAP})[0][0] == "DUPLICATE_STATE_NAME"


def test_the_machine_itself():
    assert diagnose("{")[0].code == "INVALID_JSON_DESCRIPTION"
    assert diagnose("[]")[0].message == "Expected value of type [OBJECT]"
    assert diagnose('"' + "x" * 1_048_576 + '"')[0].message.startswith("Definition must not exceed")
    missing, *_ = diagnose("{}")
    assert (missing.message, missing.location) == (
        "These fields are required: [StartAt, States]",
        "/",
    )
    empty = diagnose(json.dumps({"StartAt": "A", "States": {}}))
    assert empty[0].message == "States must not be empty"


def test_the_text_of_the_error():
    with pytest.raises(InvalidDefinitionError) as caught:
        parse(json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "X"}}}))
    assert str(caught.value) == (
        "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: X"
        " at /States/A/Next, MISSING_END_STATE: Workflow has no terminal state at null'"
    )


def test_warnings_do_not_forbid_a_definition():
    state = {**PASS, "Parameters": {"a": ["$.x", {"x": "$.a"}], "f": "States.UUID()"}}
    definition = json.dumps(
        {
            "StartAt": "A",
            "States": {
                "A": {**state, "Next": "B", "Parameters": state["Parameters"]},
                "B": {**PASS, "Result": {"x.$": "$.a"}},
            },
        }
    ).replace('"End": true, "Parameters"', '"Parameters"')
    found = diagnose(definition)
    assert [(each.code, each.location) for each in found] == [
        ("NO_DOLLAR", "/States/A/Parameters/a[1]/x"),
        ("NO_DOLLAR", "/States/A/Parameters/f"),
        ("PASS_RESULT_IS_STATIC", "/States/B/Result"),
    ]
    assert {each.severity for each in found} == {Severity.WARNING}
    parse(definition)


def test_a_state_by_itself():
    state = parse_state(json.dumps({"Type": "Pass", "Next": "anywhere"}))
    assert state.next == "anywhere"
    with pytest.raises(InvalidDefinitionError, match="Field 'X' is not supported"):
        parse_state(json.dumps({**PASS, "X": 1}))
    with pytest.raises(InvalidDefinitionError, match="INVALID_JSON_DESCRIPTION"):
        parse_state("{")


def test_express_workflows():
    def found(task, **wrapped):
        states = wrapped or {"A": {**TASK, **task}}
        definition = json.dumps({"StartAt": "A", "States": states})
        return [(each.location, each.message) for each in diagnose(definition, express=True)]

    assert found({}) == []
    waiting = {"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}
    message = "Express state machine does not support '.waitForTaskToken' service integration"
    assert found(waiting) == [("/States/A/Resource", message)]
    activity = {"Resource": "arn:aws:states:us-east-1:123456789012:activity:a"}
    assert found(activity) == [
        ("/States/A/Resource", "Express state machine does not support Activity ARN")
    ]
    express = {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}
    inner = {
        "StartAt": "I",
        "States": {"I": {**TASK, **waiting}},
        "ProcessorConfig": express,
    }
    mapped = {"Type": "Map", "ItemProcessor": inner, "End": True}
    assert found({}, A=mapped) == [
        ("/States/A", "Express state machine does not support distributed Map"),
        ("/States/A/ItemProcessor/States/I/Resource", message),
    ]
    standard = json.dumps({"StartAt": "A", "States": {"A": mapped}})
    assert [each.message for each in diagnose(standard)] == [message]


@pytest.mark.parametrize(
    ("fields", "location"),
    [
        pytest.param({"Output": "{% $a ?? 1 %}"}, "Output", id="a later operator"),
        pytest.param({"Output": "{% $a ?: 1 %}"}, "Output", id="another later operator"),
        pytest.param({"Output": "{% $states.errorOutput %}"}, "Output", id="no error to see"),
        pytest.param({"Assign": {"x": "{% [$states.errorOutput.Cause] %}"}}, "Assign/x", id="nor"),
        pytest.param({"Output": {"a": ["{% 1"]}}, "Output/a[0]", id="opened only"),
        pytest.param({"Output": "1 %}"}, "Output", id="closed only"),
        pytest.param({"Output": "{% 1 %} "}, "Output", id="a blank behind"),
        pytest.param({"Output": " {% 1 %}"}, "Output", id="a blank in front"),
    ],
)
def test_jsonata_that_aws_refuses(refusals, fields, location):
    found = refusals({"A": {**PASS, **JSONATA, **fields}})
    assert [where for _, where, _ in found] == [f"/States/A/{location}"]


def test_a_catcher_sees_the_error_output(refusals):
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "A", "Output": "{% $states.errorOutput %}"}
    assert refusals({"A": {**TASK, **JSONATA, "Catch": [catcher]}}) == []


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"Result": 1, "Parameters": {"a.$": "nope"}}, id="beside Result"),
        pytest.param({"Parameters": {"c": 1, "c.$": "$.x"}}, id="twice"),
        pytest.param({"Parameters": {"c.$": "$.x", "c": 1}}, id="twice, turned round"),
        pytest.param({"Parameters": {"a.$": " States.Array(1)"}}, id="a blank in front"),
        pytest.param({"Parameters": {"a.$": "States.Array(1) "}}, id="a blank behind"),
    ],
)
def test_templates_that_aws_refuses(refusals, fields):
    found = refusals({"A": {**PASS, **fields}})
    assert [where for _, where, _ in found] == ["/States/A/Parameters"]
