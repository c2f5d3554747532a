"""The script as Glue starts it: a process with arguments, judged by exit code and last line."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from conversion.archive import archive_name, engine_archive
from glue_jobs.csv_to_json import with_byte_code
from pipeline.contracts.contract import Contract
from tests.unit.conversion.reference_conversion import manifest_for

REPOSITORY = Path(__file__).parents[3]
SCRIPT = REPOSITORY / "glue_jobs" / "csv_to_json.py"

ADDRESSES = b"""id,location_id,address_1,city,state_province
1,1,2600 Middlefield Road,Redwood City,CA
2,2,24 Second Avenue,San Mateo,CA
"""

pytestmark = pytest.mark.spark


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """The folder of a run whose conversion has been planned."""
    source = tmp_path / "0000.csv"
    source.write_bytes(ADDRESSES)
    document = json.loads((REPOSITORY / "functions/contracts/addresses.json").read_text())
    manifest = manifest_for(Contract.parse(document), [source], split_bytes=1)
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    return tmp_path


def run_job(folder: Path, engine: Path) -> subprocess.CompletedProcess[str]:
    arguments = {
        "--manifest_uri": (folder / "manifest.json").as_uri(),
        "--output_uri": (folder / "0-0").as_uri() + "/",
        "--engine_uri": engine.as_uri(),
        "--JOB_NAME": "convert",
        "--job-bookmark-option": "job-bookmark-disable",
    }
    words = [word for pair in arguments.items() for word in pair]
    return subprocess.run(
        [sys.executable, SCRIPT, *words], capture_output=True, text=True, check=False, cwd=folder
    )


def archive(folder: Path) -> Path:
    content = engine_archive()
    path = folder / archive_name(content)
    path.write_bytes(content)
    return path


def test_it_converts_what_the_manifest_lists(run: Path) -> None:
    ended = run_job(run, archive(run))
    assert ended.returncode == 0, ended.stderr
    report = json.loads((run / "0-0/report.json").read_text())
    valid = "".join((run / "0-0" / part["key"]).read_text() for part in report["parts"])
    assert valid == (
        '{"id":"1","location_id":"1","address_1":"2600 Middlefield Road",'
        '"city":"Redwood City","state_province":"CA"}\n'
        '{"id":"2","location_id":"2","address_1":"24 Second Avenue",'
        '"city":"San Mateo","state_province":"CA"}\n'
    )
    assert report["counts"] == {"rows_in": 2, "valid": 2, "rejected": 0}
    assert report["engine"] == "spark"
    assert ended.stdout.startswith("SparkContext\n")
    assert "Middlefield" not in ended.stdout + ended.stderr


def test_workers_get_the_engine_with_its_byte_code(tmp_path: Path) -> None:
    path = with_byte_code(engine_archive(), tmp_path)
    found = subprocess.run(
        [sys.executable, "-c", "import conversion.splits as module; print(module.__file__)"],
        env={"PYTHONPATH": str(path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout == f"{path}/conversion/splits.pyc\n"


def test_an_archive_that_was_exchanged_is_not_run_on_glue(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run / "awsglue").mkdir()
    (run / "awsglue" / "context.py").write_text(
        "class GlueContext:\n    def __init__(self, _): ...\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(run))
    engine = archive(run)
    engine.write_bytes(engine.read_bytes() + b"\0")
    ended = run_job(run, engine)
    assert ended.returncode == 1
    assert ended.stdout == "GlueContext\n"
    assert "\nConversionError: the archive" in ended.stderr
    assert not (run / "0-0").exists()


def test_what_goes_wrong_in_a_task_is_told_in_one_line(run: Path) -> None:
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["files"][0]["splits"][0]["records"] = 7
    (run / "manifest.json").write_text(json.dumps(manifest))
    ended = run_job(run, archive(run))
    assert ended.returncode == 1
    told = "\nConversionError: ReconciliationError: file 0 (incoming/0000.csv): no reader finds 7"
    assert told in ended.stderr
    assert not (run / "0-0/report.json").exists()
