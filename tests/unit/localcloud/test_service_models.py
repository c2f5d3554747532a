import gzip
import json
from pathlib import Path

import pytest

from localcloud.corrections.service_models import _names, _parse

MODEL = {
    "documentation": "for people",
    "shapes": {"A": {"documentation": "too", "members": {"documentation": {"shape": "A"}}}},
}


@pytest.mark.parametrize("ending", [".json", ".json.gz"])
def test_a_model_has_no_texts_now_or_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    content = json.dumps(MODEL).encode()
    Path(tmp_path, f"service-2{ending}").write_bytes(
        gzip.compress(content) if ending.endswith("gz") else content
    )
    for _ in range(2):
        assert _parse(str(tmp_path / "service-2")) == {
            "documentation": "",
            "shapes": {"A": {"documentation": "", "members": {"documentation": {"shape": "A"}}}},
        }
    assert len(list((tmp_path / "cache").rglob("models/*"))) == 1


def test_there_may_be_no_such_model(tmp_path: Path) -> None:
    assert _parse(str(tmp_path / "service-2")) is None


def test_services_are_those_whose_folders_there_are(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    places = (str(tmp_path),)
    assert _names(places) == ("one", "two")
