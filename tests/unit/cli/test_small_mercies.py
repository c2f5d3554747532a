"""What makes the command line bearable: help that is short, words that are meant, files guessed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from click.testing import CliRunner, Result

from pipeline.runs import cause
from sluice.cli import GROUPS, main
from sluice.commands.deploy import require_stack
from sluice.commands.outcome import outcome_lines
from sluice.runs.diagnosis import diagnose
from sluice.stack.checkup import room
from sluice.stack.local import LocalCloud
from sluice.terminal.exits import NotFoundError, cloud_error
from tests.support.checkouts import with_contract
from tests.unit.cli.test_diagnosis import RUN

NO_ROOM = json.dumps({"errorMessage": "[Errno 28] No space left on device: '/tmp/x'"})


def sluice(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def test_each_command_stands_under_one_heading() -> None:
    names = [name for group in GROUPS.values() for name in group]
    assert len(names) == len(set(names))
    text = sluice("--help").stdout
    assert all(f"{heading}:" in text for heading in GROUPS)
    assert all(f"\n  {name} " in text for name in names)
    assert "..." not in text.partition("Every day:")[2], "a sentence is cut off"


@pytest.mark.parametrize("words", [["runs"], ["approvals"], ["approvals", "approve"], ["check"]])
def test_help_does_not_repeat_what_every_command_takes(words: list[str]) -> None:
    text = sluice(*words, "--help").stdout
    assert "  --local" not in text
    assert "--parameter" not in text.partition("Options:")[2].partition("Every command")[0]
    assert "--local" in sluice("--help").stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["rusn"], "did you mean run or runs?", id="command"),
        pytest.param(["drop", "setup.cfg.none"], "does not exist", id="file"),
        pytest.param(["quite-another"], "there is no command 'quite-another'\n", id="nothing near"),
    ],
)
def test_a_word_that_is_close_is_offered(words: list[str], told: str) -> None:
    result = sluice(*words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_a_dataset_that_is_close_is_offered() -> None:
    result = sluice("drop", "sample_data/addresses.csv", "--dataset", "adresses")
    assert result.exit_code == 2
    assert "did you mean addresses?" in result.stderr


def test_check_finds_the_contract_by_the_files_name(tmp_path: Path) -> None:
    files = ["sample_data/addresses.csv", "sample_data/customers_dirty.csv"]
    result = sluice("check", *files, "--out", str(tmp_path), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["files"]
    assert [each["dataset"] for each in found] == ["addresses", "customers"]


def test_check_needs_no_folder_for_its_results_and_tells_the_first_line_of_each_rule() -> None:
    result = sluice("check", "sample_data/customers_dirty.csv")
    assert result.exit_code == 0, result.output
    assert re.search(r"customers_dirty\.csv: line \d+, ", result.stdout)


def test_check_says_which_contract_it_cannot_guess(tmp_path: Path) -> None:
    file = tmp_path / "unheard-of.csv"
    file.write_text("a\n1\n")
    result = sluice("check", str(file), "--out", str(tmp_path / "out"))
    assert result.exit_code == 2
    assert "addresses, customers" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["dataset", "list"], id="list"),
        pytest.param(["dataset", "remove", "customers", "--yes"], id="remove"),
        pytest.param(["check", "customers.csv"], id="check"),
        pytest.param(["--local", "deploy"], id="deploy, which then starts nothing"),
        pytest.param(["up"], id="up"),
        pytest.param(["up", "--watch"], id="up that watches"),
        pytest.param(["--local", "runs"], id="a command that would start a cloud"),
        pytest.param(
            ["--local", "--fresh", "runs"], id="a command that would start one of its own"
        ),
    ],
)
@pytest.mark.parametrize("text", ["{", '{"name": "customers"}'], ids=["no JSON", "no contract"])
def test_a_contract_that_cannot_be_honoured_is_told_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], text: str
) -> None:
    with_contract(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    result = sluice(*words)
    assert result.exit_code == 1, result.exception
    assert "Error: " in result.stderr
    assert "functions/contracts/customers.json: " in result.stderr


def contract(folder: Path, name: str, table: str) -> str:
    document = json.loads(Path("functions/contracts/addresses.json").read_text())
    document["sluice"]["table"] = table
    file = folder / name
    file.write_text(json.dumps(document))
    return str(file)


@pytest.mark.parametrize(
    ("name", "table", "told"),
    [
        pytest.param("addresses.json", "AddressesTable", "can be honoured", id="as deployed"),
        pytest.param("adresses.json", "AddressesTable", "addresses.json", id="the file's name"),
        pytest.param("addresses.json", "AddressTable", "did you mean AddressesTable", id="table"),
    ],
)
def test_contract_check_knows_file_and_table(
    tmp_path: Path, name: str, table: str, told: str
) -> None:
    result = sluice("contract", "check", contract(tmp_path, name, table))
    assert told in result.stdout
    assert result.exit_code == (0 if told == "can be honoured" else 1)


def test_a_full_disk_is_told_with_what_to_do() -> None:
    failed = replace(RUN, error="OSError", cause=NO_ROOM)
    assert f"  do      {cause.FULL_DISK}" in list(outcome_lines(failed, 1))
    assert diagnose(failed, None).advice[0] == cause.FULL_DISK
    assert room("room", Path("/"), 10**10).well
    assert not room("room", Path("/"), 10**8).well


def test_a_cloud_whose_disk_is_full_says_so() -> None:
    said = {"Error": {"Code": "InternalError", "Message": "No space left on device"}}
    assert cause.FULL_DISK in cloud_error(ClientError(said, "PutObject")).message


def test_deploy_takes_no_stack_but_the_clouds() -> None:
    said = {"endpoint_url": "http://127.0.0.1:1", "pid": 1, "stack": "sluice", "region": "r"}
    keys = {"access_key_id": "a", "secret_access_key": "b"}
    cloud = LocalCloud.from_announcement(json.dumps(said | keys))
    require_stack(cloud, None)
    require_stack(cloud, "sluice")
    with pytest.raises(NotFoundError, match="was started with stack sluice, not other"):
        require_stack(cloud, "other")
