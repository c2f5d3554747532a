import io
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.glue.staging import Prefix, Stage, prefixes_of, stage_in, stage_out


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
