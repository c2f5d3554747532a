"""`python -m localcloud` as a process: announced, ended, killed and started again."""

import contextlib
import json
import os
import pickle
import signal
import stat
import subprocess
import sys
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from localcloud.account import Account
from localcloud.http.keys import AccessKey
from tests.support.cloud import eventually
from tests.support.signing import control

ROOT = Path(__file__).parents[3]
START_SECONDS = 60
TEMPLATE = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Greeting: { Type: String, Default: hello }
Resources:
  Notes:
    Type: AWS::S3::Bucket
    Properties: { BucketName: notes }
  GreetFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: code/
      Handler: greet.handler
      Runtime: python3.13
      Environment: { Variables: { GREETING: !Ref Greeting } }
  Gate:
    Type: AWS::Serverless::StateMachine
    Properties:
      Name: !Sub "${AWS::StackName}-gate"
      Definition:
        QueryLanguage: JSONata
        StartAt: Ask
        States:
          Ask:
            Type: Task
            Resource: arn:aws:states:::lambda:invoke.waitForTaskToken
            Arguments:
              FunctionName: !GetAtt GreetFunction.Arn
              Payload: { token: "{% $states.context.Task.Token %}" }
            End: true
      Policies: [{ LambdaInvokePolicy: { FunctionName: !Ref GreetFunction } }]
Outputs:
  GateArn: { Value: !Ref Gate }
"""
HANDLER = """
import os, boto3
def handler(event, context):
    boto3.client("s3").put_object(
        Bucket="notes", Key="token", Body=(os.environ["GREETING"] + " " + event["token"]).encode())
"""


class Process:
    """A local cloud in a directory of its own."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.temporary = home / "tmp"
        self.temporary.mkdir(exist_ok=True)
        words = [sys.executable, "-m", "localcloud", "--template", "template.yaml", *arguments]
        self.process = subprocess.Popen(
            words,
            cwd=home,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "AWS_DEFAULT_REGION": "eu-central-1",
                "TMPDIR": str(self.temporary),
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout
        self.exports = {}
        for line in self.process.stdout:
            name, _, value = line.strip().removeprefix("export ").partition("=")
            self.exports[name] = value
            if name == "SLUICE_STACK":
                break
        self.children = psutil.Process(self.process.pid).children(recursive=True)

    @property
    def account(self) -> Account:
        exported = self.exports
        owner = AccessKey(exported["AWS_ACCESS_KEY_ID"], exported["AWS_SECRET_ACCESS_KEY"])
        return Account(
            endpoint_url=exported["AWS_ENDPOINT_URL"], region="eu-central-1", owner=owner
        )

    @property
    def announcement(self) -> Path:
        return self.home / ".sluice" / "cloud.json"

    def end(self, number: int) -> int:
        assert self.process.stdout
        self.process.send_signal(number)
        code = self.process.wait(START_SECONDS)
        self.process.stdout.close()
        _, alive = psutil.wait_procs(self.children, timeout=20)
        assert not alive
        return code

    def kill(self) -> None:
        """Make an end of it, if it has not come to one."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., Process]]:
    """Starts clouds that do not outlive the test."""
    with contextlib.ExitStack() as ends:

        def begin(*arguments: str) -> Process:
            cloud = Process(home, *arguments)
            ends.callback(cloud.kill)
            return cloud

        yield begin


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "greet.py").write_text(HANDLER)
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    return tmp_path


def test_it_is_announced_while_it_can_be_used_and_leaves_nothing_behind(
    start: Callable[..., Process],
) -> None:
    cloud = start("--stack", "other", "--parameter", "Greeting=hi")
    written = json.loads(cloud.announcement.read_text())
    assert written["endpoint_url"] == cloud.exports["AWS_ENDPOINT_URL"]
    assert (written["pid"], written["stack"]) == (cloud.process.pid, "other")
    assert set(written["timings"]) == {"door", "import", "server", "deploy"}
    assert stat.S_IMODE(cloud.announcement.stat().st_mode) == 0o600
    assert written["secret_access_key"] == cloud.exports["AWS_SECRET_ACCESS_KEY"]
    assert control(cloud.exports, "health")["status"] == "deployed"
    environment = cloud.account.client("lambda").list_functions()["Functions"][0]["Environment"]
    assert environment["Variables"]["GREETING"] == "hi"
    assert cloud.end(signal.SIGTERM) == 0
    assert not cloud.announcement.exists()


def code_of(cloud: Process) -> str:
    [function] = cloud.account.client("lambda").list_functions()["Functions"]
    return str(function["CodeSha256"])


def test_what_has_changed_is_brought_in_and_the_parameters_stay(
    start: Callable[..., Process], home: Path
) -> None:
    cloud = start("--parameter", "Greeting=hi")
    cloud.account.client("s3").put_object(Bucket="notes", Key="kept", Body=b"1")
    before = code_of(cloud)
    assert control(cloud.exports, "deploy") == {"changed": []}
    (home / "code" / "greet.py").write_text(HANDLER + "# changed\n")
    (home / "code" / "more.txt").write_text("new")
    changed = ["code/greet.py", "code/more.txt"]
    assert control(cloud.exports, "deploy") == {"changed": changed}
    done = control(cloud.exports, "deploy", {"parameters": {}})
    assert (done["stack"], done["changed"]) == ("sluice", changed)
    assert code_of(cloud) != before
    assert control(cloud.exports, "deploy") == {"changed": []}
    [function] = cloud.account.client("lambda").list_functions()["Functions"]
    assert function["Environment"]["Variables"]["GREETING"] == "hi"
    assert cloud.account.client("s3").list_objects_v2(Bucket="notes")["KeyCount"] == 1
    (home / "template.yaml").write_text("Resources: [")
    with pytest.raises(urllib.error.HTTPError, match="400"):
        control(cloud.exports, "deploy", {"parameters": {}})


def test_a_watched_checkout_is_deployed_on_save(start: Callable[..., Process], home: Path) -> None:
    cloud = start("--watch")
    before = code_of(cloud)
    (home / "code" / "greet.py").write_text(HANDLER + "# changed\n")
    eventually(lambda: code_of(cloud) != before)


def refused(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A start that ends with an error and its own words."""
    ended = subprocess.run(
        [sys.executable, "-m", "localcloud", "--template", "template.yaml", *words],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    return ended


def test_a_template_that_cannot_be_deployed_ends_it_with_an_error(home: Path) -> None:
    (home / "template.yaml").write_text(TEMPLATE.replace("Handler:", "Hanlder:"))
    told = refused(home)
    assert "GreetFunction" in told.stderr
    assert told.stdout == ""
    assert not (home / ".sluice" / "cloud.json").exists()


def _poisoned(home: Path) -> None:
    class Call:
        def __reduce__(self) -> Any:
            return os.mkdir, (str(home / "poisoned"),)

    (home / "data" / "control").mkdir(parents=True, mode=0o700)
    (home / "data" / "control" / "sqs").write_bytes(pickle.dumps(Call()))


def _open_to_all(home: Path) -> None:
    (home / "data").mkdir()
    (home / "data").chmod(0o777)


@pytest.mark.parametrize(
    ("prepare", "said"),
    [
        pytest.param(_poisoned, "posix.mkdir is nothing that the local cloud keeps", id="poisoned"),
        pytest.param(_open_to_all, "other users may write", id="open to all"),
    ],
)
def test_a_data_directory_of_somebody_else_is_refused(
    home: Path, prepare: Callable[[Path], None], said: str
) -> None:
    prepare(home)
    assert said in refused(home, "--data", "data").stderr
    assert not (home / "poisoned").exists()


def kinds_of(states: Any, execution_arn: str) -> list[str]:
    history = states.get_execution_history(executionArn=execution_arn)
    return [event["type"] for event in history["events"]]


@pytest.mark.slow
def test_a_run_that_waits_goes_on_after_a_kill(start: Callable[..., Process]) -> None:
    first = start("--data", "data")
    s3, states = first.account.client("s3"), first.account.client("stepfunctions")
    [machine] = states.list_state_machines()["stateMachines"]
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"], name="run")
    eventually(lambda: "TaskSubmitted" in kinds_of(states, execution["executionArn"]))
    assert s3.list_objects_v2(Bucket="notes")["KeyCount"] == 1
    first.end(signal.SIGKILL)
    [left] = first.temporary.iterdir()
    assert list(left.glob("lambda-*"))

    port = first.account.endpoint_url.rpartition(":")[2]
    second = start("--data", "data", "--port", port)
    s3, states = second.account.client("s3"), second.account.client("stepfunctions")
    note = s3.get_object(Bucket="notes", Key="token")["Body"].read().decode()
    found = states.describe_execution(executionArn=execution["executionArn"])
    assert found["status"] == "RUNNING"
    states.send_task_success(taskToken=note.removeprefix("hello "), output='"yes"')
    ended = eventually(
        lambda: (
            answer
            if (answer := states.describe_execution(executionArn=execution["executionArn"]))[
                "status"
            ]
            != "RUNNING"
            else None
        )
    )
    assert (ended["status"], ended["output"]) == ("SUCCEEDED", '"yes"')
    kept = list((second.home / "data").rglob("*"))
    assert len(kept) > 5
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in kept} == {0}
    eventually(lambda: not left.exists())
    assert second.end(signal.SIGINT) == 0
    assert list(second.temporary.iterdir()) == []
