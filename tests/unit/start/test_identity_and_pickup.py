from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.runs.identity import FileVersion, RunRequest, approval_id, claim_key, dataset_of, slug
from pipeline.runs.pickup import (
    MAX_BATCH_BYTES,
    MAX_INPUT_BYTES,
    PendingFile,
    batches,
    drops,
    pending,
    requests,
)
from pipeline.runs.records import Claim


def version(key: str = "incoming/addresses/a.csv", **more: object) -> FileVersion:
    facts = {"bucket": "b", "version_id": "v1", "etag": "e", "size_bytes": 1, "sequencer": "s"}
    return FileVersion(**{"key": key, **facts, **more})  # type: ignore[arg-type]


def claimed(state: str, **more: Any) -> Claim:
    file = version()
    return Claim(
        bucket=file.bucket,
        key=file.key,
        version_id=file.version_id,
        owner="arn:execution",
        run_id="r1",
        dataset="addresses",
        state=state,
        **more,
    )


versions = st.builds(
    FileVersion,
    bucket=st.sampled_from(["b1", "b2"]),
    key=st.text(min_size=1, max_size=300),
    version_id=st.text(max_size=32),
    etag=st.text(max_size=32),
    size_bytes=st.integers(0, 10**12),
    sequencer=st.text(max_size=16),
)


@given(st.text(max_size=60), st.lists(versions, min_size=1, max_size=5))
def test_every_name_is_one_that_step_functions_takes(
    dataset: str, files: list[FileVersion]
) -> None:
    request = RunRequest(dataset=dataset, trigger="s3", files=tuple(files))
    assert re.fullmatch(r"[0-9A-Za-z_-]{1,80}", request.run_id)
    assert request.as_input()["run_id"] == request.run_id
    json.dumps(request.as_input())


def test_a_name_tells_dataset_and_file() -> None:
    request = RunRequest(dataset="addresses", trigger="s3", files=(version(),))
    assert re.fullmatch(r"addresses-a-csv-[0-9a-f]{12}", request.run_id)


def test_a_name_tells_that_there_are_more_files() -> None:
    files = tuple(version(f"incoming/addresses/{'x' * 90}{n}.csv") for n in range(12))
    request = RunRequest(dataset="addresses", trigger="s3", files=files)
    assert re.fullmatch(r"addresses-x+-and-11-more-[0-9a-f]{12}", request.run_id)
    assert len(request.run_id) == 80


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(version(version_id="v2"), id="another version"),
        pytest.param(version(sequencer="t"), id="another write"),
        pytest.param(version("incoming/addresses/b.csv"), id="another key"),
        pytest.param(version(bucket="c"), id="another bucket"),
    ],
)
def test_other_files_are_other_runs(other: FileVersion) -> None:
    names = {
        RunRequest(dataset="addresses", trigger="s3", files=(file,)).run_id
        for file in (version(), other)
    }
    assert len(names) == 2


def test_the_etag_stands_in_where_there_are_no_versions() -> None:
    files = (version(version_id="", etag="e1"), version(version_id="", etag="e2"))
    names = {RunRequest(dataset="d", trigger="s3", files=(file,)).run_id for file in files}
    assert len(names) == 2


@pytest.mark.parametrize(
    ("key", "dataset"),
    [
        ("incoming/addresses/a.csv", "addresses"),
        ("incoming/addresses/2026/07/a.csv", "addresses"),
        ("incoming/addresses", "unassigned"),
        ("incoming/other/a.csv", "unassigned"),
        ("incoming//a.csv", "unassigned"),
        ("addresses/a.csv", "unassigned"),
    ],
)
def test_the_folder_names_the_dataset(key: str, dataset: str) -> None:
    assert dataset_of(key, {"addresses"}) == dataset


@pytest.mark.parametrize(
    ("key", "words"), [("incoming/x/", "x"), ("a/ÄÖ.csv", "csv"), ("a/***", "file")]
)
def test_a_slug_is_never_empty(key: str, words: str) -> None:
    assert slug(key) == words


def test_an_approval_is_of_one_report_of_one_run() -> None:
    ids = {approval_id(run, sha) for run in ("r1", "r2") for sha in ("a", "b")}
    assert len(ids) == 4
    assert all(re.fullmatch("[0-9a-f]{16}", found) for found in ids)


def test_a_claim_names_bucket_version_and_key() -> None:
    assert claim_key("b", "k#1", "v") == "FILE#b#v#k#1"


@given(st.lists(versions, max_size=60, unique=True), st.integers(1, 7))
def test_batches_lose_nothing_and_keep_all_limits(files: list[FileVersion], max_files: int) -> None:
    waiting = list(pending(files, {}, trigger="schedule", now=None))
    cut = list(batches(waiting, max_files))
    assert [file for batch in cut for file in batch] == waiting
    for batch in cut:
        assert 1 <= len(batch) <= max_files
        size_bytes = sum(len(json.dumps(entry.file.as_input())) for entry in batch)
        assert size_bytes <= MAX_INPUT_BYTES or len(batch) == 1
        assert sum(entry.file.size_bytes for entry in batch) <= MAX_BATCH_BYTES or len(batch) == 1


@given(st.lists(versions, max_size=30, unique=True), st.randoms(), st.integers(1, 7))
def test_neither_order_nor_repetition_of_drops_changes_their_runs(
    files: list[FileVersion], chance: random.Random, max_files: int
) -> None:
    announced = [
        ("addresses", file)
        for file in {claim_key(f.bucket, f.key, f.version_id): f for f in files}.values()
    ]
    again = announced + announced[: len(announced) // 2]
    chance.shuffle(again)
    runs = drops(announced, max_files=max_files)
    assert [run.as_input() for run in drops(again, max_files=max_files)] == [
        run.as_input() for run in runs
    ]
    assert sum(len(run.files) for run in runs) == len(announced)


def test_a_file_that_has_failed_runs_by_itself() -> None:
    waiting = [
        PendingFile(file=version(version_id=str(at)), failures=failures)
        for at, failures in enumerate([0, 0, 1, 2, 0])
    ]
    cut = list(batches(waiting, max_files=50))
    assert [[file.failures for file in batch] for batch in cut] == [[0, 0], [1], [2], [0]]


@pytest.mark.parametrize(
    ("claim", "waits"),
    [
        pytest.param(None, True, id="nobody has it"),
        pytest.param(claimed("CLAIMED"), False, id="a run has it"),
        pytest.param(claimed("SETTLED"), False, id="it is done"),
        pytest.param(claimed("FAILED", failures=2), True, id="it may be tried again"),
        pytest.param(claimed("FAILED", failures=3), False, id="it failed too often"),
    ],
)
def test_who_waits_for_a_run(claim: Claim | None, waits: bool) -> None:
    file = version()
    assert (
        bool(list(pending([file], {file: claim} if claim else {}, trigger="schedule", now=None)))
        is waits
    )


def test_how_often_a_file_failed_names_its_next_run() -> None:
    names = set()
    for failures in (0, 1, 2):
        claim = claimed("FAILED", failures=failures)
        entries = [
            ("d", entry)
            for entry in pending([version()], {version(): claim}, trigger="schedule", now=None)
        ]
        (request,) = requests(entries, trigger="schedule", max_files=50)
        names.add(request.run_id)
    assert len(names) == 3
