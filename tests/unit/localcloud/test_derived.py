import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.derived import derived


class Maker:
    """Reads JSON, and counts how often it had to."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, content: bytes) -> Any:
        self.times += 1
        return json.loads(content)


@pytest.fixture
def make() -> Maker:
    return Maker()


def test_what_was_made_once_is_read(tmp_path: Path, make: Maker) -> None:
    content = b'{"b": [1, 2.5, null, "\\u00e9"], "a": {"b": true}}'
    first = derived(content, make, kind="json", by="1", cache_dir=tmp_path)
    second = derived(content, make, kind="json", by="1", cache_dir=tmp_path)
    assert second == first == json.loads(content)
    assert list(second) == ["b", "a"]
    assert second["a"] is not first["a"]  # who has one may change it
    assert make.times == 1


@pytest.mark.parametrize(
    ("content", "by"),
    [
        pytest.param(b"[1, 2]", "1", id="other bytes"),
        pytest.param(b"[1]", "2", id="other code"),
    ],
)
def test_nothing_out_of_date_is_found(tmp_path: Path, make: Maker, content: bytes, by: str) -> None:
    derived(b"[1]", make, kind="json", by="1", cache_dir=tmp_path)
    assert derived(content, make, kind="json", by=by, cache_dir=tmp_path) == json.loads(content)
    assert make.times == 2


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda kept: b"", id="empty"),
        pytest.param(lambda kept: kept[:-1], id="cut off"),
        pytest.param(lambda kept: kept[:32] + b"\xff" * len(kept[32:]), id="overwritten"),
    ],
)
def test_what_is_damaged_is_made_again(tmp_path: Path, make: Maker, damage: Any) -> None:
    derived(b"[1]", make, kind="json", by="1", cache_dir=tmp_path)
    (kept,) = (tmp_path / "json").iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    assert derived(b"[1]", make, kind="json", by="1", cache_dir=tmp_path) == [1]
    assert derived(b"[1]", make, kind="json", by="1", cache_dir=tmp_path) == [1]
    assert make.times == 2


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path: Path, make: Maker) -> None:
    (tmp_path / "json").write_text("no folder")
    assert derived(b"[1]", make, kind="json", by="1", cache_dir=tmp_path) == [1]


def test_what_cannot_be_kept_is_made_each_time(tmp_path: Path) -> None:
    path = derived(
        b"a", lambda content: Path(content.decode()), kind="json", by="1", cache_dir=tmp_path
    )
    assert path == Path("a")
    assert not (tmp_path / "json").exists()


def test_an_error_is_told_again(tmp_path: Path, make: Maker) -> None:
    for times in (1, 2):
        with pytest.raises(json.JSONDecodeError):
            derived(b"{", make, kind="json", by="1", cache_dir=tmp_path)
        assert make.times == times
