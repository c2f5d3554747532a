"""The verdict on a report: load it, ask a person, or refuse the run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.contract import Contract, Threshold
from pipeline.layout import mended_report_key

Verdict = Literal["accept", "ask", "refuse"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A verdict and its reasons, each a sentence without any value of a row."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(
    report: Mapping[str, Any], contract: Contract, mended: Mapping[str, Any] | None = None
) -> Judgement:
    """Hold a report's counts against the contract's thresholds.

    `mended` are the reports, by key, of runs whose rejected rows the files mend.
    """
    rows_in = rows_of_all(report, mended or {})
    bad = _counted_rejects(report, contract)
    if contract.quality.refuse_above.is_exceeded(bad, rows_in):
        reason = _sentence(bad, rows_in, "refuses", contract.quality.refuse_above)
        return Judgement(verdict="refuse", reasons=(reason,))
    reasons = []
    if contract.approval.always:
        reasons.append("the contract wants a person to approve every run")
    if contract.quality.ask_above.is_exceeded(bad, rows_in):
        reasons.append(_sentence(bad, rows_in, "asks", contract.quality.ask_above))
    return Judgement(verdict="ask" if reasons else "accept", reasons=tuple(reasons))


def rows_of_all(report: Mapping[str, Any], mended: Mapping[str, Any]) -> int:
    """Return the rows that rejects are compared with: for mended rows those of their whole run.

    A file counts as mended if it has no more rows than its run rejected, once for each run: nobody
    makes bad rows look few by naming a large run.
    """
    if not mended:
        return int(report["counts"]["rows_in"])
    rows_in, used = 0, set()
    for file in report["files"]:
        key = mended_report_key(file["key"]) or ""
        original = mended.get(key) if key not in used else None
        if original and _may_mend(file, original, report["dataset"]):
            used.add(key)
            rows_in += original["counts"]["rows_in"]
        else:
            rows_in += file["rows_in"]
    return rows_in


def _may_mend(file: Mapping[str, Any], original: Mapping[str, Any], dataset: str) -> bool:
    is_same = original["dataset"] == dataset
    return is_same and bool(file["rows_in"] <= original["counts"]["rejected"])


def _counted_rejects(report: Mapping[str, Any], contract: Contract) -> int:
    """Return the rejected rows that count: repeated keys do not where the contract expects them."""
    rejected: int = report["counts"]["rejected"]
    if contract.on_duplicate_key == "reject":
        return rejected
    repeated: int = sum(r["rows"] for r in report["rules"] if r["rule"] == "primaryKey")
    return rejected - repeated


def _sentence(bad: int, rows_in: int, does: str, limit: Threshold) -> str:
    limits = [f"{limit.rows} rows"] if limit.rows is not None else []
    limits += [f"{limit.ratio:.4g} of all rows"] if limit.ratio is not None else []
    return f"{bad} of {rows_in} rows were rejected; the contract {does} above {' or '.join(limits)}"
