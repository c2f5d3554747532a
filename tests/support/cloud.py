"""A local cloud in a process of its own, driven as a user would drive it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import chdir
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import boto3
from click.testing import CliRunner, Result

from sluice.cli import main
from tests.support.signing import control

ROOT = Path(__file__).parents[2]
DEPLOYED = ("functions", "glue_jobs", "layers", "sample_data", "statemachine", "template.yaml")
"""What of a checkout a deployment needs, and the samples."""
T = TypeVar("T")
NEWEST = 6
"""How many runs may begin beside the one that a test waits for; each costs a command."""


def eventually(probe: Callable[[], T | None], *, seconds: float = 60, what: str = "") -> T:
    """The first true answer of `probe`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := probe()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what or probe}"
        time.sleep(0.05)
    return answer


def of_nobody() -> dict[str, str]:
    """This process's environment without accounts, regions and stacks, which other tests set."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "SLUICE_"))}


@dataclass(frozen=True)
class Cloud:
    """A running local cloud with the template deployed."""

    home: Path
    environment: dict[str, str]
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def pid(self) -> int:
        """The process of the local cloud."""
        return int(json.loads((self.home / ".sluice" / "cloud.json").read_text())["pid"])

    def client(self, service: str) -> Any:
        if service not in self._clients:
            self._clients[service] = boto3.client(
                service,
                endpoint_url=self.environment["AWS_ENDPOINT_URL"],
                region_name=self.environment["AWS_DEFAULT_REGION"],
                aws_access_key_id=self.environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=self.environment["AWS_SECRET_ACCESS_KEY"],
            )
        return self._clients[service]

    @cached_property
    def outputs(self) -> dict[str, str]:
        [stack] = self.client("cloudformation").describe_stacks(StackName="sluice")["Stacks"]
        return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    def sluice(self, *words: str, code: int | None = 0) -> Any:
        """The document that a command prints with --json; checks its exit code.

        The command runs in this process, which spares the start of another one; `run` takes one.
        """
        done = self.command(*words)
        assert code is None or done.exit_code == code, (
            f"{words}: exit {done.exit_code}\n{done.stderr}"
        )
        return json.loads(done.stdout) if done.stdout.strip() else None

    def command(self, *words: str) -> Result:
        """How a command with --json ends, in this process; see `sluice`."""
        with chdir(self.home):
            return CliRunner(env=self.environment, catch_exceptions=False).invoke(
                main, [*words, "--json"]
            )

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Any command of the environment, with the exports that `sluice up` prints."""
        bin_folder = Path(sys.executable).parent
        path = f"{bin_folder}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            words,
            cwd=self.home,
            env={**os.environ, **self.environment, "PATH": path},
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def post(self, path: str, document: dict[str, Any]) -> Any:
        """A control of the local cloud: the clock, faults."""
        return control(self.environment, path.removeprefix("/_localcloud/"), document)

    def advance(self, seconds: float) -> None:
        self.post("/_localcloud/clock", {"advance_seconds": seconds})

    # -- what is in the buckets and tables -----------------------------------------------------

    def drop(self, dataset: str, name: str, body: bytes) -> str:
        """Put a file into the landing zone; returns its version id."""
        return self.client("s3").put_object(
            Bucket=self.outputs["LandingBucketName"], Key=f"incoming/{dataset}/{name}", Body=body
        )["VersionId"]

    def executions(self) -> list[dict[str, Any]]:
        pages = self.client("stepfunctions").get_paginator("list_executions")
        arn = self.outputs["StateMachineArn"]
        return [e for page in pages.paginate(stateMachineArn=arn) for e in page["executions"]]

    def ended(self, text: str, *, seconds: float = 90) -> dict[str, Any]:
        """The run whose name holds `text`, once it has ended: its record."""

        def probe() -> dict[str, Any] | None:
            for execution in self.executions():
                if text in execution["name"] and execution["status"] != "RUNNING":
                    return self.sluice("show", execution["name"], code=None)
            return None

        return eventually(probe, seconds=seconds, what=f"a run of {text} that has ended")

    def start(self, **order: Any) -> list[str]:
        """The runs that Start Runs starts for an order."""
        answer = self.client("lambda").invoke(
            FunctionName=self.outputs["StartRunsFunctionName"], Payload=json.dumps(order)
        )
        return [run["run_id"] for run in json.load(answer["Payload"])["started"]]

    def newest_runs(self) -> list[dict[str, Any]]:
        """The records of the few runs that have begun last, of those that have ended."""
        newest = self.executions()[:NEWEST]
        names = [e["name"] for e in newest if e["status"] != "RUNNING"]
        return [self.sluice("show", name, code=None) for name in names]

    def items(self, table: str) -> list[dict[str, Any]]:
        return self.sluice("items", table)

    def keys(self, bucket: str, prefix: str) -> list[str]:
        listing = self.client("s3").list_objects_v2(Bucket=self.outputs[bucket], Prefix=prefix)
        return [o["Key"] for o in listing.get("Contents", [])]

    def history(self, name: str) -> list[dict[str, Any]]:
        arn = self.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:") + ":" + name
        pages = self.client("stepfunctions").get_paginator("get_execution_history")
        return [e for page in pages.paginate(executionArn=arn) for e in page["events"]]

    def mails(self) -> list[dict[str, Any]]:
        """What the outcome topic has sent since the last call: `Subject`, `Message`, …."""
        return self._received("OutcomeTopicArn")

    def questions(self) -> list[dict[str, Any]]:
        """What the approval topic has sent since the last call."""
        return self._received("ApprovalTopicArn")

    def subscribe(self, topic: str) -> None:
        """Let a queue keep the messages of a topic, which is named by its output."""
        sqs = self.client("sqs")
        url = sqs.create_queue(QueueName=topic)["QueueUrl"]
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        self.client("sns").subscribe(
            TopicArn=self.outputs[topic],
            Protocol="sqs",
            Endpoint=found["Attributes"]["QueueArn"],
        )

    def _received(self, topic: str) -> list[dict[str, Any]]:
        sqs = self.client("sqs")
        url = sqs.get_queue_url(QueueName=topic)["QueueUrl"]
        found: list[dict[str, Any]] = []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in batch:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found


def copied_to(folder: Path) -> None:
    """Copy what a deployment needs to a folder, which becomes a checkout that may be changed."""
    for name in DEPLOYED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name)
        else:
            shutil.copy(ROOT / name, folder)


def started(home: Path, *parameters: str, checkout: Path = ROOT) -> Iterator[Cloud]:
    """A cloud from its first line on stdout to its end by SIGTERM."""
    words = [
        sys.executable,
        "-m",
        "localcloud",
        "--template",
        str(checkout / "template.yaml"),
        "--iam",
    ]
    words += [w for p in parameters for w in ("--parameter", p)]
    log = home / "cloud.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            words,
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**of_nobody(), "PYTHONPATH": str(ROOT)},
        )
        assert process.stdout
        exports: dict[str, str] = {}
        while "AWS_ENDPOINT_URL" not in exports or "SLUICE_STACK" not in exports:
            line = process.stdout.readline()
            assert line, f"the local cloud did not start:\n{log.read_text()[-3000:]}"
            name, _, value = line.strip().removeprefix("export ").partition("=")
            exports[name] = value
        cloud = Cloud(home, exports)
        for topic in ("OutcomeTopicArn", "ApprovalTopicArn"):
            cloud.subscribe(topic)
        try:
            yield cloud
        finally:
            process.terminate()
            assert process.wait(30) == 0
            process.stdout.close()
