import io
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.glue.staging import Prefix, Stage, prefixes_of, stage_in, stage_out, unseen


@pytest.mark.parametrize(
    ("arguments", "prefixes"),
    [
        pytest.param(["s3://bbb/x/y.json"], [Prefix("bbb", "x/")], id="the folder of a file"),
        pytest.param(["s3://bbb/x/"], [Prefix("bbb", "x/")], id="a folder"),
        pytest.param(["s3a://bbb/y.json"], [Prefix("bbb", "")], id="the root of a bucket"),
        pytest.param(["s3://bbb"], [Prefix("bbb", "")], id="a bucket"),
        pytest.param(
            ["s3://bbb/x/", "s3://bbb/x/y/", "s3://ccc/x/y/"],
            [Prefix("bbb", "x/"), Prefix("ccc", "x/y/")],
            id="a folder within another one",
        ),
        pytest.param(
            ["s3://bbb/x/", "s3://bbb/xy/"],
            [Prefix("bbb", "x/"), Prefix("bbb", "xy/")],
            id="names that begin alike",
        ),
        pytest.param(["file:///x", "5", "see s3://bbb/x/", "s3://B_AD/x"], [], id="nothing"),
    ],
)
def test_arguments_name_folders(arguments: list[str], prefixes: list[Prefix]) -> None:
    assert prefixes_of(arguments) == prefixes


keys = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4).map("/".join)


@given(st.lists(keys, max_size=6))
def test_every_argument_is_covered_exactly_once(found: list[str]) -> None:
    prefixes = prefixes_of(f"s3://bucket/{key}" for key in found)
    for key in found:
        folder = key.rpartition("/")[0]
        folder = folder + "/" if folder else ""
        assert sum(folder.startswith(prefix.key) for prefix in prefixes) == 1


class Buckets:
    """As much of an S3 client as staging needs, over a dictionary."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.log: list[tuple[str, str, str | None]] = []
        self._lock = threading.Lock()

    def get_object(self, **request: Any) -> Any:
        return {"Body": io.BytesIO(self.objects[request["Bucket"], request["Key"]])}

    def put_object(self, **request: Any) -> None:
        with self._lock:
            self.objects[request["Bucket"], request["Key"]] = request["Body"].read()
            self.log.append(("put", request["Key"], request.get("IfNoneMatch")))

    def delete_object(self, **request: Any) -> None:
        with self._lock:
            del self.objects[request["Bucket"], request["Key"]]
            self.log.append(("delete", request["Key"], None))


@pytest.fixture
def buckets() -> Buckets:
    made = Buckets()
    made.objects = {("b", "in/kept"): b"1", ("b", "in/changed"): b"2", ("b", "in/gone"): b"3"}
    return made


def staged(buckets: Buckets, folder: Path) -> Stage:
    stage = Stage(work_dir=folder)
    stage_in(buckets, stage, [(b, k, len(v)) for (b, k), v in sorted(buckets.objects.items())])
    return stage


def test_only_what_the_job_did_goes_back(buckets: Buckets, tmp_path: Path) -> None:
    stage = staged(buckets, tmp_path)
    folder = tmp_path / "s3" / "b" / "in"
    assert (folder / "kept").read_bytes() == b"1"
    (folder / "changed").write_bytes(b"22")
    (folder / "gone").unlink()
    (folder / "new").write_bytes(b"4")
    (folder / ".new.crc").write_bytes(b"x")
    (folder / "_temporary").mkdir()
    (folder / "_temporary" / "part").write_bytes(b"x")
    assert stage_out(buckets, stage, [Prefix("b", "in/")]) == 2
    assert buckets.objects == {
        ("b", "in/kept"): b"1",
        ("b", "in/changed"): b"22",
        ("b", "in/new"): b"4",
    }
    assert set(buckets.log) == {
        ("put", "in/changed", None),
        ("put", "in/new", "*"),
        ("delete", "in/gone", None),
    }


def test_what_was_finished_last_appears_last(buckets: Buckets, tmp_path: Path) -> None:
    stage = staged(buckets, tmp_path)
    folder = tmp_path / "s3" / "b" / "out"
    folder.mkdir()
    for second, name in enumerate(["z-first", "m-second", "a-report.json"]):
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (second, second))
    stage_out(buckets, stage, [])
    assert buckets.log[-1] == ("put", "out/a-report.json", None)
    assert len(buckets.log) == 3


def test_folders_without_objects_exist(buckets: Buckets, tmp_path: Path) -> None:
    buckets.objects = {("b", "empty/"): b""}
    stage = staged(buckets, tmp_path)
    assert (tmp_path / "s3" / "b" / "empty").is_dir()
    assert stage_out(buckets, stage, []) == 0


NO_PATHS = ["../out", "in/../../../out", "/etc/out", "in//twice", "in/./dot", "in/" + "é" * 128]


@pytest.mark.parametrize("key", NO_PATHS)
def test_a_key_that_is_no_path_is_left_out_and_named(
    buckets: Buckets, tmp_path: Path, key: str
) -> None:
    buckets.objects["b", key] = b"x"
    work_dir = tmp_path / "deep" / "work"
    stage = staged(buckets, work_dir)
    assert stage.left_out == [f"s3://b/{key}"]
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {
        "kept", "changed", "gone",
    }  # fmt: skip
    assert stage_out(buckets, stage, []) == 0


def test_an_object_beside_a_folder_of_the_same_name_is_left_out(
    buckets: Buckets, tmp_path: Path
) -> None:
    buckets.objects |= {("b", "in"): b"x", ("b", "in/kept/below"): b"y", ("c", "in"): b"z"}
    stage = staged(buckets, tmp_path)
    assert stage.left_out == ["s3://b/in", "s3://b/in/kept"]
    assert (tmp_path / "s3" / "b" / "in" / "kept" / "below").read_bytes() == b"y"
    assert stage_out(buckets, stage, []) == 0


def test_symbolic_links_are_not_followed(buckets: Buckets, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "file").write_bytes(b"x")
    stage = staged(buckets, tmp_path / "work")
    folder = tmp_path / "work" / "s3" / "b" / "in"
    (folder / "link").symlink_to(secret / "file")
    (folder / "folder").symlink_to(secret)
    assert stage_out(buckets, stage, []) == 0
    assert len(buckets.objects) == 3


text = st.text(st.sampled_from("ab/.\0"), min_size=1, max_size=8)


@given(st.sets(text, max_size=5))
def test_whatever_the_keys_nothing_leaves_the_folder(names: set[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        buckets = Buckets()
        buckets.objects = {("b", name): b"x" for name in names}
        stage = staged(buckets, Path(folder, "deep", "work"))
        inside = Path(folder, "deep", "work", "s3", "b")
        written = [path for path in Path(folder).rglob("*") if path.is_file()]
        assert all(path.is_relative_to(inside) for path in written)
        files = {key for key in names if not key.endswith("/")} - {
            uri.removeprefix("s3://b/") for uri in stage.left_out
        }
        assert {path.relative_to(inside).as_posix() for path in written} == files


class Listing:
    """Knows the keys of one bucket."""

    def list_objects_v2(self, **request: Any) -> dict[str, int]:
        known = request["Bucket"] == "bbb" and "x/y.csv".startswith(request["Prefix"])
        return {"KeyCount": int(known)}


@pytest.mark.parametrize(
    ("message", "is_told"),
    [
        pytest.param("no path s3://bbb/x/y.csv.", True, id="it exists"),
        pytest.param("no path s3a://bbb/x", True, id="the folder exists"),
        pytest.param("no path 's3://bbb/x/y.csv'", True, id="in quotes"),
        pytest.param("no path s3://bbb/seen/y.csv", False, id="it was staged"),
        pytest.param("no path s3://bbb/z", False, id="it does not exist"),
        pytest.param("no path", False, id="no path is named"),
    ],
)
def test_what_exists_but_was_not_staged_is_told(message: str, *, is_told: bool) -> None:
    hint = unseen(Listing(), [Prefix("bbb", "seen/")], message)
    assert ("pass it as an argument" in hint) is is_told
