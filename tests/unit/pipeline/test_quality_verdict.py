"""The gate's verdict and the account that it trusts."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from pipeline.contracts.contract import Contract
from pipeline.errors import ReconciliationError
from pipeline.gate.quality import judge, rows_of_all
from pipeline.runs.manifest import manifest_digest
from pipeline.runs.report import check_report


def contract(**sluice: Any) -> Contract:
    schema = {"fields": [{"name": "id"}], "primaryKey": "id"}
    return Contract.parse({"name": "a", "schema": schema, "sluice": {"table": "T", **sluice}})


def report(rows_in: int, rejected: int, repeated: int = 0) -> dict[str, Any]:
    rules = [{"column": None, "rule": "primaryKey", "rows": repeated}] if repeated else []
    counts = {"rows_in": rows_in, "valid": rows_in - rejected, "rejected": rejected}
    return {"counts": counts, "rules": rules}


def odd(warnings: int) -> dict[str, Any]:
    return {"counts": {**report(10, 0)["counts"], "warnings": warnings}, "rules": []}


ODD = {"ask_above": {"warnings": 2}}
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
        pytest.param({}, odd(9), "accept", id="warnings ask nobody unless told"),
        pytest.param({"quality": ODD}, odd(2), "accept", id="warnings at the limit"),
        pytest.param({"quality": ODD}, odd(3), "ask", id="warnings above the limit"),
        pytest.param({"quality": ODD}, report(10, 1), "ask", id="rejects still ask"),
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


def files(*rows: int, rejected: int = 0, keys: str = "abcdef") -> dict[str, Any]:
    named = [
        {"key": f"incoming/a/{key}.csv", "rows_in": count}
        for key, count in zip(keys, rows, strict=False)
    ]
    return report(sum(rows), rejected) | {"files": named, "dataset": "a"}


def runs(*rows: int, rejected: int = 0) -> list[dict[str, Any]]:
    return [
        {"run_id": "r", "files": 1, "rows_in": n, "valid": n, "rejected": rejected} for n in rows
    ]


@pytest.mark.parametrize(
    ("quality", "account", "verdict"),
    [
        pytest.param({}, files(0), "ask", id="an empty file asks"),
        pytest.param({}, files(5, 0), "ask", id="one of several is empty"),
        pytest.param({"ask_below": {"rows": 0}}, files(0), "accept", id="empty files are usual"),
        pytest.param({"ask_below": {"rows": 5}}, files(5), "accept", id="as many as are wanted"),
        pytest.param({"ask_below": {"rows": 6}}, files(5), "ask", id="fewer than are wanted"),
        pytest.param({"refuse_below": {"rows": 6}}, files(5), "refuse", id="far too few"),
    ],
)
def test_a_file_has_the_fewest_rows_that_the_contract_wants(
    quality: dict[str, Any], account: dict[str, Any], verdict: str
) -> None:
    assert judge(account, contract(quality=quality)).verdict == verdict


def test_mended_rows_may_be_few() -> None:
    account = mended(1, 0, MEND)
    assert judge(account, contract(quality={"ask_below": {"rows": 5}})).verdict == "accept"


VOLUME = {"ask_beyond": {"volume": 0.5}, "refuse_beyond": {"volume": 2}}
REJECTED = {"ask_above": {"ratio": 1}, "ask_beyond": {"rejected": 0.1}}


@pytest.mark.parametrize(
    ("quality", "account", "past", "verdict"),
    [
        pytest.param(VOLUME, files(150), runs(90, 100, 110), "accept", id="half more"),
        pytest.param(VOLUME, files(151), runs(90, 100, 110), "ask", id="above half more"),
        pytest.param(VOLUME, files(49), runs(90, 100, 110), "ask", id="below half"),
        pytest.param(VOLUME, files(301), runs(90, 100, 110), "refuse", id="three times as many"),
        pytest.param(VOLUME, files(100, 301), runs(90, 100, 110), "refuse", id="one of two"),
        pytest.param(VOLUME, files(5), runs(100, 100), "accept", id="two runs tell nothing"),
        pytest.param(VOLUME, files(100), runs(1, 100, 100, 9_000), "accept", id="the median"),
        pytest.param(REJECTED, files(100, rejected=15), runs(100, 100, 100, rejected=5), "accept",
                     id="ten points more"),
        pytest.param(REJECTED, files(100, rejected=16), runs(100, 100, 100, rejected=5), "ask",
                     id="above ten points more"),
        pytest.param(REJECTED, files(100), runs(100, 100, 100, rejected=50), "accept",
                     id="fewer are welcome"),
    ],
)  # fmt: skip
def test_what_is_unusual_asks_or_refuses(
    quality: dict[str, Any], account: dict[str, Any], past: list[dict[str, Any]], verdict: str
) -> None:
    judgement = judge(account, contract(quality=quality), past=past)
    assert judgement.verdict == verdict
    assert bool(judgement.reasons) == (verdict != "accept")


def test_only_as_many_runs_as_the_contract_says_tell_what_is_usual() -> None:
    past = runs(10, 10, 10, 1_000, 1_000, 1_000, 1_000)
    quality = {"ask_beyond": {"volume": 0.5}}
    assert judge(files(10), contract(quality=quality), past=past).verdict == "ask"
    quality["compare_runs"] = 3  # type: ignore[assignment]
    assert judge(files(10), contract(quality=quality), past=past).verdict == "accept"


def test_reasons_name_the_file_and_what_is_usual() -> None:
    past = runs(90, 100, 110)
    [reason] = judge(files(40), contract(quality=VOLUME), past=past).reasons
    assert reason == (
        "a.csv has 40 rows, -60% beside the 100 that are usual by the last 3 runs; "
        "the contract asks beyond 0.5"
    )


MISSING = {"ask_beyond": {"missing": 0.2}}


@pytest.mark.parametrize(
    ("now", "before", "verdict"),
    [
        pytest.param({"city": 70}, {"city": 90}, "accept", id="twenty points more"),
        pytest.param({"city": 69}, {"city": 90}, "ask", id="above twenty points more"),
        pytest.param({"city": 100}, {"city": 70}, "ask", id="fewer is strange, too"),
        pytest.param({"city": 0}, {}, "accept", id="nobody has counted before"),
        pytest.param({"zip": 0}, {"city": 100}, "accept", id="a new field"),
    ],
)
def test_fields_without_values_are_compared_where_they_were_counted(
    now: dict[str, int], before: dict[str, int], verdict: str
) -> None:
    past = [run | {"values": before} for run in runs(100, 100, 100)]
    judgement = judge(files(100) | {"values": now}, contract(quality=MISSING), past=past)
    assert judgement.verdict == verdict
