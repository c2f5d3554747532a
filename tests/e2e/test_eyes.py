"""From a drop to a metric, an alarm and its message; a run as a timeline."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import ROOT, Cloud, eventually, started

pytestmark = pytest.mark.cloud("eyes")

HEAD = (ROOT / "sample_data/addresses.csv").read_text().splitlines()[0]
MINUTE = 60


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud on which nothing has happened that an alarm could tell."""
    yield from started(tmp_path_factory.mktemp("eyes-cloud"))


def test_rejected_rows_raise_an_alarm(cloud: Cloud, tmp_path: Path) -> None:
    path = tmp_path / "addresses_mostly_bad.csv"
    rows = ["a,1,Main Street 1,Berlin,BE"] + [f"{n},1,Main Street {n},Berlin,??" for n in "bc"]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    before = cloud.sluice("status")
    assert before["well"], before["alarms"]
    run_id = cloud.sluice("run", str(path), code=1)["run_id"]
    cloud.advance(MINUTE)

    def alarm() -> dict[str, str] | None:
        for mail in cloud.mails():
            if "RejectedRowsAlarm" in mail["Subject"]:
                found: dict[str, str] = json.loads(mail["Message"])
                return found
        return None

    told = eventually(alarm, what="the alarm's message")
    assert told["NewStateValue"] == "ALARM"
    status = cloud.sluice("status", code=1)
    [ringing] = [each["name"] for each in status["alarms"] if each["state"] == "ALARM"]
    assert ringing == "sluice-RejectedRowsAlarm"
    assert status["last_day"]["runs"]["REFUSED"] >= 1
    assert status["last_day"]["rows"]["rejected"] >= 2
    assert status["last_day"]["stage_seconds"].keys() >= {"validate", "convert", "judge"}
    doctor = {each["subject"]: each for each in cloud.sluice("doctor", code=None)}
    assert "RejectedRowsAlarm" in doctor["alarms"]["text"]
    trace = cloud.sluice("trace", run_id)
    services = {each["service"] for each in trace["calls"]}
    assert services >= {"lambda", "dynamodb"}
    told_by = {each["service"] for each in trace["within_functions"]}
    assert told_by >= {"S3", "DynamoDB", "SNS"}
    drawn = cloud.run("sluice", "trace", run_id).stdout
    assert "█" in drawn
    assert "PutObject" in drawn
