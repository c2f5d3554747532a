"""Real worker processes under the real runtime client, without any AWS API."""

import hashlib
import io
import json
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from localcloud.cloudwatch.vended import Vended
from localcloud.http.keys import AccessKey
from localcloud.lambdas.function import FunctionVersion
from localcloud.lambdas.output import LogEvent
from localcloud.lambdas.pool import WorkerPool
from localcloud.lambdas.reply import LambdaReply, ThrottledError
from localcloud.lambdas.service import LambdaService
from localcloud.lambdas.spawner import RuntimeClient
from localcloud.xray.store import TraceStore
from tests.support.cloud import eventually
from tests.support.lambda_function import FUNCTION

pytestmark = pytest.mark.xdist_group("lambda-workers")

SOURCES = {
    "app.py": """
        import json, logging, os, signal, sys, time
        calls = 0
        logging.getLogger().setLevel("INFO")

        def echo(event, context):
            global calls
            calls += 1
            print("printed")
            logging.info("one message\\nof two lines")
            return {
                "event": event,
                "calls": calls,
                "pid": os.getpid(),
                "cwd": os.getcwd(),
                "variable": os.environ.get("COLOUR"),
                "arn": context.invoked_function_arn,
                "memory": context.memory_limit_in_mb,
                "left_ms": context.get_remaining_time_in_millis(),
                "modules": sorted(sys.modules),
            }

        def fail(event, context):
            raise ValueError("no such colour")

        def die(event, context):
            if event["how"] == "exit":
                os._exit(7)
            if event["how"] == "signal":
                os.kill(os.getpid(), signal.SIGSEGV)
            if event["how"] == "memory":
                hog = bytearray(600 * 1024 * 1024)
            time.sleep(60)

        def wait_for_file(event, context):
            open(event["started"] + str(os.getpid()), "w").close()
            while not os.path.exists(event["go"]):
                time.sleep(0.005)
            return os.getpid()

        def large(event, context):
            return "x" * event["size"]
    """,
    "counted.py": """
        import os

        with open(os.environ["STARTS"], "a") as file:
            file.write("started ")

        def handler(event, context):
            return open(os.environ["STARTS"]).read()
    """,
    "no_import.py": "import a_module_that_does_not_exist",
    "no_start.py": "raise RuntimeError('cannot start')",
    "bad_syntax.py": "def handler(:",
}


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as package:
        for name, source in SOURCES.items():
            package.writestr(name, textwrap.dedent(source))
    return content.getvalue()


CODE = archive()
BASE = replace(
    FUNCTION,
    timeout_seconds=20,
    environment={"COLOUR": "blue"},
    code_sha256=hashlib.sha256(CODE).hexdigest(),
    code=CODE,
)


class Shelf:
    """Functions by name, and the log events that were written."""

    def __init__(self) -> None:
        self.functions: dict[str, FunctionVersion] = {}
        self.events: list[LogEvent] = []

    def add(self, handler: str, **changes: Any) -> str:
        name = f"f{len(self.functions)}"
        arn = f"arn:aws:lambda:us-east-1:123456789012:function:{name}"
        self.functions[name] = replace(BASE, name=name, arn=arn, handler=handler, **changes)
        return name

    def find(self, name_or_arn: str, qualifier: str | None) -> FunctionVersion:
        return self.functions[
            name_or_arn.rsplit(":function:", maxsplit=1)[-1].split(":", maxsplit=1)[0]
        ]

    def write_log(self, group: str, stream: str, events: list[LogEvent]) -> None:
        self.events += events


class Lab:
    """A service over a pool of its own."""

    def __init__(self, concurrency: int = 4, runtime: RuntimeClient | None = None) -> None:
        self.shelf = Shelf()
        self.cold: list[str] = []
        self.pool = WorkerPool(
            endpoint_url="http://127.0.0.1:9",
            access_key=lambda name: AccessKey(f"function.{name}", "secret"),
            xray_daemon="127.0.0.1:9",
            starts_cold=lambda function: self.cold.append(function.name),
            concurrency=concurrency,
            runtime=runtime,
        )
        meter = Vended(lambda _: None, now=time.time, account="123456789012", region="us-east-1")
        self.service = LambdaService(self.shelf, self.pool, meter, TraceStore())

    def invoke(self, name: str, event: Any = None) -> LambdaReply:
        return self.service.invoke(name, json.dumps(event or {}).encode())

    def value(self, name: str, event: Any = None) -> Any:
        reply = self.invoke(name, event)
        assert reply.function_error is None, reply.payload
        return json.loads(reply.payload)

    def error(self, name: str, event: Any = None) -> Any:
        reply = self.invoke(name, event)
        assert reply.function_error == "Unhandled"
        return json.loads(reply.payload)


@pytest.fixture(scope="module", params=list(RuntimeClient))
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    if request.param is RuntimeClient.AWS and RuntimeClient.best() is not RuntimeClient.AWS:
        pytest.skip("AWS's runtime client is not installed here")
    lab = Lab(runtime=request.param)
    yield lab
    lab.pool.close()


def test_a_handler_sees_event_context_and_environment(lab: Lab) -> None:
    name = lab.shelf.add("app.echo")
    value = lab.value(name, {"a": [1, "ü"]})
    assert value["event"] == {"a": [1, "ü"]}
    assert value["variable"] == "blue"
    assert value["arn"].endswith(f":function:{name}")
    assert value["memory"] == "256"
    assert 15_000 < value["left_ms"] <= 20_000
    assert (Path(value["cwd"]) / "app.py").exists()


def test_a_worker_knows_nothing_of_the_local_cloud(lab: Lab) -> None:
    modules = lab.value(lab.shelf.add("app.echo"))["modules"]
    assert "boto3" in modules, "what handlers import is there before they ask"
    assert not [name for name in modules if name.startswith(("localcloud", "moto"))]


def test_a_warm_worker_is_used_again_and_keeps_its_globals(lab: Lab) -> None:
    name = lab.shelf.add("app.echo")
    first, second = lab.value(name), lab.value(name)
    assert first["pid"] == second["pid"]
    assert (first["calls"], second["calls"]) == (1, 2)


def test_a_prepared_worker_takes_the_first_invocation(lab: Lab, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    name = lab.shelf.add("counted.handler", environment={"STARTS": str(starts)})
    for _ in range(2):
        lab.pool.prepare(lab.shelf.functions[name])
        assert starts.read_text() == "started "
    lab.shelf.events.clear()
    lab.cold.clear()
    assert lab.value(name) == "started "
    assert lab.cold == []
    assert "Init Duration" in lab.shelf.events[-1].message


def test_a_function_is_told_of_that_nobody_prepared(lab: Lab) -> None:
    name = lab.shelf.add("app.echo")
    lab.cold.clear()
    for _ in range(2):
        lab.value(name)
    assert lab.cold == [name]


def test_a_function_that_cannot_start_says_so_when_it_is_invoked(lab: Lab) -> None:
    name = lab.shelf.add("no_start.handler")
    lab.pool.prepare(lab.shelf.functions[name])
    assert "cannot start" in lab.error(name)["errorMessage"]


def test_a_changed_environment_gets_a_new_worker(lab: Lab) -> None:
    name = lab.shelf.add("app.echo")
    before = lab.value(name)
    lab.shelf.functions[name] = replace(lab.shelf.functions[name], environment={"COLOUR": "green"})
    after = lab.value(name)
    assert after["variable"] == "green"
    assert after["pid"] != before["pid"]


def test_the_log_reads_as_on_aws(lab: Lab) -> None:
    name = lab.shelf.add("app.echo")
    lab.shelf.events.clear()
    tail = lab.invoke(name).log_tail
    messages = [event.message for event in lab.shelf.events]
    assert messages[0].startswith("START RequestId: ")
    assert messages[1] == "printed\n"
    assert messages[2].endswith("one message\nof two lines\n")
    assert messages[3].startswith("END RequestId: ")
    assert "Init Duration" in messages[4]
    assert tail == "".join(messages)
    assert "Init Duration" not in lab.invoke(name).log_tail


def test_a_function_may_log_json(lab: Lab) -> None:
    name = lab.shelf.add("app.echo", log_format="JSON")
    lab.shelf.events.clear()
    lab.invoke(name)
    start, printed, logged, report = (event.message for event in lab.shelf.events)
    assert json.loads(start)["type"] == "platform.start"
    assert printed == "printed\n"
    assert json.loads(logged)["message"] == "one message\nof two lines"
    assert json.loads(report)["record"]["status"] == "success"


def test_an_exception_becomes_an_error_document(lab: Lab) -> None:
    name = lab.shelf.add("app.fail")
    error = lab.error(name)
    assert error["errorType"] == "ValueError"
    assert error["errorMessage"] == "no such colour"
    assert "raise ValueError" in "".join(error["stackTrace"])


@pytest.mark.parametrize(
    ("handler", "error_type"),
    [
        pytest.param("no_import.handler", "Runtime.ImportModuleError", id="missing module"),
        pytest.param("missing.handler", "Runtime.ImportModuleError", id="no such file"),
        pytest.param("app.missing", "Runtime.HandlerNotFound", id="missing function"),
        pytest.param("bad_syntax.handler", "Runtime.UserCodeSyntaxError", id="syntax"),
        pytest.param("no_start.handler", "RuntimeError", id="raises while it is imported"),
    ],
)
def test_a_handler_that_cannot_be_loaded(lab: Lab, handler: str, error_type: str) -> None:
    assert lab.error(lab.shelf.add(handler))["errorType"] == error_type


@pytest.mark.parametrize(
    ("how", "changes", "error_type", "message"),
    [
        pytest.param("exit", {}, "Runtime.ExitError", "exit status 7", id="exit"),
        pytest.param("signal", {}, "Runtime.ExitError", "segmentation fault", id="signal"),
        pytest.param("memory", {}, "Runtime.OutOfMemory", "signal: killed", id="memory"),
        pytest.param(
            "sleep",
            {"timeout_seconds": 1},
            "Sandbox.Timedout",
            "Task timed out after 1.00 seconds",
            id="timeout",
        ),
    ],
)
def test_a_worker_that_dies_is_reported_and_replaced(
    lab: Lab, how: str, changes: dict[str, Any], error_type: str, message: str
) -> None:
    name = lab.shelf.add("app.die", **changes)
    error = lab.error(name, {"how": how})
    assert error["errorType"] == error_type
    assert error["errorMessage"].startswith("RequestId: ")
    assert error["errorMessage"].endswith(message)
    lab.shelf.functions[name] = replace(lab.shelf.functions[name], handler="app.echo")
    assert lab.value(name)["calls"] == 1


def test_a_worker_that_died_while_idle_is_replaced(lab: Lab) -> None:
    name = lab.shelf.add("app.echo")
    worker = psutil.Process(lab.value(name)["pid"])
    worker.send_signal(signal.SIGKILL)
    psutil.wait_procs([worker], timeout=5)
    reply = lab.invoke(name)
    if reply.function_error:  # the death was not known yet: reported once, as on AWS
        reply = lab.invoke(name)
    assert json.loads(reply.payload)["calls"] == 1


def test_a_response_over_six_megabytes_is_an_error(lab: Lab) -> None:
    name = lab.shelf.add("app.large")
    assert len(lab.value(name, {"size": 6_000_000})) == 6_000_000
    error = lab.error(name, {"size": 6 * 1024 * 1024})
    assert error["errorType"] == "Function.ResponseSizeTooLarge"


def test_reserved_concurrency_throttles(lab: Lab, tmp_path: Path) -> None:
    name = lab.shelf.add("app.wait_for_file", reserved_concurrency=1)
    go = tmp_path / "go"
    event = {"started": str(tmp_path / "started-"), "go": str(go)}
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(lab.invoke, name, event)
        eventually(lambda: list(tmp_path.glob("started-*")))
        with pytest.raises(ThrottledError):
            lab.invoke(name, event)
        go.touch()
        assert running.result(10).function_error is None
    assert lab.invoke(name, event).function_error is None


def test_more_invocations_than_slots_all_end(tmp_path: Path) -> None:
    lab = Lab(concurrency=2)
    name = lab.shelf.add("app.wait_for_file")
    go = tmp_path / "go"
    event = {"started": str(tmp_path / "started-"), "go": str(go)}
    try:
        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(lab.value, name, event) for _ in range(4)]
            eventually(lambda: len(list(tmp_path.glob("started-*"))) == 4)
            go.touch()
            assert len({future.result(10) for future in running}) == 4, "one worker each"
    finally:
        lab.pool.close()


def test_closing_the_pool_ends_every_process() -> None:
    lab = Lab()
    name = lab.shelf.add("app.echo")
    worker = psutil.Process(lab.value(name)["pid"])
    zygote = worker.parent()
    assert zygote is not None
    lab.pool.close()
    gone, alive = psutil.wait_procs([worker, zygote], timeout=5)
    assert not alive, gone


SERVER = """
import sys, time
sys.path.insert(0, sys.argv[1])
from tests.integration.lambdas.test_lambda_workers import Lab
lab = Lab()
print(lab.value(lab.shelf.add("app.echo"))["pid"], flush=True)
time.sleep(60)
"""


def test_workers_end_when_their_server_is_killed(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(root)], stdout=subprocess.PIPE, cwd=tmp_path, text=True
    )
    assert server.stdout is not None
    worker = psutil.Process(int(server.stdout.readline()))
    family = [worker, *worker.parents()[:1]]
    server.kill()
    server.wait()
    server.stdout.close()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive


def test_a_killed_zygote_is_replaced() -> None:
    lab = Lab()
    name = lab.shelf.add("app.echo")
    try:
        zygote = psutil.Process(lab.value(name)["pid"]).parent()
        assert zygote is not None
        zygote.kill()
        psutil.wait_procs([zygote], timeout=5)
        eventually(lambda: lab.invoke(name).function_error is None)
    finally:
        lab.pool.close()


def test_closing_the_pool_fails_invocations_under_way(tmp_path: Path) -> None:
    lab = Lab()
    name = lab.shelf.add("app.wait_for_file")
    event = {"started": str(tmp_path / "started-"), "go": str(tmp_path / "never")}
    with ThreadPoolExecutor(2) as pool:
        running = [pool.submit(lab.error, name, event) for _ in range(2)]
        eventually(lambda: len(list(tmp_path.glob("started-*"))) == 2)
        lab.pool.close()
        assert {future.result(10)["errorType"] for future in running} == {"Runtime.ExitError"}
