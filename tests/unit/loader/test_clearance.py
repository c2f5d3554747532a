from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.contracts.contract import contract_version
from pipeline.errors import DigestMismatchError
from pipeline.gate.clearance import Order
from pipeline.gate.gate import Approval
from pipeline.runs.manifest import manifest_digest
from pipeline.runs.verdict import Verdict

CONTRACT = json.loads(
    (Path(__file__).parents[3] / "functions" / "contracts" / "addresses.json").read_text()
)
RUN = {"run_id": "r1", "dataset": "addresses"}
VERDICT = Verdict(
    decision="load",
    run_id="r1",
    report_sha256="",
    contract_version=contract_version(CONTRACT),
    at="",
)
PART = {"index": 3, "file_index": 1, "key": "valid/3", "bytes": 1, "rows": 1, "sha256": "x"}


def order(
    rejected: int = 0,
    contract: dict[str, Any] = CONTRACT,
    key: str = "incoming/addresses/a.csv",
    past: list[dict[str, int]] | None = None,
    **report: Any,
) -> Order:
    files = [{"index": 0, "key": "incoming/addresses/b.csv"}, {"index": 1, "key": key}]
    manifest = {"contract": contract, "files": files, "past": past or []}
    facts = {
        **RUN,
        "manifest_sha256": manifest_digest(manifest),
        "contract_version": contract_version(contract),
        "counts": {"rows_in": 10, "valid": 10 - rejected, "rejected": rejected},
        "rules": [],
        "files": [
            {"index": 0, "key": "b.csv", "rows_in": 5, "source_version": "old"},
            {"index": 1, "key": "a.csv", "rows_in": 5, "source_version": "new"},
        ],
        "parts": [PART],
    }
    body = json.dumps({**facts, **report}).encode()
    digest = hashlib.sha256(body).hexdigest()
    return Order.parse(report=body, report_sha256=digest, manifest=json.dumps(manifest).encode())


def approval(status: str, report_sha256: str) -> Approval:
    return Approval(
        approval_id="0" * 16,
        run_id="r1",
        dataset="addresses",
        execution_arn="arn",
        report_uri="s3://work/report.json",
        report_sha256=report_sha256,
        created_at="",
        expires_at="",
        reasons=(),
        counts={},
        status=status,
    )


def test_a_part_is_the_one_that_the_report_lists() -> None:
    assert order().part(dict(PART)) == PART
    assert order().source_version(PART) == "new"


def test_a_part_knows_its_file() -> None:
    assert order().file(PART)["key"] == "incoming/addresses/a.csv"


@pytest.mark.parametrize(
    ("run", "key"),
    [
        pytest.param(RUN, "incoming/addresses/a.csv", id="its own"),
        pytest.param(RUN | {"run_id": "r2"}, "incoming/addresses/a.csv", id="of another run"),
        pytest.param(RUN, "incoming/customers/a.csv", id="a file of another folder"),
        pytest.param(RUN | {"dataset": "x"}, "incoming/addresses/a.csv", id="a made-up dataset"),
    ],
)
def test_a_report_is_loaded_by_its_own_run_and_of_its_own_dataset(
    run: dict[str, str], key: str
) -> None:
    if (run, key) == (RUN, "incoming/addresses/a.csv"):
        order(key=key).check_run(run)
        return
    with pytest.raises(DigestMismatchError):
        order(key=key).check_run(run)


@pytest.mark.parametrize("change", [{"index": 4}, {"sha256": "y"}, {"key": "valid/9"}])
def test_another_part_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(DigestMismatchError):
        order().part(PART | change)


def test_another_manifest_than_the_report_was_made_from_is_refused() -> None:
    with pytest.raises(DigestMismatchError, match="manifest"):
        order(manifest_sha256="0" * 64)


def test_clean_rows_need_nobody() -> None:
    order().check_approval(None, VERDICT)


@pytest.mark.parametrize(
    ("status", "same_report"),
    [("PENDING", True), ("REJECTED", True), ("EXPIRED", True), ("APPROVED", False)],
)
def test_only_a_yes_to_this_very_report_counts(status: str, same_report: bool) -> None:
    asked = order(rejected=1)
    digest = asked.report_sha256 if same_report else "0" * 64
    with pytest.raises(DigestMismatchError, match="approved"):
        asked.check_approval(approval(status, digest), VERDICT)
    asked.check_approval(approval("APPROVED", asked.report_sha256), VERDICT)


@pytest.mark.parametrize(("rows", "asks"), [(10, False), (1_000, True)])
def test_what_was_usual_when_it_was_planned_decides(rows: int, asks: bool) -> None:
    quality = {"ask_beyond": {"volume": 0.5}}
    contract = CONTRACT | {"sluice": CONTRACT["sluice"] | {"quality": quality}}
    files = [
        {"index": n, "key": f"incoming/addresses/{n}.csv", "rows_in": 10, "source_version": ""}
        for n in range(2)
    ]
    past = [{"files": 1, "rows_in": rows, "rejected": 0}] * 3
    assert order(contract=contract, past=past, files=files).needs_approval == asks


def test_what_the_contract_refuses_nobody_can_approve() -> None:
    asked = order(rejected=9)
    with pytest.raises(DigestMismatchError, match="refuses"):
        asked.check_approval(approval("APPROVED", asked.report_sha256), VERDICT)
