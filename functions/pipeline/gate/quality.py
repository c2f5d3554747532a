"""The verdict on a report: load it, ask a person, or refuse the run."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

from pipeline.contracts.contract import Contract
from pipeline.contracts.limits import Limits, Threshold
from pipeline.contracts.usual import Numbers, Usual
from pipeline.layout import mended_report_key, safe_file_name

Verdict = Literal["accept", "ask", "refuse"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A verdict and its reasons, each a sentence without any value of a row."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(
    report: Mapping[str, Any],
    contract: Contract,
    mended: Mapping[str, Any] | None = None,
    past: Sequence[Mapping[str, Any]] = (),
) -> Judgement:
    """Hold a report's counts against the contract's thresholds.

    `mended` are the reports, by key, of runs whose rejected rows the files mend; `past` are the
    runs that were loaded last, as the manifest has them.
    """
    account = _Account.of(report, contract, mended or {}, past)
    refused = list(account.objections("refuses", contract.quality.refuse))
    if refused:
        return Judgement(verdict="refuse", reasons=tuple(refused))
    asked = list(account.objections("asks", contract.quality.ask))
    if contract.approval.always:
        asked.insert(0, "the contract wants a person to approve every run")
    return Judgement(verdict="ask" if asked else "accept", reasons=tuple(asked))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Account:
    """What a report says that limits are about."""

    bad: int
    """Rejected rows that count."""
    rows_in: int
    """Rows that they are compared with."""
    warnings: int
    numbers: Numbers
    usual: Usual | None

    @classmethod
    def of(
        cls,
        report: Mapping[str, Any],
        contract: Contract,
        mended: Mapping[str, Any],
        past: Sequence[Mapping[str, Any]],
    ) -> Self:
        bad, rows_in = _counted_rejects(report, contract), rows_of_all(report, mended)
        numbers = Numbers(
            rows={
                safe_file_name(file["key"]): file["rows_in"]
                for file in report.get("files", ())
                if not mended_report_key(file["key"])  # these are no files of their own
            },
            rejected=bad / rows_in if rows_in else 0,
            missing=_missing(report),
        )
        usual = Usual.of(past[: contract.quality.compare_runs])
        return cls(
            bad=bad,
            rows_in=rows_in,
            warnings=report["counts"].get("warnings", 0),
            numbers=numbers,
            usual=usual,
        )

    def objections(self, does: str, limits: Limits) -> Iterator[str]:
        """Yield a sentence for each limit that is not kept."""
        if limits.above.is_exceeded(self.bad, self.rows_in):
            yield _sentence(self.bad, self.rows_in, does, limits.above)
        if (most := limits.above.warnings) is not None and self.warnings > most:
            yield f"{self.warnings} things look odd; the contract {does} above {most} warnings"
        for name, rows in self.numbers.rows.items():
            if rows < limits.below:
                yield f"{name} has {rows} rows; the contract {does} below {limits.below}"
        if self.usual is not None:
            yield from self.usual.strange(self.numbers, does, limits.beyond)


def _missing(report: Mapping[str, Any]) -> dict[str, float]:
    values, valid = report.get("values", {}), report["counts"].get("valid")
    return {name: 1 - count / valid for name, count in values.items()} if valid else {}


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
