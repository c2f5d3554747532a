import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from samtranslator.yaml_helper import yaml_parse

from localcloud.deploy.template_text import Template
from pipeline.contracts.dialect import Dialect
from sluice.cli import main
from sluice.contracts.datasets import first_records

ROOT = Path(__file__).parents[3]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(ROOT / "template.yaml", tmp_path)
    shutil.copytree(ROOT / "functions" / "contracts", tmp_path / "functions" / "contracts")
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def run(*words: str) -> Result:
    return CliRunner().invoke(main, list(words))


def dropped(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_a_dataset_is_added_and_removed_without_a_trace(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    before = contents(checkout)
    file = dropped(tmp_path_factory.mktemp("in"), "Kunden 2026.csv", "nr;ort\n1;Ulm\n2;Bonn\n")
    added = run("--json", "dataset", "add", file)
    assert added.exit_code == 0, added.output
    assert json.loads(added.stdout)["dataset"] == "kunden_2026"
    resources: Template = yaml_parse((checkout / "template.yaml").read_text())["Resources"]
    assert resources["Kunden2026Table"]["Properties"]["AttributeDefinitions"] == [
        {"AttributeName": "nr", "AttributeType": "N"}
    ]
    assert (checkout / "sample_data/kunden_2026.csv").read_text() == "nr;ort\n1;Ulm\n2;Bonn\n"
    listed: Any = json.loads(run("--json", "dataset", "list").stdout)["datasets"]
    assert [one["key"] for one in listed if one["dataset"] == "kunden_2026"] == [["nr"]]
    assert run("dataset", "remove", "kunden_2026", "--yes").exit_code == 0
    assert contents(checkout) == before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("id,n\na,1\nb,2,3\n", "structure (1 rows)", id="a cell too many"),
        pytest.param("id,n,n\na,1,2\n", "a person's word", id="two columns of one name"),
        pytest.param('id,n\na,1\nb,"2\n', "never closes", id="a quote left open"),
        pytest.param("", "no bytes", id="an empty file"),
    ],
)
def test_a_file_that_does_not_fit_leaves_the_checkout_as_it_was(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, text: str, says: str
) -> None:
    before = contents(checkout)
    result = run("dataset", "add", dropped(tmp_path_factory.mktemp("in"), "new.csv", text))
    assert result.exit_code in {1, 2}
    assert says in result.stderr
    assert contents(checkout) == before


def test_a_taken_name_is_refused(checkout: Path) -> None:
    result = run("dataset", "add", str(ROOT / "sample_data/addresses.csv"))
    assert "there is a dataset addresses already" in result.stderr
    assert (
        run("dataset", "add", str(ROOT / "sample_data/addresses.csv"), "--name", "a").exit_code == 0
    )


def test_a_mended_contract_is_taken_as_it_is(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("in")
    file = dropped(folder, "o.csv", "id,n\na,1\na,2\n")
    document = json.loads(run("contract", "infer", file, "--name", "orders").stdout)
    document["schema"]["primaryKey"] = ["id", "n"]
    contract = dropped(folder, "orders.json", json.dumps(document))
    assert run("dataset", "add", file, "--contract", contract).exit_code == 0
    stored = json.loads((checkout / "functions/contracts/orders.json").read_text())
    assert stored == document


@pytest.mark.parametrize(
    ("text", "records", "taken"),
    [
        pytest.param(b"a\n1\n2\n3\n", 2, b"a\n1\n2\n", id="the first ones"),
        pytest.param(b"a\r\n1", 2, b"a\r\n1", id="no line end at the end"),
        pytest.param(b'a\n"1\n2"\n3\n', 1, b'a\n"1\n2"\n', id="a record of two lines"),
        pytest.param(b'a\n1\n"2\n', 9, b"a\n1\n", id="a record that is cut off"),
        pytest.param(b"", 9, b"", id="nothing"),
    ],
)
def test_a_sample_is_whole_records(text: bytes, records: int, taken: bytes) -> None:
    assert first_records(text, Dialect(delimiter=",", quote='"'), records=records) == taken


@pytest.mark.parametrize(
    ("dialect", "text", "taken"),
    [
        pytest.param(
            Dialect(delimiter="||", quote='"', encoding="utf-16", header_rows=(2,)),
            'T\na||b\n1||"2\n"\n3||4\n'.encode("utf-16"),
            'T\na||b\n1||"2\n"\n'.encode("utf-16"),
            id="another encoding, a title",
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', line_end="\r"), b"a\r1\r2\r", b"a\r1\r", id="CR"
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', header_rows=()), b"1\n2\n", b"1\n", id="no header"
        ),
        pytest.param(
            Dialect(delimiter=",", quote='"', footer_rows=1), b"a\n1\n2\n", b"a\n1\n2\n",
            id="all of it, so that the footer is there",
        ),
    ],
)  # fmt: skip
def test_a_sample_of_any_dialect_is_written_in_it(
    dialect: Dialect, text: bytes, taken: bytes
) -> None:
    assert first_records(text, dialect, records=1) == taken
