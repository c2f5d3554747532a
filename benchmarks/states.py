"""State machines here and in moto's interpreter, side by side.

    python -m benchmarks.states [--case NAME]

Each case of each engine runs in a fresh process of its own. CPU seconds are those of that
process, all threads together; a case that is not done after the patience is ended and shown so.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 120
ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/machine"

LOOP_ROUNDS = {"here": 5_000, "moto": 500}
ITEMS = 10_000
MOTO_ITEMS = 500  # above about 960 its Map hangs
WAITING = 10_000

Measured = dict[str, Any]


def loop(rounds: int) -> dict[str, Any]:
    """Choice and Pass in turn, so many times each."""
    return {
        "StartAt": "Done?",
        "States": {
            "Done?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericLessThan": rounds, "Next": "Count"}],
                "Default": "End",
            },
            "Count": {
                "Type": "Pass",
                "Parameters": {"n.$": "States.MathAdd($.n, 1)"},
                "Next": "Done?",
            },
            "End": {"Type": "Succeed"},
        },
    }


def map_of_passes(mode: str) -> dict[str, Any]:
    """A Map whose items go through one Pass."""
    processor: dict[str, Any] = {
        "StartAt": "Item",
        "States": {"Item": {"Type": "Pass", "End": True}},
        "ProcessorConfig": {"Mode": mode},
    }
    if mode == "DISTRIBUTED":
        processor["ProcessorConfig"]["ExecutionType"] = "STANDARD"
    return {
        "StartAt": "Each",
        "States": {"Each": {"Type": "Map", "ItemProcessor": processor, "End": True}},
    }


WAIT_FOR_TOKEN = {
    "StartAt": "Ask",
    "States": {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
            "TimeoutSeconds": 86400,
            "End": True,
        }
    },
}


_names = (f"bench-{number}" for number in itertools.count())


class Here:
    """This project's engine."""

    def __init__(self) -> None:
        from localcloud.clock import Clock  # noqa: PLC0415 - each process imports one engine
        from localcloud.stepfunctions import LambdaReply, StepFunctions  # noqa: PLC0415

        answer = LambdaReply(payload=b"null", function_error=None, executed_version="$LATEST")
        self._sfn = StepFunctions(
            Clock(),
            account=ACCOUNT,
            region=REGION,
            invoke_lambda=lambda _name, _payload: answer,
            client=lambda _service: None,
        )

    def machine(self, definition: dict[str, Any], kind: str = "STANDARD") -> str:
        request = {"name": next(_names), "definition": json.dumps(definition), "roleArn": ROLE}
        return str(
            self._sfn.call("CreateStateMachine", {**request, "type": kind})["stateMachineArn"]
        )

    def start(self, machine: str, value: object) -> str:
        request = {"stateMachineArn": machine, "input": json.dumps(value)}
        return str(self._sfn.call("StartExecution", request)["executionArn"])

    def run(self, definition: dict[str, Any], value: object) -> str:
        arn = self.start(self.machine(definition), value)
        execution = self._sfn.runtime.executions[arn]

        async def end() -> None:
            await execution.ended

        self._sfn.runtime.scheduler.call(end)
        return str(execution.status)

    def run_sync(self, definition: dict[str, Any], value: object) -> str:
        """As EXPRESS: a STANDARD execution ends at 25,000 events, as on AWS."""
        request = {
            "stateMachineArn": self.machine(definition, "EXPRESS"),
            "input": json.dumps(value),
        }
        return str(self._sfn.call("StartSyncExecution", request)["status"])

    def waiting(self) -> int:
        return len(self._sfn.runtime.tokens)


class Moto:
    """The interpreter that moto has."""

    def __init__(self) -> None:
        os.environ.update(AWS_ACCESS_KEY_ID="x", AWS_SECRET_ACCESS_KEY="x")  # noqa: S106
        import boto3  # noqa: PLC0415
        from moto import mock_aws  # noqa: PLC0415

        mock_aws(config={"stepfunctions": {"execute_state_machine": True}}).start()
        self._client = boto3.client("stepfunctions", region_name=REGION)

    def run(self, definition: dict[str, Any], value: object) -> str:
        machine = self._client.create_state_machine(
            name=next(_names), definition=json.dumps(definition), roleArn=ROLE
        )["stateMachineArn"]
        arn = self._client.start_execution(stateMachineArn=machine, input=json.dumps(value))[
            "executionArn"
        ]
        while True:
            status = self._client.describe_execution(executionArn=arn)["status"]
            if status != "RUNNING":
                return str(status)
            time.sleep(0.05)

    run_sync = run


def _warm(name: str) -> Any:
    """An engine that has run once, so that nothing is imported while it is measured."""
    engine = ENGINES[name]()
    engine.run(map_of_passes("INLINE"), [1])
    return engine


def _timed(run: Callable[[], str], amount: int) -> Measured:
    cpu, wall = time.process_time(), time.perf_counter()
    status = run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"status": status, "amount": amount, "cpu": cpu, "wall": wall}


def case_loop(name: str) -> Measured:
    engine, rounds = _warm(name), LOOP_ROUNDS[name]
    return _timed(lambda: engine.run(loop(rounds), {"n": 0}), 2 * rounds)


def case_map(name: str) -> Measured:
    engine, items = _warm(name), ITEMS if name == "here" else MOTO_ITEMS
    return _timed(lambda: engine.run_sync(map_of_passes("INLINE"), list(range(items))), items)


def case_distributed(name: str) -> Measured:
    engine, items = _warm(name), ITEMS if name == "here" else MOTO_ITEMS
    return _timed(lambda: engine.run(map_of_passes("DISTRIBUTED"), list(range(items))), items)


def case_waiting(name: str) -> Measured:
    """Memory and threads of executions that wait for a token; moto has no Lambda without Docker."""
    if name != "here":
        return {"status": "needs Docker", "amount": 0, "cpu": 0.0, "wall": 0.0}
    engine = Here()
    machine = engine.machine(WAIT_FOR_TOKEN)
    before, threads = _resident_bytes(), threading.active_count()

    def run() -> str:
        for number in range(WAITING):
            engine.start(machine, {"n": number})
        while engine.waiting() < WAITING:
            time.sleep(0.05)
        return "WAITING"

    measured = _timed(run, WAITING)
    measured["bytes_each"] = (_resident_bytes() - before) / WAITING
    measured["threads"] = threading.active_count() - threads
    return measured


def case_first(name: str) -> Measured:
    """From the start of the interpreter to the end of a first execution."""
    engine = ENGINES[name]()
    status = engine.run(map_of_passes("INLINE"), [1])
    return {"status": status, "amount": 1, "cpu": time.process_time(), "wall": 0.0}


ENGINES: dict[str, Callable[[], Any]] = {"here": Here, "moto": Moto}
CASES: dict[str, Callable[[str], Measured]] = {
    "loop": case_loop,
    "map": case_map,
    "distributed": case_distributed,
    "waiting": case_waiting,
    "first": case_first,
}


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123
        return int(statm.read().split()[1]) * resource.getpagesize()


def _measure(case: str, engine: str) -> Measured:
    command = [sys.executable, "-m", "benchmarks.states", "--child", case, engine]
    began = time.perf_counter()
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return {
            "status": f"no end after {PATIENCE_SECONDS} s",
            "amount": 0,
            "cpu": 0.0,
            "wall": 0.0,
        }
    if done.returncode:
        return {"status": done.stderr[-200:], "amount": 0, "cpu": 0.0, "wall": 0.0}
    measured: Measured = json.loads(done.stdout.splitlines()[-1])
    measured["wall"] = measured["wall"] or time.perf_counter() - began
    return measured


def _show(case: str, engine: str, measured: Measured) -> None:
    rate = measured["amount"] / measured["cpu"] if measured["cpu"] else 0
    extra = ""
    if "bytes_each" in measured:
        extra = f"  {measured['bytes_each']:,.0f} bytes each, {measured['threads']} more threads"
    print(
        f"{case:12} {engine:5} {measured['status']:16} {measured['amount']:6}"
        f" {measured['cpu']:9.3f} CPU s {measured['wall']:8.2f} s {rate:12,.0f} per CPU s{extra}",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--case", choices=CASES, action="append")
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        case, engine = options.child
        print(json.dumps(CASES[case](engine)), flush=True)
        os._exit(0)
    for case in options.case or CASES:
        rates = {}
        for engine in ENGINES:
            measured = _measure(case, engine)
            _show(case, engine, measured)
            rates[engine] = measured["amount"] / measured["cpu"] if measured["cpu"] else 0
        if rates["moto"]:
            print(f"{case:12} {rates['here'] / rates['moto']:.1f} times moto per CPU second")


if __name__ == "__main__":
    main()
