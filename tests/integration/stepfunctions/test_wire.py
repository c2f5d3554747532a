"""The service behind a real socket, as boto3 sees it; and killed without a warning."""

import json
import subprocess
import sys
import textwrap
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import boto3
import pytest

from tests.unit.stepfunctions.conftest import ROLE, Lab, chain


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture
def client(lab):
    with make_server("127.0.0.1", 0, lab.sfn.wsgi, handler_class=QuietHandler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield boto3.client(
            "stepfunctions",
            region_name="us-east-1",
            endpoint_url=f"http://127.0.0.1:{server.server_port}",
            aws_access_key_id="x",
            aws_secret_access_key="x",
        )
        server.shutdown()
        thread.join()


def test_boto3_creates_starts_and_reads_everything_back(lab, client):
    definition = json.dumps(chain(A={"Type": "Pass", "Result": {"größe": 1.5}}))
    machine = client.create_state_machine(name="m", definition=definition, roleArn=ROLE)
    arn = client.start_execution(stateMachineArn=machine["stateMachineArn"], name="run")[
        "executionArn"
    ]
    lab.ended(arn)
    described = client.describe_execution(executionArn=arn)
    assert json.loads(described["output"]) == {"größe": 1.5}
    assert described["stopDate"] >= described["startDate"]
    pages = client.get_paginator("get_execution_history").paginate(
        executionArn=arn, PaginationConfig={"PageSize": 1}
    )
    types = [event["type"] for page in pages for event in page["events"]]
    assert types == [
        "ExecutionStarted",
        "PassStateEntered",
        "PassStateExited",
        "ExecutionSucceeded",
    ]
    (listed,) = client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]
    assert (listed["name"], listed["status"]) == ("run", "SUCCEEDED")
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        client.start_execution(stateMachineArn=machine["stateMachineArn"], name="run")
    with pytest.raises(client.exceptions.InvalidToken):
        client.send_task_success(taskToken="x", output="{}")
    with pytest.raises(client.exceptions.InvalidDefinition):
        client.create_state_machine(name="bad", definition="{}", roleArn=ROLE)


PROCESS = """
    import sys, threading
    from tests.unit.stepfunctions.conftest import Lab, chain
    from pathlib import Path

    asked = threading.Event()
    def ask(payload):
        print(payload["token"], flush=True)
    lab = Lab(data_dir=Path(sys.argv[1]), functions={"ask": ask})
    arn = lab.start(chain(
        A={"Type": "Pass", "Result": {"kept": True}},
        T={"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
           "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
           "ResultPath": "$.answer"},
    ))
    while "TaskSubmitted" not in lab.types(arn):
        pass
    print(arn, flush=True)
    threading.Event().wait()
"""


def test_an_approval_survives_kill_9(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(PROCESS), str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        token, arn = (process.stdout.readline().decode().strip() for _ in range(2))
        process.kill()
    lab = Lab(data_dir=tmp_path)
    try:
        lab.call("SendTaskSuccess", taskToken=token, output='"yes"')
        assert json.loads(lab.ended(arn)["output"]) == {"kept": True, "answer": "yes"}
    finally:
        lab.close()
