"""`sluice report`: one page for the sender, which holds nothing of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from sluice.stack.cloud import Cloud
from tests.integration.cli.scripted_states import Execution, ScriptedStates

RUN = "customers-a-0123456789ab"
KEY = "incoming/customers/<a>.csv"
PREFIX = f"runs/{RUN}/0-0/"


@pytest.fixture
def run(cloud: Cloud, states: ScriptedStates, record: Callable[..., None]) -> None:
    states.add(Execution(RUN)).end("SUCCEEDED", output="{}")
    counts = {"rows_in": 3, "valid": 2, "rejected": 1}
    file = {"key": KEY, "version_id": "v-secret", "disposition": "archived"}
    record(
        f"RUN#{RUN}",
        "RUN",
        run_id=RUN,
        dataset="customers",
        status="LOADED",
        counts=counts | {"loaded": 2},
        files=[file],
        report_uri=f"s3://work/{PREFIX}report.json",
    )
    error = {"column": "name", "rule": "minLength", "message": "name is shorter than 2 characters"}
    row = {"file": KEY, "version_id": "v-secret", "line": 3, "record": 2, "raw": "1,X<b>"}
    report = {
        "rejected_parts": [{"key": f"{PREFIX}rejected/0.json"}],
        "rules": [{"column": "name", "rule": "minLength", "rows": 1}],
    }
    rejected = json.dumps(row | {"errors": [error]}) + "\n"
    for key, text in ((f"{PREFIX}report.json", json.dumps(report)), (
        f"{PREFIX}rejected/0.json", rejected,
    )):  # fmt: skip
        cloud.s3.put_object(Bucket="work", Key=key, Body=text.encode())


@pytest.fixture
def page(sluice: Callable[..., Result], tmp_path: Path) -> Callable[..., str]:
    def write(*options: str) -> str:
        out = tmp_path / "page.html"
        result = sluice("report", RUN, "--out", str(out), *options)
        assert result.exit_code == 0, result.stderr
        return out.read_text()

    return write


@pytest.mark.usefixtures("run")
def test_it_tells_line_column_and_reason_and_no_value(page: Callable[..., str]) -> None:
    text = page()
    assert "2 of 3 rows were taken over, 1 were not." in text
    assert "name is shorter than 2 characters" in text
    assert 'data-label="Line">3<' in text
    assert "&lt;a&gt;.csv" in text
    assert "X&lt;b&gt;" not in text, "rows only if asked for"


@pytest.mark.usefixtures("run")
def test_rows_stand_in_it_if_asked_for(page: Callable[..., str]) -> None:
    assert "1,X&lt;b&gt;" in page("--rows", "5")


@pytest.mark.usefixtures("run")
def test_nothing_of_ours_and_nothing_from_elsewhere(page: Callable[..., str]) -> None:
    text = page("--rows", "5")
    for ours in (
        RUN,
        "v-secret",
        "s3://",
        "incoming/",
        "sluice",
        "arn:",
        "href",
        "src=",
        "<script",
    ):
        assert ours not in text.lower(), ours


def test_a_run_that_goes_on_has_no_report(
    sluice: Callable[..., Result], states: ScriptedStates, tmp_path: Path
) -> None:
    states.add(Execution(RUN, order={"dataset": "customers"}))
    result: Any = sluice("report", RUN, "--out", str(tmp_path / "page.html"))
    assert result.exit_code == 1
    assert "once it is over" in result.stderr
