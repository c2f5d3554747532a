"""A stack is updated while runs are on their way: each ends with what it began with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cloud import ROOT, Cloud, copied_to, eventually, started

pytestmark = pytest.mark.cloud("own-checkout")

HELD = {
    "service": "lambda",
    "operation": "Invoke",
    "resource": "ConvertSmall",
    "error": "throttle",
}
HEADER = "id,location_id,address_1,city,state_province\n"
OLD, NEW = "More: sluice show", "Facts: sluice show"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a deployment needs, in a folder that a test may change."""
    folder = tmp_path_factory.mktemp("checkout")
    copied_to(folder)
    return folder


@pytest.fixture(scope="module")
def own_cloud(checkout: Path) -> Iterator[Cloud]:
    yield from started(checkout, checkout=checkout)


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def definition(cloud: Cloud, run_id: str) -> Any:
    arn = cloud.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    machine = cloud.client("stepfunctions").describe_state_machine_for_execution(
        executionArn=f"{arn}:{run_id}"
    )
    return json.loads(machine["definition"])


def running(cloud: Cloud, text: str, state: str) -> str:
    """The run whose name holds `text`, once it is in this state."""

    def probe() -> str | None:
        for execution in cloud.executions():
            if text in execution["name"] and execution["status"] == "RUNNING":
                name: str = execution["name"]
                entered = (e.get("stateEnteredEventDetails", {}) for e in cloud.history(name))
                if any(details.get("name") == state for details in entered):
                    return name
        return None

    return eventually(probe, what=f"{text} in {state}")


def test_runs_end_with_the_versions_that_they_began_with(own_cloud: Cloud, checkout: Path) -> None:
    cloud = own_cloud
    cloud.mails()
    cloud.drop("customers", "asks.csv", (ROOT / "sample_data/customers_dirty.csv").read_bytes())
    asking = running(cloud, "asks", "Request Approval")
    cloud.post("/_localcloud/faults", {"rules": [HELD]})
    cloud.drop("addresses", "converts.csv", f"{HEADER}converts,1,S,T,CA\n".encode())
    converting = running(cloud, "converts", "Convert Small")

    replace(checkout / "functions/pipeline/words/notices.py", OLD, NEW)
    replace(checkout / "statemachine/csv_pipeline.asl.json", '"Comment": "', '"Comment": "New: ')
    done = cloud.post("/_localcloud/deploy", {"parameters": {}})
    assert done["changed"] == [
        "functions/pipeline/words/notices.py",
        "statemachine/csv_pipeline.asl.json",
    ]
    cloud.post("/_localcloud/faults", {"rules": []})
    cloud.advance(60)
    [question] = [q for q in cloud.sluice("approvals") if q["run_id"] == asking]
    cloud.sluice("approvals", "approve", question["approval_id"], "--comment", "as before")
    cloud.drop("addresses", "begins.csv", f"{HEADER}begins,1,S,T,CA\n".encode())

    ended = {name: cloud.ended(name) for name in ("asks", "converts", "begins")}
    assert {run["status"] for run in ended.values()} == {"LOADED"}
    mails = [mail["Message"] for mail in cloud.mails()]
    told = {
        name: next(mail for mail in mails if run["run_id"] in mail) for name, run in ended.items()
    }
    assert OLD in told["asks"]
    assert OLD in told["converts"]
    assert NEW in told["begins"]
    machines = {name: definition(cloud, run["run_id"])["Comment"] for name, run in ended.items()}
    new = {name for name, comment in machines.items() if comment.startswith("New: ")}
    assert new == {"begins"}
    assert ended["converts"]["run_id"] == converting
