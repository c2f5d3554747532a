"""Files whose bytes S3 keeps back: refused in words, nothing left open, the others at rest."""

from __future__ import annotations

from typing import Any

import pytest

import finish_run
import notify_outcome
import settle_files
import sweep_runs
import validate_object
from pipeline.errors import FileRefusedError
from stores.runs import Runs
from tests.support.stack import LANDING, WORK, Stack, outage, run_of

KEY = "incoming/addresses/stored-away.csv"


def stored_away(stack: Stack) -> dict[str, Any]:
    """Drop a file whose bytes S3 does not hand out: moto refuses to read this storage class."""
    file = stack.drop(KEY)
    put = stack.s3.put_object(Bucket=LANDING, Key=KEY, Body=b"id\n1\n", StorageClass="GLACIER")
    stack.s3.delete_object(Bucket=LANDING, Key=KEY, VersionId=file["version_id"])
    return file | {"version_id": put["VersionId"], "index": 0}


def settle(run: dict[str, str], *entries: tuple[dict[str, Any], str]) -> dict[str, str]:
    """Settle files of a run; return what became of each key."""
    files = [{"file": file, "disposition": end, "reason": {}} for file, end in entries]
    event = {"run": run, "status": "FAILED", "reason": {}, "files": files}
    settled = settle_files.handler(event, None)["files"]
    return {file["key"]: file["disposition"] for file in settled}


def refusal(run: dict[str, str], file: dict[str, Any]) -> FileRefusedError:
    with pytest.raises(FileRefusedError) as caught:
        validate_object.handler({"run": run, "file": file}, None)
    return caught.value


def test_a_file_in_an_archive_is_refused_by_name(stack: Stack) -> None:
    found = refusal(run_of("r1"), stored_away(stack))
    assert found.code == "unreadable"
    assert f"s3://{LANDING}/{KEY}" in found.message
    assert "restore" in found.message


def test_a_file_under_a_foreign_key_is_refused_by_name(stack: Stack) -> None:
    file = stack.drop(KEY) | {"index": 0}
    with outage(stack.s3, "GetObject", "KMS.DisabledException"):
        found = refusal(run_of("r1"), file)
    assert found.code == "unreadable"
    assert "key" in found.message


@pytest.mark.parametrize("disposition", ["refused", "loaded"])
def test_it_stays_where_it_is_with_nothing_open_and_no_reason_without_a_file(
    stack: Stack, disposition: str
) -> None:
    run, file, other = run_of("r1"), stored_away(stack), stack.drop("incoming/addresses/b.csv")
    for each in (file, other):
        stack.claim(each, run)
    ends = settle(run, (file, disposition), (other, "refused"))
    assert ends == {KEY: "unreadable", other["key"]: "quarantined"}
    assert stack.lies(LANDING) == [KEY]
    assert not [key for key in stack.lies(WORK) if "stored-away" in key]
    assert list(stack.control.open("FILE", before="9")) == []
    assert settle(run, (file, disposition))[KEY] == "unreadable"


def test_the_mail_names_the_file_and_what_to_do(stack: Stack) -> None:
    run, file = run_of("r1"), stored_away(stack)
    stack.open_run(run, [file])
    stack.claim(file, run)
    reason = refusal(run, file).reason()
    event = {"run": run, "status": "REFUSED", "reason": reason}
    files = [{"file": file, "disposition": "refused", "reason": reason}]
    settled = settle_files.handler({**event, "files": files}, None)["files"]
    nothing: dict[str, Any] = {"counts": {}, "report_uri": "", "error": "", "cause": ""}
    nothing |= {"size_bytes": 0, "marks": {}}
    finish_run.handler({**event, **nothing, "files": settled, "approval": None}, None)
    notify_outcome.handler({"run": run}, None)
    [mail] = stack.mails()
    assert f"File     {KEY}: unreadable" in mail["Message"]
    assert "restore" in mail["Message"]
    assert "quarantine" not in mail["Message"]


def test_a_dead_run_is_buried_although_one_of_its_files_cannot_be_released(stack: Stack) -> None:
    run = run_of("r1")
    files = [stack.drop(f"incoming/addresses/{name}.csv") for name in "ab"]
    stack.open_run(run, files)
    for file in files:
        stack.claim(file, run, failed_runs=["r-1", "r-2"], failures=2)
    stack.stop_run(run)
    with outage(stack.s3, "CopyObject", "MalformedPolicy"):
        assert sweep_runs.handler({}, None)["runs"] == 1
    record = Runs(stack.control).get("r1")
    assert record is not None
    assert [file.disposition for file in record.files] == ["kept", "quarantined"]
    [mail] = stack.mails()
    assert "incoming/addresses/a.csv" in mail["Message"]


def test_one_file_that_cannot_be_settled_does_not_hold_up_the_others(stack: Stack) -> None:
    run = run_of("r1")
    files = [stack.drop(f"incoming/addresses/{name}.csv") for name in "abc"]
    for file in files:
        stack.claim(file, run)
    entries = [(file, "refused") for file in files]
    with outage(stack.s3, "CopyObject", "MalformedPolicy"), pytest.raises(Exception, match="Malf"):
        settle(run, *entries)
    assert stack.lies(LANDING) == ["incoming/addresses/a.csv"]
    assert set(settle(run, *entries).values()) == {"quarantined"}
