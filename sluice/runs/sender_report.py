"""A run as one HTML page for whoever sent the file: what was taken, what was not, and why.

The page stands alone (no script, no link, nothing fetched) and speaks of the file only: ids, places
and people of ours mean nothing to a sender and stay here. Rows are shown where they are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, Template

from pipeline import timestamps
from pipeline.printable import printable
from pipeline.runs.settlement import DUPLICATE, LOADED, REFUSED
from pipeline.words import sender
from pipeline.words.sender import Verdict
from sluice.runs.mending import Sheets
from sluice.runs.reports import Document, read_report, refusal_reason, rejected_rows
from sluice.runs.run import Counts, Run, RunFile
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError, OperatorError

MOST_PLACES = 100
"""Places of rejected rows that a page names; whoever needs all gets the CSV."""

_TEMPLATES = Path(__file__).with_name("templates")


@dataclass(frozen=True, kw_only=True, slots=True)
class BadRow:
    """A rejected row: where it stands and what is wrong; `raw` only if rows were asked for."""

    file: str
    line: str
    columns: str
    reasons: Sequence[str]
    raw: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """A file that was refused as a whole."""

    file: str
    reason: str


def verdict(status: str, counts: Counts) -> Verdict:
    """What came of a file, in the words of whoever sent it."""
    valid = counts.valid or 0
    return sender.verdict(
        status,
        rows_in=counts.rows_in or 0,
        valid=valid,
        rejected=counts.rejected or 0,
        is_known=bool(valid and not counts.loaded and counts.unchanged),
    )


def report_page(cloud: Cloud, run: Run, *, most_rows: int) -> str:
    """The page about a run that is over, with at most so many rejected rows as they stand.

    Raises:
        OperatorError: the run goes on.
    """
    if not run.over:
        raise OperatorError(f"{run.run_id} is {run.status}: there is a report once it is over")
    report = _report(cloud, run)
    rows = list(islice(_bad_rows(cloud, run, report, most_rows), max(MOST_PLACES, most_rows)))
    names = [_name(file.key) for file in run.files]
    return _template().render(
        files=names,
        received=timestamps.readable(timestamps.to_text(run.started_at)),
        verdict=verdict(run.status, run.counts),
        counts=run.counts,
        rules=_rules(report),
        refusals=list(_refusals(cloud, run)),
        rows=rows,
        more=(run.counts.rejected or 0) - len(rows),
        with_rows=most_rows,
        several=len(names) > 1,
    )


def _report(cloud: Cloud, run: Run) -> Document:
    """What the conversion reported; of a run that never came so far, or was deleted, nothing."""
    try:
        return read_report(cloud, run.report_uri) if run.report_uri else {}
    except NotFoundError:
        return {}


def _bad_rows(cloud: Cloud, run: Run, report: Document, most_rows: int) -> Iterator[BadRow]:
    if not report:
        return
    sheets = Sheets(cloud, run, str(run.report_uri))
    for number, row in enumerate(rejected_rows(cloud, report, str(run.report_uri))):
        shown = number < most_rows
        place = sender.place_of(row)
        valued = [printable(each) for each in sheets.messages(row)] if shown else None
        yield BadRow(
            file=_name(row["file"]),
            line=place.line,
            columns=place.columns,
            reasons=valued or place.reasons,
            raw=printable(row["raw"]) if shown else None,
        )


def _rules(report: Document) -> list[dict[str, Any]]:
    """The broken rules in words that need no knowledge of contracts."""
    return [
        {
            "column": rule["column"] or "(whole row)",
            "words": _RULES.get(rule["rule"], rule["rule"]),
            "rows": rule["rows"],
        }
        for rule in report.get("rules", ())
    ]


_RULES: Mapping[str, str] = {
    "structure": "the row has too few or too many cells, or quotes that do not match",
    "required": "has no value",
    "type": "is not of the kind that is expected",
    "pattern": "does not have the form that is expected",
    "enum": "is not one of the values that are expected",
    "minimum": "is too small",
    "maximum": "is too large",
    "minLength": "is too short",
    "maxLength": "is too long",
    "unique": "appears more than once",
    "primaryKey": "another row has the same key",
    "key_characters": "holds characters that do not show",
    "key_size": "is too long for a key",
    "item_size": "the row is too large",
}


def _refusals(cloud: Cloud, run: Run) -> Iterator[Refusal]:
    """The files that were refused as a whole; of a run that was refused, the run's own reason."""
    for file in run.files:
        if file.disposition != "quarantined" or run.status not in {LOADED, REFUSED, DUPLICATE}:
            continue
        yield Refusal(file=_name(file.key), reason=_reason(cloud, run, file))


def _reason(cloud: Cloud, run: Run, file: RunFile) -> str:
    try:
        found = refusal_reason(cloud, file.destination_uri) if file.destination_uri else {}
    except NotFoundError:
        found = {}
    return sender.sentence(printable(str(found.get("message") or run.why)))


def _name(key: str) -> str:
    return printable(key.rpartition("/")[2])


def _template() -> Template:
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True)
    return environment.get_template("sender_report.html")
