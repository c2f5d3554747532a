"""Whatever a definition holds, it is parsed or refused; nothing else happens."""

import copy
import json
import random

from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.definition import diagnose
from localcloud.stepfunctions.definition.vocabulary import STATE_TYPES

PASS = {"Type": "Pass", "End": True}
INNER = {"StartAt": "Inner", "States": {"Inner": PASS}}
MACHINE = {
    "StartAt": "Task",
    "TimeoutSeconds": 9,
    "States": {
        "Task": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"a.$": "$.a", "b": [{"c.$": "States.Format('{}', $$.x)"}]},
            "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1, "JitterStrategy": "FULL"}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.e", "Next": "Choice"}],
            "Next": "Choice",
        },
        "Choice": {
            "Type": "Choice",
            "Choices": [
                {"And": [{"Variable": "$.a", "IsNull": True}], "Next": "Map"},
                {"Not": {"Variable": "$.a", "NumericEquals": 1}, "Next": "Map"},
            ],
            "Default": "Wait",
        },
        "Wait": {"Type": "Wait", "Timestamp": "2024-01-01T00:00:00Z", "Next": "Parallel"},
        "Parallel": {
            "Type": "Parallel",
            "QueryLanguage": "JSONata",
            "Branches": [{"StartAt": "P", "States": {"P": PASS}}],
            "Arguments": {"a": "{% $states.input.a %}"},
            "Output": "{% $states.result[0] %}",
            "Next": "Map",
        },
        "Map": {
            "Type": "Map",
            "ItemProcessor": {
                "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                **INNER,
            },
            "ItemReader": {
                "Resource": "arn:aws:states:::s3:getObject",
                "ReaderConfig": {"InputType": "JSON", "MaxItems": 3},
                "Parameters": {"Bucket": "b", "Key.$": "$.k"},
            },
            "ItemBatcher": {"MaxItemsPerBatch": 3},
            "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}},
            "ToleratedFailurePercentage": 5,
            "Next": "Fail",
        },
        "Fail": {"Type": "Fail", "ErrorPath": "$.e", "Cause": "c"},
    },
}

junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.sampled_from(["$", "$.a", "$.[", "States.UUID()", "{% 1 + %}", "{% a %}", "{%%}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(sorted(set().union(*(w.all() for w in STATE_TYPES.values()))))
            | st.sampled_from(["States", "StartAt", "Choices", "x.$"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def places(value, found):
    """Every object and array inside a value."""
    if isinstance(value, dict | list):
        found.append(value)
        for item in value.values() if isinstance(value, dict) else value:
            places(item, found)
    return found


def test_the_machine_itself_is_valid():
    assert diagnose(json.dumps(MACHINE)) == []


@given(st.randoms(use_true_random=False), junk)
def test_any_change_is_parsed_or_refused(source: random.Random, value):
    machine = copy.deepcopy(MACHINE)
    place = source.choice([each for each in places(machine, []) if each])
    if isinstance(place, dict):
        place[source.choice(list(place))] = value
    else:
        place[source.randrange(len(place))] = value
    diagnose(json.dumps(machine))


@given(junk)
def test_any_json_is_parsed_or_refused(value):
    diagnose(json.dumps(value))
    diagnose(json.dumps({"StartAt": "A", "States": {"A": value}}))
    for kind in STATE_TYPES:
        if isinstance(value, dict):
            state = {**value, "Type": kind}
            diagnose(json.dumps({"StartAt": "A", "States": {"A": state}}))
            machine = {"StartAt": "A", "QueryLanguage": "JSONata", "States": {"A": state}}
            diagnose(json.dumps(machine))


@given(st.text())
def test_any_text_is_parsed_or_refused(text):
    diagnose(text)
