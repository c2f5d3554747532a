"""The gate's verdict and the account that it trusts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.contract import Contract
from pipeline.errors import ReconciliationError
from pipeline.manifest import manifest_digest
from pipeline.quality import judge, rows_of_all
from pipeline.report import check_report


def contract(**sluice: Any) -> Contract:
    schema = {"fields": [{"name": "id"}], "primaryKey": "id"}
    return Contract.parse({"name": "a", "schema": schema, "sluice": {"table": "T", **sluice}})


def report(rows_in: int, rejected: int, repeated: int = 0) -> dict[str, Any]:
    rules = [{"column": None, "rule": "primaryKey", "rows": repeated}] if repeated else []
    counts = {"rows_in": rows_in, "valid": rows_in - rejected, "rejected": rejected}
    return {"counts": counts, "rules": rules}


HALF = {"ask_above": {"rows": 1}, "refuse_above": {"ratio": 0.5}}


@pytest.mark.parametrize(
    ("what", "account", "verdict"),
    [
        pytest.param({}, report(10, 0), "accept", id="all valid"),
        pytest.param({}, report(0, 0), "accept", id="no rows"),
        pytest.param({}, report(10, 1), "ask", id="one reject asks by default"),
        pytest.param({"quality": HALF}, report(10, 1), "accept", id="at the limit"),
        pytest.param({"quality": HALF}, report(10, 2), "ask", id="above the limit"),
        pytest.param({"quality": HALF}, report(10, 5), "ask", id="half is not above half"),
        pytest.param({"quality": HALF}, report(10, 6), "refuse", id="above the ratio"),
        pytest.param({"approval": {"always": True}}, report(10, 0), "ask", id="always"),
        pytest.param(
            {"on_duplicate_key": "last"}, report(9, 3, 3), "accept", id="expected repeats"
        ),
        pytest.param({}, report(9, 3, 3), "ask", id="repeats that nobody expects"),
    ],
)
def test_verdicts(what: dict[str, Any], account: dict[str, Any], verdict: str) -> None:
    judgement = judge(account, contract(**what))
    assert judgement.verdict == verdict
    assert bool(judgement.reasons) == (verdict != "accept")


MANIFEST: dict[str, Any] = {
    "run_id": "r",
    "contract_version": "c",
    "files": [{"index": 0, "key": "k", "version_id": "v", "records": 3}],
}
SOUND: dict[str, Any] = {
    "run_id": "r",
    "contract_version": "c",
    "manifest_sha256": manifest_digest(MANIFEST),
    "counts": {"rows_in": 3, "valid": 2, "rejected": 1},
    "files": [{"key": "k", "version_id": "v", "rows_in": 3, "valid": 2, "rejected": 1}],
    "parts": [{"rows": 2}],
    "rejected_parts": [{"rows": 1}],
}


def test_a_sound_report_passes() -> None:
    check_report(SOUND, MANIFEST)


@pytest.mark.parametrize(
    "path",
    ["run_id", "contract_version", "manifest_sha256", "counts.valid", "files.0.key",
     "files.0.rows_in", "parts.0.rows", "rejected_parts.0.rows", "counts.rejected"],
)  # fmt: skip
def test_any_contradiction_is_found(path: str) -> None:
    wrong: Any = copy.deepcopy(SOUND)
    at, (*parents, last) = wrong, path.split(".")
    for name in parents:
        at = at[int(name)] if isinstance(at, list) else at[name]
    at[last] = "other" if isinstance(at[last], str) else at[last] + 1
    with pytest.raises(ReconciliationError):
        check_report(wrong, MANIFEST)


def mended(rows: int, rejected: int, *keys: str) -> dict[str, Any]:
    files = [{"key": key, "rows_in": rows} for key in keys]
    counts = {"rows_in": rows * len(keys), "rejected": rejected}
    return {"dataset": "things", "counts": counts, "files": files, "rules": []}


MEND = "incoming/things/mend/things-a-csv-0123/0-0/a.csv"
ORIGINAL = {
    "runs/things-a-csv-0123/0-0/report.json": {
        "dataset": "things",
        "counts": {"rows_in": 100, "rejected": 10},
    }
}


@pytest.mark.parametrize(
    ("report", "originals", "rows"),
    [
        pytest.param(mended(10, 6, MEND), ORIGINAL, 100, id="rejects of the run"),
        pytest.param(mended(11, 6, MEND), ORIGINAL, 11, id="more rows than it rejected"),
        pytest.param(mended(10, 6, MEND), {}, 10, id="no such run"),
        pytest.param(mended(5, 6, MEND, MEND), ORIGINAL, 105, id="each run counts once"),
        pytest.param(mended(10, 6, "incoming/things/a.csv"), ORIGINAL, 10, id="any other file"),
        pytest.param(
            mended(10, 6, MEND) | {"dataset": "others"}, ORIGINAL, 10, id="another dataset's run"
        ),
    ],
)
def test_mended_rows_are_judged_as_a_part_of_their_run(
    report: dict[str, Any], originals: dict[str, Any], rows: int
) -> None:
    assert rows_of_all(report, originals) == rows
