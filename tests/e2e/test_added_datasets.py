"""Files of six kinds become datasets by one command each, and are loaded without an editor."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sluice.cli import main
from tests.support.cloud import Cloud, copied_to, started

pytestmark = pytest.mark.cloud("added-datasets")

TITLES = "Bestandsliste;;\n;;\nArtikel;Ort;Menge\nA-1;Köln;3\nA-2;Bonn;12\nSumme;;15\n"


def _zipped(text: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("users.csv", text)
    return packed.getvalue()


READINGS = [
    (room, hour, warm) for room in (b"a", b"b") for hour in (7, 19) for warm in (b"x", b"y")
]
FILES = {
    "Umsätze 2026.txt": (
        "Nr\tOrt\tBetrag\r\n1\tKöln\t1.234,50\r\n2\tBonn\t7,25\r\n".encode("utf-16"),
        [{"Nr": 1, "Ort": "Köln", "Betrag": 1234.5},
         {"Nr": 2, "Ort": "Bonn", "Betrag": 7.25}],
    ),
    "kosten.csv": (
        "Konto;Straße;Preis\r\n0401;Münzgasse;1,5\r\n0402;Gasse;-2,25\r\n".encode("cp1252"),
        [{"Konto": "0401", "Straße": "Münzgasse", "Preis": 1.5},
         {"Konto": "0402", "Straße": "Gasse", "Preis": -2.25}],
    ),
    "bestand.csv": (
        TITLES.encode(),
        [{"Artikel": "A-1", "Ort": "Köln", "Menge": 3},
         {"Artikel": "A-2", "Ort": "Bonn", "Menge": 12}],
    ),
    "events.csv": (
        b"level,text\nwarn,disk\nwarn,disk\ninfo,cpu\n",
        [{"level": "warn", "text": "disk"}, {"level": "warn", "text": "disk"},
         {"level": "info", "text": "cpu"}],
    ),
    "readings.csv": (
        b"room,hour,warm\n" + b"".join(b"%s,%d,%s\n" % r for r in READINGS),
        [{"room": room.decode(), "hour": hour, "warm": warm.decode()}
         for room, hour, warm in READINGS],
    ),
    "users.zip": (
        _zipped("email,active\na@example.com,true\nb@example.com,false\n"),
        [{"email": "a@example.com", "active": True}, {"email": "b@example.com", "active": False}],
    ),
}  # fmt: skip
"""Files as spreadsheets, accounting, ERP, logs and mail leave them, each with what it means."""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    copied_to(folder)
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        for name, (content, _) in FILES.items():
            (folder / name).write_bytes(content)
            added = CliRunner().invoke(main, ["dataset", "add", name])
            assert added.exit_code == 0, added.output
    return folder


@pytest.fixture(scope="module")
def own_cloud(checkout: Path) -> Iterator[Cloud]:
    yield from started(checkout, checkout=checkout)


def test_each_is_loaded_with_its_rows(own_cloud: Cloud, checkout: Path) -> None:
    for name, (_, rows) in FILES.items():
        result = own_cloud.sluice("run", str(checkout / name))
        assert result["status"] == "LOADED"
        assert result["counts"]["loaded"] == len(rows)
        contract = _contract_of(checkout, rows[0].keys())
        items = own_cloud.items(contract["name"])
        loaded = [{field: item[field] for field in rows[0]} for item in items]
        assert sorted(loaded, key=repr) == sorted(rows, key=repr)
        told = _published(own_cloud, contract["name"])
        assert sorted(told) == sorted([str(item[field]) for field in rows[0]] for item in items)


def _published(cloud: Cloud, dataset: str) -> list[list[str]]:
    """Return the rows that a query sees, without keys that were made for them."""
    sql = " ".join(("select * from", dataset.replace("-", "_")))
    rows = cloud.sluice("query", dataset, sql)
    return [[str(v) for name, v in row.items() if name != "_sluice_key"] for row in rows]


def _contract_of(checkout: Path, fields: Any) -> Any:
    """Return the contract that was drafted for a file of these columns."""
    contracts = map(
        json.loads, map(Path.read_bytes, (checkout / "functions/contracts").glob("*.json"))
    )
    return next(c for c in contracts if {f["name"] for f in c["schema"]["fields"]} == {*fields})
