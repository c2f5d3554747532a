"""`.sync` integrations: jobs are followed to their end, and stopped when nobody waits for them."""

import json
import threading

import boto3
import pytest

from tests.unit.stepfunctions.conftest import chain

REGION = "us-east-1"


class GlueStandIn:
    """Glue with one job; `finish` ends its runs."""

    def __init__(self):
        self.meta = boto3.client(
            "glue", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
        ).meta
        self.states = {}
        self.stopped = []
        self.started = threading.Event()
        self.looked = threading.Event()
        self.hold = threading.Event()
        self.hold.set()

    def start_job_run(self, **_params):
        self.started.set()
        self.hold.wait(20)
        run_id = f"jr_{len(self.states)}"
        self.states[run_id] = "RUNNING"
        return {"JobRunId": run_id, "ResponseMetadata": {"HTTPHeaders": {}, "RequestId": "r"}}

    def get_job_run(self, **params):
        self.looked.set()
        run_id = params["RunId"]
        run = {"Id": run_id, "JobName": params["JobName"], "JobRunState": self.states[run_id]}
        if run["JobRunState"] == "FAILED":
            run["ErrorMessage"] = "ValueError: no such column"
        return {"JobRun": run}

    def batch_stop_job_run(self, **params):
        self.stopped += params["JobRunIds"]


CONVERT = chain(
    Convert={
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Parameters": {"JobName": "convert", "Arguments": {"--a": "1"}},
        "TimeoutSeconds": 600,
    }
)


@pytest.fixture
def glue():
    return GlueStandIn()


@pytest.fixture
def glue_lab(new_lab, glue):
    return new_lab(client=lambda _service: glue)


def test_a_job_that_succeeds_is_the_result(glue_lab, glue):
    arn = glue_lab.start(CONVERT)
    assert glue.looked.wait(10)
    glue.states["jr_0"] = "SUCCEEDED"
    glue_lab.until(lambda: "ExecutionSucceeded" in glue_lab.types(arn), seconds=0.5)
    output = json.loads(glue_lab.ended(arn)["output"])
    assert output == {"Id": "jr_0", "JobName": "convert", "JobRunState": "SUCCEEDED"}
    assert "TaskSubmitted" in glue_lab.types(arn)


def test_an_end_that_is_told_is_not_waited_for(glue_lab, glue):
    arn = glue_lab.start(CONVERT)
    assert glue.looked.wait(10)
    glue.states["jr_0"] = "SUCCEEDED"
    glue_lab.sfn.job_run_ended("jr_1")  # nobody follows that one
    glue_lab.sfn.job_run_ended("jr_0")
    glue_lab.until(lambda: "ExecutionSucceeded" in glue_lab.types(arn))
    assert glue_lab.sfn.runtime.job_ends == {}


def test_a_job_that_fails_tells_its_own_error(glue_lab, glue):
    arn = glue_lab.start(CONVERT)
    assert glue.looked.wait(10)
    glue.states["jr_0"] = "FAILED"
    glue_lab.until(lambda: "ExecutionFailed" in glue_lab.types(arn), seconds=0.5)
    described = glue_lab.ended(arn)
    assert described["error"] == "States.TaskFailed"
    assert json.loads(described["cause"])["ErrorMessage"] == "ValueError: no such column"


def test_a_stopped_execution_stops_its_job(glue_lab, glue):
    arn = glue_lab.start(CONVERT)
    assert glue.looked.wait(10)
    glue_lab.call("StopExecution", executionArn=arn)
    glue_lab.until(lambda: glue.stopped == ["jr_0"], seconds=0.5)


def test_a_timed_out_task_stops_its_job(glue_lab, glue):
    arn = glue_lab.start(CONVERT)
    assert glue.looked.wait(10)
    glue_lab.advance(600)
    assert glue_lab.ended(arn)["error"] == "States.Timeout"
    glue_lab.until(lambda: glue.stopped == ["jr_0"], seconds=0.5)


def test_a_job_whose_start_is_answered_too_late_is_stopped(glue_lab, glue):
    glue.hold.clear()
    arn = glue_lab.start(CONVERT)
    assert glue.started.wait(10)
    glue_lab.call("StopExecution", executionArn=arn)
    glue.hold.set()
    glue_lab.until(lambda: glue.stopped == ["jr_0"], seconds=0.5)


def test_a_restarted_process_goes_on_following_the_job(new_lab, glue, tmp_path):
    def make():
        return new_lab(client=lambda _service: glue, data_dir=tmp_path)

    first = make()
    arn = first.start(CONVERT)
    assert glue.looked.wait(10)
    first.close()
    glue.states["jr_0"] = "SUCCEEDED"
    second = make()
    second.until(lambda: "ExecutionSucceeded" in second.types(arn), seconds=0.5)
    assert list(glue.states) == ["jr_0"]
    assert second.types(arn).count("TaskScheduled") == 1


def test_a_job_of_another_service_is_not_run(lab):
    resource = "arn:aws:states:::ecs:runTask.sync"
    described = lab.run(chain(T={"Type": "Task", "Resource": resource, "Parameters": {}}))
    assert described["error"] == "States.Runtime"
    assert f"The local cloud does not run '{resource}'" in described["cause"]


class StatesStandIn:
    """Step Functions as a client that calls a lab directly."""

    def __init__(self):
        self.meta = boto3.client(
            "stepfunctions", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x"
        ).meta
        self.lab = None

    def start_execution(self, **params):
        metadata = {"HTTPHeaders": {}, "RequestId": "r"}
        return {**self.lab.call("StartExecution", **params), "ResponseMetadata": metadata}


@pytest.fixture
def parent_lab(new_lab):
    states = StatesStandIn()
    states.lab = new_lab(client=lambda _service: states)
    return states.lab


def start_child(child, pattern):
    return chain(
        Start={
            "Type": "Task",
            "Resource": f"arn:aws:states:::states:startExecution{pattern}",
            "Parameters": {"StateMachineArn": child, "Input": {"n": 1}},
        }
    )


def test_a_child_execution_is_awaited(parent_lab):
    child = parent_lab.machine(chain(A={"Type": "Pass", "Result": {"done": True}}))
    text = parent_lab.output(start_child(child, ".sync"))
    assert json.loads(text["Output"]) == {"done": True}
    parsed = parent_lab.output(start_child(child, ".sync:2"))
    assert parsed["Output"] == {"done": True}
    assert parsed["Input"] == {"n": 1}


def test_a_child_that_fails_fails_its_parent(parent_lab):
    child = parent_lab.machine(chain(F={"Type": "Fail", "Error": "ChildError"}))
    described = parent_lab.run(start_child(child, ".sync:2"))
    assert described["error"] == "States.TaskFailed"
    assert json.loads(described["cause"])["Error"] == "ChildError"


def test_a_stopped_parent_stops_its_child(parent_lab):
    child = parent_lab.machine(chain(W={"Type": "Wait", "Seconds": 1000}))
    arn = parent_lab.start(start_child(child, ".sync"))
    parent_lab.until(lambda: "TaskSubmitted" in parent_lab.types(arn), seconds=0.5)
    parent_lab.call("StopExecution", executionArn=arn)
    (started,) = parent_lab.call("ListExecutions", stateMachineArn=child)["executions"]
    assert parent_lab.ended(started["executionArn"])["status"] == "ABORTED"


def hand_over(child, **fields):
    """A task that waits for a child, and gives it its token."""
    return chain(
        Start={
            "Type": "Task",
            "Resource": "arn:aws:states:::states:startExecution.sync",
            "Parameters": {"StateMachineArn": child, "Input": {"token.$": "$$.Task.Token"}},
            **fields,
        }
    )


@pytest.fixture
def waiting(parent_lab):
    """A machine that waits for long."""
    return parent_lab.machine(chain(W={"Type": "Wait", "Seconds": 1000}))


def token_of(lab, child):
    """The token that the only child got, and the ARN of the child."""
    (started,) = lab.call("ListExecutions", stateMachineArn=child)["executions"]
    arn = started["executionArn"]
    return json.loads(lab.call("DescribeExecution", executionArn=arn)["input"])["token"], arn


def test_an_answer_to_the_token_ends_the_task_before_its_job(parent_lab, waiting):
    arn = parent_lab.start(hand_over(waiting))
    parent_lab.until(lambda: "TaskSubmitted" in parent_lab.types(arn), seconds=0.5)
    token, child = token_of(parent_lab, waiting)
    parent_lab.call("SendTaskSuccess", taskToken=token, output='"enough"')
    assert json.loads(parent_lab.ended(arn)["output"]) == "enough"
    assert parent_lab.call("DescribeExecution", executionArn=child)["status"] == "RUNNING"


def test_a_failure_told_by_the_token_is_the_tasks(parent_lab, waiting):
    arn = parent_lab.start(hand_over(waiting))
    parent_lab.until(lambda: "TaskSubmitted" in parent_lab.types(arn), seconds=0.5)
    token, _ = token_of(parent_lab, waiting)
    parent_lab.call("SendTaskFailure", taskToken=token, error="Enough", cause="of it")
    described = parent_lab.ended(arn)
    assert (described["error"], described["cause"]) == ("Enough", "of it")


def test_a_token_is_closed_once_its_job_has_ended(parent_lab):
    child = parent_lab.machine(chain(A={"Type": "Pass"}))
    parent_lab.output(hand_over(child))
    token, _ = token_of(parent_lab, child)
    assert parent_lab.refused("SendTaskSuccess", taskToken=token, output="1") == "TaskTimedOut"


def test_a_restarted_process_takes_the_answer_to_a_jobs_token(new_lab, glue, tmp_path):
    def make():
        return new_lab(client=lambda _service: glue, data_dir=tmp_path)

    definition = json.loads(json.dumps(CONVERT))
    definition["States"]["Convert"]["Parameters"]["Arguments"] = {"--token.$": "$$.Task.Token"}
    first = make()
    arn = first.start(definition)
    assert glue.looked.wait(10)
    first.close()
    second = make()
    (scheduled,) = [e for e in second.history(arn) if e["type"] == "TaskScheduled"]
    parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
    token = parameters["Arguments"]["--token"]
    second.call("SendTaskSuccess", taskToken=token, output="42")
    assert json.loads(second.ended(arn)["output"]) == 42
    assert glue.stopped == []
