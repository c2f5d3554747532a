"""What the local cloud costs before it does anything, and what single requests cost.

    python -m benchmarks.cloud [--requests N] [--rival PROGRAM]

Measures, for an empty cloud and for one with `template.yaml`: seconds from the start to the first
answer and to the moment when all is deployed, processor seconds of the start, and the memory of all
its processes at rest.  Then the milliseconds of S3 and DynamoDB requests through one boto3 client,
each with the processor time that the cloud's own process spends on it: where other programs use
the machine, that is the number to compare.  A start finds its bytecode, as every start but the
first does, whether or not this environment lets Python write any.  `--rival` measures ministack in
the same way, from an environment of its own (`make bench-cloud` makes one).
"""

from __future__ import annotations

import argparse
import compileall
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.config import Config

ROOT = Path(__file__).parents[1]
LOOK_SECONDS = 0.01
REST_SECONDS = 1.0
LONGEST_SECONDS = 120.0
BODY = b"x" * 65_536
KEYS = 50
BATCH = 25


@dataclass(frozen=True, kw_only=True)
class Started:
    """A cloud that is up; seconds since its start."""

    name: str
    process: psutil.Process
    session: boto3.Session
    endpoint_url: str
    first_answer: float
    deployed: float | None
    processor: float

    @property
    def megabytes(self) -> float:
        """The memory of all its processes."""
        everyone = [self.process, *self.process.children(recursive=True)]
        return sum(process.memory_info().rss for process in everyone) / 2**20

    def client(self, service: str) -> Any:
        make: Any = self.session.client
        config = Config(s3={"addressing_style": "path"})
        return make(service, endpoint_url=self.endpoint_url, config=config)


def main(arguments: list[str]) -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cloud", description=__doc__)
    parser.add_argument("--requests", type=int, default=300, help="of each kind")
    parser.add_argument("--rival", type=Path, help="the program ministack")
    options = parser.parse_args(arguments)
    compileall.compile_dir(ROOT / "localcloud", quiet=1)
    line("", "first answer", "deployed", "processor", "at rest")
    with ours("empty") as cloud:
        start_costs(cloud)
        request_costs = [(cloud.name, costs(cloud, options.requests))]
    with ours("template.yaml", "--template", str(ROOT / "template.yaml")) as cloud:
        start_costs(cloud)
    if options.rival:
        with rival(options.rival) as cloud:
            start_costs(cloud)
            request_costs.append((cloud.name, costs(cloud, options.requests)))
    line()
    names = [name for name, _ in request_costs]
    line("ms for each request (ms of the server's processor)", *names)
    for request in request_costs[0][1]:
        shown = [f"{held[request][0]:.2f} ({held[request][1]:.2f})" for _, held in request_costs]
        line(request, *shown)
    return 0


def line(first: str = "", *cells: str) -> None:
    """One row of the table."""
    sys.stdout.write(f"{first:<52}" + "".join(f"{cell:>18}" for cell in cells) + "\n")
    sys.stdout.flush()


def start_costs(cloud: Started) -> None:
    """Print what a start has cost, once the cloud has come to rest."""
    time.sleep(REST_SECONDS)
    deployed = "" if cloud.deployed is None else f"{cloud.deployed:.2f} s"
    line(
        cloud.name,
        f"{cloud.first_answer:.2f} s",
        deployed,
        f"{cloud.processor:.2f} s",
        f"{cloud.megabytes:.0f} MB",
    )


@contextlib.contextmanager
def ours(name: str, *words: str) -> Iterator[Started]:
    """This project's cloud."""
    with tempfile.TemporaryDirectory() as folder:
        port, told = free_port(), Path(folder, "cloud.json")
        command = [sys.executable, "-m", "localcloud", "--port", str(port), *words]
        with running([*command, "--announce", str(told)], {}) as (process, began):
            first = until(began, lambda: answers(port, "/_localcloud/health"))
            deployed = until(began, told.exists)
            said = json.loads(told.read_text())
            yield Started(
                name=f"sluice, {name}",
                process=process,
                session=boto3.Session(
                    said["access_key_id"], said["secret_access_key"], region_name=said["region"]
                ),
                endpoint_url=said["endpoint_url"],
                first_answer=first,
                deployed=deployed,
                processor=processor_seconds(process),
            )


@contextlib.contextmanager
def rival(program: Path) -> Iterator[Started]:
    """The program ministack, empty."""
    port = free_port()
    with running([str(program)], {"GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1"}) as (
        process,
        began,
    ):
        first = until(began, lambda: answers(port, "/_ministack/health"))
        yield Started(
            name="ministack, empty",
            process=process,
            session=boto3.Session("test", "test", region_name="us-east-1"),
            endpoint_url=f"http://127.0.0.1:{port}",
            first_answer=first,
            deployed=None,
            processor=processor_seconds(process),
        )


@contextlib.contextmanager
def running(
    command: list[str], environment: dict[str, str]
) -> Iterator[tuple[psutil.Process, float]]:
    """A process, and when it was started."""
    began = time.monotonic()
    quiet = subprocess.DEVNULL
    with subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdout=quiet, stderr=quiet
    ) as process:
        try:
            yield psutil.Process(process.pid), began
        finally:
            process.terminate()


def until(began: float, holds: Callable[[], bool]) -> float:
    """The seconds from the beginning until something holds."""
    while not holds():
        if time.monotonic() > began + LONGEST_SECONDS:
            raise SystemExit(f"not within {LONGEST_SECONDS:.0f} s")
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began


def answers(port: int, path: str) -> bool:
    """Whether anything is answered there, be it a refusal."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_SECONDS)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    except OSError:
        return False
    finally:
        connection.close()
    return True


def costs(cloud: Started, requests: int) -> dict[str, tuple[float, float]]:
    """Milliseconds for each request: elapsed, and of the server's processor."""
    s3, dynamodb = cloud.client("s3"), cloud.client("dynamodb")
    s3.create_bucket(Bucket="bench")
    dynamodb.create_table(
        TableName="bench",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )

    def item(number: int) -> dict[str, Any]:
        names = ("address_1", "city", "state_province", "postal_code", "country")
        return {"id": {"S": f"k{number}"}} | {name: {"S": f"{name} {number}"} for name in names}

    def put_batch(number: int) -> None:
        items = [item(number * BATCH + offset) for offset in range(BATCH)]
        writes = [{"PutRequest": {"Item": found}} for found in items]
        dynamodb.batch_write_item(RequestItems={"bench": writes})

    kinds: dict[str, Callable[[int], Any]] = {
        "S3 PutObject, 64 KiB": lambda number: s3.put_object(
            Bucket="bench", Key=f"k{number % KEYS}", Body=BODY
        ),
        "S3 GetObject, 64 KiB": lambda number: s3.get_object(
            Bucket="bench", Key=f"k{number % KEYS}"
        )["Body"].read(),
        "DynamoDB PutItem": lambda number: dynamodb.put_item(TableName="bench", Item=item(number)),
        f"DynamoDB BatchWriteItem, {BATCH} items": put_batch,
        "DynamoDB GetItem": lambda number: dynamodb.get_item(
            TableName="bench", Key={"id": {"S": f"k{number}"}}
        ),
    }
    return {kind: cost(cloud, request, requests) for kind, request in kinds.items()}


def cost(cloud: Started, request: Callable[[int], Any], times: int) -> tuple[float, float]:
    """What one kind of request takes, warm."""
    for number in range(KEYS):
        request(number)
    before, began = processor_seconds(cloud.process), time.monotonic()
    for number in range(times):
        request(number)
    elapsed, used = time.monotonic() - began, processor_seconds(cloud.process) - before
    return 1000 * elapsed / times, 1000 * used / times


def processor_seconds(process: psutil.Process) -> float:
    """Of a process and what it has started."""
    everyone = [process, *process.children(recursive=True)]
    times = [found.cpu_times() for found in everyone]
    return sum(t.user + t.system + t.children_user + t.children_system for t in times)


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
