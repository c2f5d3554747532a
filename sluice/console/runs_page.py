"""GET /: what needs a person, then all runs by filter and page; every view has its own URL."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from flask import Flask, render_template, request

from pipeline import timestamps
from pipeline.runs.settlement import TERMINAL
from pipeline.words.row_counts import LISTED
from sluice.console.datasets import known_datasets
from sluice.console.live import utc_now
from sluice.runs.needs import read_needs
from sluice.runs.run import STATUSES
from sluice.runs.run_list import Place, Wanted, find_page
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import OperatorError

PAGE_RUNS = 50
FILTERS = ("status", "dataset", "file", "since", "until")
_A_DAY = timedelta(days=1)
_A_MOMENT = timedelta(milliseconds=1)


def add_runs(app: Flask, cloud: Cloud) -> None:
    """Add the page to the console."""

    @app.get("/")
    def runs() -> str:
        chosen = {name: request.args.get(name, "") for name in FILTERS}
        after = Place.parse(request.args.get("after", ""))
        is_narrowed, now = any(chosen.values()) or after is not None, utc_now()
        with ThreadPoolExecutor(1) as beside:
            needs = None if is_narrowed else beside.submit(read_needs, cloud, now)
            page = find_page(cloud, wanted(chosen), size=PAGE_RUNS, after=after)
        return render_template(
            "runs.html",
            needs=needs.result() if needs else None,
            rows=[(run, run.seconds(now)) for run in page.runs],
            next=page.next,
            after=after,
            chosen=chosen,
            narrowing={name: text for name, text in chosen.items() if text},
            counted=LISTED,
            statuses=STATUSES,
            datasets=known_datasets(),
            now=now,
        )


def wanted(chosen: Mapping[str, str]) -> Wanted:
    """The runs that a query string names; its days are those of this machine's time zone.

    Raises:
        OperatorError: it names a status or a day that there is not.
    """
    status = chosen.get("status", "").upper()
    if status and status not in {*STATUSES, *TERMINAL}:
        raise OperatorError(f"there is no status {status}")
    until = _day(chosen.get("until", ""))
    return Wanted(
        statuses=(status,) if status else (),
        dataset=chosen.get("dataset", ""),
        file=chosen.get("file", ""),
        since=_text(_day(chosen.get("since", ""))),
        until=_text(until + _A_DAY - _A_MOMENT if until else None),
    )


def _day(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y-%m-%d").astimezone() if text else None
    except ValueError:
        raise OperatorError(f"{text} is no day such as 2026-01-31") from None


def _text(moment: datetime | None) -> str:
    return timestamps.to_text(moment) if moment else ""
