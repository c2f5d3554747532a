"""Files of five kinds become datasets by one command each, and are loaded without an editor."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from sluice.cli import main
from tests.support.cloud import Cloud, copied_to, started

pytestmark = pytest.mark.cloud("added-datasets")

FILES = {
    "Städte 2026.csv": ("nr;ort;preis\n1;Ulm;1.50\n2;Bonn;2.25\n", 2),
    "parts.csv": ("sku\tdesc\tqty\nA-1\tnut\t007\nA-2\tbolt\t12\n", 2),
    "order_lines.csv": ("order,line,when\n1,1,2026-01-02\n1,2,2026-01-02\n2,1,2026-01-03\n", 3),
    "users.csv": ("email,active\na@example.com,true\nb@example.com,false\n", 2),
    "notes.csv": ('id|text\n1|"a|b"\n2|"c\nd"\n', 2),
}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("checkout")
    copied_to(folder)
    with pytest.MonkeyPatch.context() as here:
        here.chdir(folder)
        for name, (text, _) in FILES.items():
            (folder / name).write_text(text)
            added = CliRunner().invoke(main, ["dataset", "add", name])
            assert added.exit_code == 0, added.output
    return folder


@pytest.fixture(scope="module")
def own_cloud(checkout: Path) -> Iterator[Cloud]:
    yield from started(checkout, checkout=checkout)


def test_each_is_loaded(own_cloud: Cloud, checkout: Path) -> None:
    for name, (_, rows) in FILES.items():
        result = own_cloud.sluice("run", str(checkout / name))
        assert result["status"] == "LOADED"
        assert result["counts"]["loaded"] == rows
