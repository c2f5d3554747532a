"""What events and causes tell of tasks, as AWS records it."""

import base64
import json

import pytest

from tests.unit.stepfunctions.conftest import FunctionError, chain, invoke

ECHO = invoke("echo", Parameters={"FunctionName": "echo", "Payload.$": "$"})


@pytest.mark.parametrize(
    ("payload", "given"),
    [
        pytest.param({"a": 1}, {"a": 1}, id="an object"),
        pytest.param('{"a":1}', {"a": 1}, id="a text is sent as it stands"),
        pytest.param('"a"', "a", id="a text that is a JSON string"),
        pytest.param(None, {}, id="null is no payload"),
    ],
)
def test_payloads_of_functions(lab, payload, given):
    seen = []
    lab.functions["echo"] = seen.append
    lab.output(chain(T=dict(ECHO)), payload)
    lab.output(chain(T=invoke("echo", Parameters={"FunctionName": "echo", "Payload": payload})))
    assert seen[1] == given


@pytest.mark.parametrize(("wanted", "told"), [("Tail", "END\n"), ("None", None)])
def test_the_end_of_a_functions_log_is_told_to_who_asks(lab, wanted, told):
    lab.functions["echo"] = lambda payload: payload
    parameters = {"FunctionName": "echo", "LogType": wanted}
    result = lab.output(chain(T=invoke("echo", Parameters=parameters, OutputPath="$")))
    headers = result["SdkHttpMetadata"]["HttpHeaders"]
    assert result.get("LogResult") == headers.get("X-Amz-Log-Result")
    assert base64.b64decode(result.get("LogResult", "")).decode() == (told or "")


def test_a_payload_that_is_no_json_is_refused(lab):
    lab.functions["echo"] = lambda payload: payload
    described = lab.run(chain(T=dict(ECHO)), "plain words")
    assert described["error"] == "Lambda.InvalidRequestContentException"
    assert "Could not parse request body into json" in described["cause"]


def test_a_functions_error_is_written_without_blanks(lab):
    def fail(_):
        raise FunctionError("Broken", "a: b, c")

    lab.functions["fail"] = fail
    assert lab.run(chain(T=invoke("fail")))["cause"] == (
        '{"errorType":"Broken","errorMessage":"a: b, c"}'
    )


def test_a_function_that_is_not_there_is_named_in_full(lab):
    described = lab.run(chain(T=invoke("nobody")))
    assert described["error"] == "Lambda.ResourceNotFoundException"
    assert described["cause"].startswith(
        "Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody:$LATEST "
        "(Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; Request ID: "
    )


def test_an_activity_that_is_not_there_fails_the_execution_before_the_task(lab):
    activity = "arn:aws:states:us-east-1:000000000000:activity:gone"
    arn = lab.start(chain(T={"Type": "Task", "Resource": activity}))
    assert lab.ended(arn)["cause"] == (
        "An error occurred while executing the state 'T' (entered at the event id #2). "
        f"The activity {activity} does not exist."
    )
    assert lab.types(arn) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_events_name_the_role_that_a_task_takes_on(lab):
    lab.functions["echo"] = lambda payload: payload
    role = "arn:aws:iam::000000000000:role/other"
    arn = lab.start(chain(T={**ECHO, "Credentials": {"RoleArn.$": "$.role"}}), {"role": role})
    lab.ended(arn)
    (scheduled,) = (e for e in lab.history(arn) if e["type"] == "TaskScheduled")
    assert scheduled["taskScheduledEventDetails"]["taskCredentials"] == {"roleArn": role}


def test_a_timeout_is_caught_with_an_empty_cause(lab):
    machine = {
        "StartAt": "T",
        "States": {
            "T": {
                "Type": "Task",
                "Resource": lab.call("CreateActivity", name="a")["activityArn"],
                "TimeoutSeconds": 5,
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],
                "End": True,
            },
            "C": {"Type": "Pass", "End": True},
        },
    }
    arn = lab.start(machine)
    lab.advance(6)
    assert json.loads(lab.ended(arn)["output"]) == {"Error": "States.Timeout", "Cause": ""}
