"""Laws of every machine: it ends, its history is well formed, and redrive repeats nothing."""

import itertools
import json
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.stepfunctions.conftest import FunctionError, Lab

PHASES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Draft:
    """Draws a machine whose tasks are told apart by state name and input.

    Inputs are texts: each iteration of a Map gets its own by appending its index.
    """

    def __init__(self, draw):
        self._draw = draw
        self._numbers = itertools.count()
        self.tasks = set()

    def machine(self):
        return {"QueryLanguage": "JSONata", **self.workflow(depth=2)}

    def workflow(self, depth):
        kinds = ["Pass", "Task", "Caught", "Choice"] + (["Parallel", "Map"] if depth else [])
        chosen = self._draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3))
        names = [f"{kind} {next(self._numbers)}" for kind in chosen]
        end = f"End {next(self._numbers)}"
        states = {end: {"Type": "Succeed"}}
        for kind, name, following in zip(chosen, names, [*names[1:], end], strict=True):
            states.update(self._state(kind, name, following, depth))
        return {"StartAt": names[0], "States": states}

    def _state(self, kind, name, following, depth):
        if kind in ("Task", "Caught"):
            self.tasks.add(name)
        if kind == "Pass":
            return {name: {"Type": "Pass", "Assign": {"seen": name}, "Next": following}}
        if kind == "Choice":
            rule = {"Condition": self._draw(st.sampled_from(["{% true %}", "{% false %}"]))}
            return {
                name: {
                    "Type": "Choice",
                    "Choices": [{**rule, "Next": following}],
                    "Default": following,
                }
            }
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": "work",
                "Payload": {"state": name, "input": "{% $states.input %}"},
            },
            "Output": "{% $states.input %}",
            "Next": following,
        }
        if kind == "Task":
            return {name: task}
        if kind == "Caught":
            catch = [
                {"ErrorEquals": ["Broken"], "Output": "{% $states.input %}", "Next": following}
            ]
            return {name: {**task, "Catch": catch}}
        if kind == "Parallel":
            count = self._draw(st.integers(1, 3))
            branches = [self.workflow(depth - 1) for _ in range(count)]
            return {
                name: {
                    "Type": "Parallel",
                    "Branches": branches,
                    "Output": "{% $states.input %}",
                    "Next": following,
                }
            }
        items = [f"{{% $states.input & '{n}' %}}" for n in range(self._draw(st.integers(0, 3)))]
        processor = self.workflow(depth - 1)
        if self._draw(st.booleans()):
            processor["ProcessorConfig"] = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
        return {
            name: {
                "Type": "Map",
                "Items": items,
                "MaxConcurrency": self._draw(st.integers(0, 2)),
                "ItemProcessor": processor,
                "Output": "{% $states.input %}",
                "Next": following,
            }
        }


@st.composite
def machines(draw):
    """A machine, and the tasks of it that are broken at first."""
    draft = Draft(draw)
    machine = draft.machine()
    tasks = sorted(draft.tasks)
    broken = draw(st.sets(st.sampled_from(tasks))) if tasks else set()
    return machine, broken


@pytest.fixture(scope="module")
def shared_lab():
    lab = Lab()
    yield lab
    lab.close()


class Work:
    """The function behind every task."""

    def __init__(self, broken):
        self.broken = broken

    def __call__(self, payload):
        if payload["state"] in self.broken:
            raise FunctionError("Broken")


def finished_tasks(lab, arn):
    """How often each task, told apart by state and input, succeeded: by the histories of all."""
    finished = Counter()
    for execution in lab.sfn.runtime.executions.values():
        root = execution
        while root.map_run is not None:
            root = root.map_run.parent
        if root.arn != arn:
            continue
        events = execution.history.events
        for event in events:
            if event.type == "TaskSucceeded":
                scheduled = events[events[event.previous_id - 1].previous_id - 1]
                payload = json.loads(scheduled.details["parameters"])["Payload"]
                finished[payload["state"], payload["input"]] += 1
    return finished


def check_history(events, status):
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert all(event["previousEventId"] < event["id"] for event in events)
    assert events[0]["type"] == "ExecutionStarted"
    assert events[-1]["type"] == f"Execution{status.title()}"
    entered, exited = Counter(), Counter()
    for event in events:
        if event["type"].endswith("StateEntered"):
            entered[event["stateEnteredEventDetails"]["name"]] += 1
        if event["type"].endswith("StateExited"):
            exited[event["stateExitedEventDetails"]["name"]] += 1
    assert exited <= entered
    if status == "SUCCEEDED":
        assert exited == entered
    ids = {event["id"] for event in events} | {0}
    assert all(event["previousEventId"] in ids for event in events)


@PHASES
@given(machines())
def test_every_machine_ends_with_a_well_formed_history(shared_lab, drawn):
    machine, broken = drawn
    shared_lab.functions["work"] = Work(broken)
    arn = shared_lab.start(machine, "x")
    described = shared_lab.ended(arn)
    assert described["status"] in ("SUCCEEDED", "FAILED")
    events = []
    token = {}
    while True:
        page = shared_lab.call("GetExecutionHistory", executionArn=arn, maxResults=7, **token)
        events += page["events"]
        if "nextToken" not in page:
            break
        token = {"nextToken": page["nextToken"]}
    check_history(events, described["status"])


@PHASES
@given(machines())
def test_a_redrive_repeats_no_finished_work(shared_lab, drawn):
    machine, broken = drawn
    work = shared_lab.functions["work"] = Work(set(broken))
    arn = shared_lab.start(machine, "x")
    described = shared_lab.ended(arn)
    while described["status"] != "SUCCEEDED":
        if work.broken:
            work.broken.pop()
        shared_lab.call("RedriveExecution", executionArn=arn)
        described = shared_lab.ended(arn)
    assert json.loads(described["output"]) == "x"
    assert set(finished_tasks(shared_lab, arn).values()) <= {1}
    check_history(shared_lab.history(arn), "SUCCEEDED")


@PHASES
@given(machines(), st.integers(1, 30))
def test_a_restart_anywhere_loses_and_repeats_no_finished_work(tmp_path_factory, drawn, stop_after):
    """The journal, cut off after any record, is the state that a kill there would leave."""
    machine, broken = drawn
    whole = tmp_path_factory.mktemp("whole")
    lab = Lab(data_dir=whole)
    lab.functions["work"] = Work(set(broken))
    try:
        arn = lab.start(machine, "x")
        lab.ended(arn)
    finally:
        lab.close()
    lines = (whole / "stepfunctions.jsonl").read_bytes().splitlines(keepends=True)
    started = next(n for n, line in enumerate(lines) if b"ExecutionStarted" in line)
    cut = tmp_path_factory.mktemp("cut")
    (cut / "stepfunctions.jsonl").write_bytes(b"".join(lines[: started + stop_after]))

    again = Lab(data_dir=cut, functions={"work": Work(set())})
    try:
        described = again.ended(arn)
        check_ended(again, arn, described)
        assert set(finished_tasks(again, arn).values()) <= {1}
    finally:
        again.close()


def check_ended(lab, arn, described):
    """A task that was under way when the process died is lost: that may fail the execution."""
    if described["status"] == "FAILED":
        assert described["error"] in (
            "Broken",
            "Lambda.SdkClientException",
            "States.ExceedToleratedFailureThreshold",
        )
    check_history(lab.history(arn), described["status"])
