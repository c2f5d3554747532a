"""StartExecution, StopExecution, listings and histories, with AWS's rules and error codes."""

import json
import threading
import uuid
from datetime import UTC, datetime

import pytest

from tests.unit.stepfunctions.conftest import chain

PASS = chain(A={"Type": "Pass"})
WAIT = chain(W={"Type": "Wait", "Seconds": 1000})


def test_a_started_execution_gets_a_name_of_its_own(lab):
    machine = lab.machine(PASS)
    arns = {lab.call("StartExecution", stateMachineArn=machine)["executionArn"] for _ in range(5)}
    assert len(arns) == 5
    uuid.UUID(arns.pop().rpartition(":")[2])


def test_the_same_name_and_input_are_one_execution_while_it_runs(lab):
    machine = lab.machine(WAIT)
    start = {"stateMachineArn": machine, "name": "n", "input": '{"a":1}'}
    assert lab.call("StartExecution", **start) == lab.call("StartExecution", **start)
    assert lab.refused("StartExecution", **{**start, "input": "{}"}) == ("ExecutionAlreadyExists")


def test_a_name_is_taken_once_its_execution_has_ended(lab):
    machine = lab.machine(PASS)
    start = {"stateMachineArn": machine, "name": "n"}
    lab.ended(lab.call("StartExecution", **start)["executionArn"])
    assert lab.refused("StartExecution", **start) == "ExecutionAlreadyExists"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("a b", id="a blank"),
        pytest.param("a/b", id="a slash"),
        pytest.param("a" * 81, id="too long"),
        pytest.param("a\x07", id="a control character"),
        pytest.param("a{b}", id="braces"),
    ],
)
def test_a_bad_name_is_refused(lab, name):
    code = lab.refused("StartExecution", stateMachineArn=lab.machine(PASS), name=name)
    assert code in ("InvalidName", "ValidationException")


def test_an_accented_name_is_fine(lab):
    machine = lab.machine(PASS)
    arn = lab.call("StartExecution", stateMachineArn=machine, name="Prüfung-1")["executionArn"]
    assert lab.ended(arn)["name"] == "Prüfung-1"


def test_input_that_is_no_json_is_refused(lab):
    code = lab.refused("StartExecution", stateMachineArn=lab.machine(PASS), input="{")
    assert code == "InvalidExecutionInput"


def test_input_above_the_limit_is_refused(lab):
    text = json.dumps("é" * 131_072, ensure_ascii=False)
    code = lab.refused("StartExecution", stateMachineArn=lab.machine(PASS), input=text)
    assert code == "ValidationException"


def test_an_output_above_the_limit_fails_the_execution(lab):
    machine = chain(
        A={"Type": "Pass", "Parameters": {"twice.$": "States.Array($, $)"}}, B={"Type": "Pass"}
    )
    described = lab.run(machine, "x" * 140_000)
    assert described["error"] == "States.DataLimitExceeded"


@pytest.mark.parametrize("names", [("a",), ("a", "b")], ids=["one", "all together"])
def test_variables_above_the_limit_fail_the_execution(lab, names):
    value = "x" * (300_000 // len(names))
    assign = {name: f"{{% $pad('', {len(value)}, 'x') %}}" for name in names}
    state = {"Type": "Pass", "QueryLanguage": "JSONata", "Assign": assign}
    described = lab.run(chain(A=state, B={"Type": "Pass"}))
    assert described["error"] == "States.DataLimitExceeded"
    assert "variables" in described["cause"]


def test_what_does_not_exist_is_named_so(lab):
    machine, execution = lab.sfn.runtime.arn("stateMachine", "no"), "execution:no:no"
    assert lab.refused("StartExecution", stateMachineArn=machine) == ("StateMachineDoesNotExist")
    arn = machine.replace("stateMachine:no", execution)
    for action in ("DescribeExecution", "GetExecutionHistory", "StopExecution"):
        assert lab.refused(action, executionArn=arn) == "ExecutionDoesNotExist"
    assert lab.refused("DescribeExecution", executionArn="arn:nonsense") == "InvalidArn"
    assert lab.refused("DescribeExecution", executionArn=machine) == "InvalidArn"


def test_a_missing_parameter_is_refused(lab):
    assert lab.refused("StartExecution") == "ValidationException"
    assert lab.refused("NoSuchAction") == "UnknownOperationException"


def test_a_stopped_execution_tells_why(lab):
    arn = lab.start(WAIT)
    lab.call("StopExecution", executionArn=arn, error="E", cause="C")
    described = lab.ended(arn)
    assert (described["status"], described["error"], described["cause"]) == ("ABORTED", "E", "C")
    assert lab.history(arn)[-1]["executionAbortedEventDetails"] == {"error": "E", "cause": "C"}
    assert lab.history(arn)[-1]["previousEventId"] == 0
    lab.call("StopExecution", executionArn=arn)


def test_the_first_state_gets_the_input_written_anew(lab):
    machine = lab.machine(chain(P={"Type": "Pass"}))
    arn = lab.call("StartExecution", stateMachineArn=machine, input="[ 1,\t1e1 ]")["executionArn"]
    lab.ended(arn)
    started, entered = lab.history(arn)[:2]
    assert started["executionStartedEventDetails"]["input"] == "[ 1,\t1e1 ]"
    assert entered["stateEnteredEventDetails"]["input"] == "[1,10.0]"


def test_the_state_machines_own_timeout_ends_the_execution(lab):
    arn = lab.start({**WAIT, "TimeoutSeconds": 10})
    lab.advance(10)
    described = lab.ended(arn)
    assert described["status"] == "TIMED_OUT"
    assert "error" not in described
    assert lab.types(arn)[-1] == "ExecutionTimedOut"


def test_executions_are_listed_newest_first_in_pages(lab):
    machine = lab.machine(PASS)
    names = [f"n{number}" for number in range(7)]
    for name in names:
        arn = lab.call("StartExecution", stateMachineArn=machine, name=name)["executionArn"]
        lab.ended(arn)
        lab.advance(1)
    seen, token = [], {}
    while True:
        page = lab.call("ListExecutions", stateMachineArn=machine, maxResults=3, **token)
        seen += [execution["name"] for execution in page["executions"]]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    assert seen == names[::-1]


def test_executions_are_listed_by_status(lab):
    machine = lab.machine(WAIT)
    start = {"stateMachineArn": machine}
    running = lab.call("StartExecution", **start)["executionArn"]
    stopped = lab.call("StartExecution", **start)["executionArn"]
    lab.call("StopExecution", executionArn=stopped)

    def listed(status):
        found = lab.call("ListExecutions", **start, statusFilter=status)["executions"]
        return [execution["executionArn"] for execution in found]

    assert listed("RUNNING") == [running]
    assert listed("ABORTED") == [stopped]
    assert listed("FAILED") == []


def test_a_history_comes_in_pages_and_backwards(lab):
    arn = lab.start(chain(**{f"S{n}": {"Type": "Pass"} for n in range(5)}))
    lab.ended(arn)
    ids = [event["id"] for event in lab.history(arn)]
    assert ids == list(range(1, 13))
    first = lab.call("GetExecutionHistory", executionArn=arn, maxResults=5, reverseOrder=True)
    assert [event["id"] for event in first["events"]] == [12, 11, 10, 9, 8]
    second = lab.call(
        "GetExecutionHistory",
        executionArn=arn,
        maxResults=5,
        reverseOrder=True,
        nextToken=first["nextToken"],
    )
    assert [event["id"] for event in second["events"]] == [7, 6, 5, 4, 3]
    code = lab.refused("GetExecutionHistory", executionArn=arn, nextToken="x")
    assert code == "InvalidToken"


def test_a_history_without_data_holds_no_payloads(lab):
    arn = lab.start(PASS, {"secret": "payload"})
    lab.ended(arn)
    assert "payload" in json.dumps(lab.history(arn))
    assert "payload" not in json.dumps(lab.history(arn, includeExecutionData=False))


def test_a_history_has_at_most_25000_events(lab):
    machine = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}}
    machine["States"]["B"] = {"Type": "Pass", "End": True}
    machine["States"]["A"] = {
        "Type": "Choice",
        "Choices": [{"Variable": "$.go", "BooleanEquals": True, "Next": "A"}],
        "Default": "B",
    }
    arn = lab.start(machine, {"go": True})
    described = lab.ended(arn)
    assert described["error"] == "States.Runtime"
    assert "maximum number of history events" in described["cause"]
    assert lab.sfn.runtime.executions[arn].history.count == 25_000


def test_status_changes_are_announced_in_order(lab):
    arn = lab.start(WAIT, {"a": 1})
    lab.call("StopExecution", executionArn=arn, error="E")
    lab.until(lambda: len(lab.changes) == 2)
    first, last = lab.changes
    assert (first["status"], last["status"]) == ("RUNNING", "ABORTED")
    assert json.loads(first["input"]) == {"a": 1}
    assert last["executionArn"] == arn
    assert last["stopDate"] >= first["startDate"] > 1e12
    assert last["error"] == "E"


def test_an_express_state_machine_answers_at_once(lab):
    machine = lab.machine(chain(A={"Type": "Pass", "Result": 5}), type="EXPRESS")
    answer = lab.call("StartSyncExecution", stateMachineArn=machine, input="{}")
    assert (answer["status"], answer["output"]) == ("SUCCEEDED", "5")
    assert answer["billingDetails"]["billedMemoryUsedInMB"] == 64
    started = lab.call("StartExecution", stateMachineArn=machine)
    assert ":express:" in started["executionArn"]
    code = lab.refused("DescribeExecution", executionArn=started["executionArn"])
    assert code == "InvalidArn"


def test_an_express_execution_ends_after_five_minutes(lab):
    machine = lab.machine(WAIT, type="EXPRESS")
    answers = []

    def run():
        answers.append(lab.call("StartSyncExecution", stateMachineArn=machine))

    lab.within(lambda: _hurry(lab, run, answers))
    assert answers[0]["status"] == "TIMED_OUT"


def _hurry(lab, run, answers):
    threading.Thread(target=run, daemon=True).start()
    while not answers:
        lab.advance(30)


def test_a_standard_state_machine_has_no_synchronous_start(lab):
    code = lab.refused("StartSyncExecution", stateMachineArn=lab.machine(PASS))
    assert code == "StateMachineTypeNotSupported"


def test_the_context_tells_the_same_start_as_the_api(lab):
    machine = lab.machine(
        chain(P={"Type": "Pass", "Parameters": {"at.$": "$$.Execution.StartTime"}})
    )
    started = lab.call("StartExecution", stateMachineArn=machine)
    at = json.loads(lab.ended(started["executionArn"])["output"])["at"]
    told = datetime.fromtimestamp(started["startDate"], tz=UTC)
    assert at == told.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def test_a_failed_express_execution_has_details_of_its_output(lab):
    machine = lab.machine(chain(F={"Type": "Fail", "Error": "E"}), type="EXPRESS")
    answer = lab.call("StartSyncExecution", stateMachineArn=machine)
    assert (answer["status"], answer["outputDetails"]) == ("FAILED", {"included": True})
