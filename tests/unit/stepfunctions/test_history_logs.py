"""Events of executions reach the log group that the state machine names, at its level."""

import json
import threading

import pytest

from localcloud.stepfunctions.integrations.history_logs import batches
from tests.unit.stepfunctions.conftest import FunctionError, Lab, chain, invoke

GROUP = "arn:aws:logs:us-east-1:000000000000:log-group:/aws/vendedlogs/states/m:*"


class Logs:
    """Keeps what it is given."""

    def __init__(self):
        self.streams, self.messages = [], []
        self.written = threading.Event()

    def create_log_stream(self, **request):
        assert request["logGroupName"] == "/aws/vendedlogs/states/m"
        self.streams.append(request["logStreamName"])

    def put_log_events(self, **request):
        assert request["logStreamName"] == self.streams[-1]
        self.messages += [json.loads(event["message"]) for event in request["logEvents"]]
        self.written.set()


def broken(_):
    raise FunctionError("Broken", "it is")


def _wait_for(logs, event_type):
    while not logs.messages or logs.messages[-1]["type"] != event_type:
        logs.written.wait(1)


def logged(level, definition, *, data=True, **machine):
    logs = Logs()
    lab = Lab(client=lambda _: logs, functions={"work": broken})
    logging = {
        "level": level,
        "includeExecutionData": data,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": GROUP}}],
    }
    arn = lab.machine(definition, loggingConfiguration=logging, **machine)
    started = lab.call("StartExecution", stateMachineArn=arn, input='{"a":1}')["executionArn"]
    events = None
    if machine.get("type") == "EXPRESS":
        lab.within(lambda: _wait_for(logs, "ExecutionSucceeded"))
    else:
        lab.ended(started)
        events = lab.history(started)
    lab.close()
    return logs, started, events


def test_all_events_are_told_in_order_with_their_details():
    logs, arn, events = logged("ALL", chain(A={"Type": "Pass"}))
    assert [m["type"] for m in logs.messages] == [event["type"] for event in events]
    first = logs.messages[0]
    assert first["details"]["input"] == '{"a":1}'
    assert {name: first[name] for name in ("id", "previous_event_id", "redrive_count")} == {
        "id": "1",
        "previous_event_id": "0",
        "redrive_count": "0",
    }
    assert first["execution_arn"] == arn
    assert logs.streams[0].startswith("states/machine-0/")


@pytest.mark.parametrize(
    ("level", "types"),
    [
        ("ERROR", ["LambdaFunctionFailed", "ExecutionFailed"]),
        ("FATAL", ["ExecutionFailed"]),
        ("OFF", []),
    ],
)
def test_levels_leave_out_what_is_less(level, types):
    work = invoke("work") | {"Resource": "arn:aws:lambda:us-east-1:000000000000:function:work"}
    work.pop("Parameters")
    work.pop("OutputPath")
    logs, _, _ = logged(level, chain(T=work))
    assert [message["type"] for message in logs.messages] == types


def test_data_are_left_out_where_nobody_asks_for_them():
    logs, _, _ = logged("ALL", chain(A={"Type": "Pass"}), data=False)
    assert '\\"a\\"' not in json.dumps(logs.messages)
    assert logs.messages[1]["details"]["name"] == "A"


def test_express_executions_are_told_of_too():
    logs, arn, _ = logged("ALL", chain(A={"Type": "Pass"}), type="EXPRESS")
    assert logs.messages[-1]["type"] == "ExecutionSucceeded"
    assert {message["execution_arn"] for message in logs.messages} == {arn}


def test_large_logs_are_sent_in_parts():
    entries = [{"timestamp": n, "message": "x" * 300_000} for n in range(7)]
    assert [len(batch) for batch in batches(entries)] == [3, 3, 1]
    many = [{"timestamp": n, "message": "x"} for n in range(10_001)]
    assert [len(batch) for batch in batches(many)] == [10_000, 1]
