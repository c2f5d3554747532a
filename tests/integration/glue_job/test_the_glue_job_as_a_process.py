"""The script as Glue starts it: a process with arguments, judged by exit code and last line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .glue_job_orders import Order, place_order

REPOSITORY = Path(__file__).parents[3]
SCRIPT = REPOSITORY / "glue_jobs" / "csv_to_json.py"

ADDRESSES = b"""id,location_id,address_1,city,state_province
1,1,2600 Middlefield Road,Redwood City,CA
2,2,24 Second Avenue,San Mateo,CA
"""

pytestmark = pytest.mark.spark


def run_job(order: Order) -> subprocess.CompletedProcess[str]:
    arguments = ["--manifest_uri", order.manifest_uri, "--output_uri", order.output_uri]
    of_glue = ["--JOB_NAME", "convert", "--job-bookmark-option", "job-bookmark-disable"]
    return subprocess.run(
        [sys.executable, SCRIPT, *of_glue, *arguments], capture_output=True, text=True, check=False
    )


def contract(dataset: str) -> dict[str, object]:
    path = REPOSITORY / "functions" / "contracts" / f"{dataset}.json"
    return dict(json.loads(path.read_text()))


def test_it_converts_what_the_manifest_lists(tmp_path: Path) -> None:
    order = place_order(tmp_path, contract("addresses"), ADDRESSES)
    ended = run_job(order)
    assert ended.returncode == 0, ended.stderr
    assert order.valid() == (
        '{"id":"1","location_id":"1","address_1":"2600 Middlefield Road",'
        '"city":"Redwood City","state_province":"CA"}\n'
        '{"id":"2","location_id":"2","address_1":"24 Second Avenue",'
        '"city":"San Mateo","state_province":"CA"}\n'
    )
    assert order.report()["counts"] == {"rows_in": 2, "valid": 2, "rejected": 0}
    assert "Middlefield" not in ended.stdout + ended.stderr


def test_it_fails_with_one_line_that_says_why(tmp_path: Path) -> None:
    order = place_order(tmp_path, contract("addresses"), ADDRESSES)
    (tmp_path / "manifest.json").write_text('{"run_id": "r"}')
    ended = run_job(order)
    assert ended.returncode == 1
    *_, last = ended.stderr.strip().splitlines()
    assert last == "ConversionError: the manifest cannot be used: lacks 'files'"
    assert not order.output.exists()
