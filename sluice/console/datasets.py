"""GET /datasets, GET /datasets/<name>: contracts in words, and how the last runs went."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Flask, render_template

from pipeline.contracts.contract import Contract
from sluice.console.charts import bars
from sluice.console.live import utc_now
from sluice.contracts.words import columns, sentences
from sluice.runs.run_list import Wanted, find_page
from sluice.runs.trends import Trends, read_trends
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.stack.contracts import known_contract
from sluice.stack.project import datasets, find_project
from sluice.terminal.clocktext import duration_text, local_text
from sluice.terminal.exits import NotFoundError

_RULE_HEIGHT = 36


def known_datasets() -> tuple[str, ...]:
    """The datasets of this checkout."""
    return datasets(find_project(Path.cwd()))


def contract_of(dataset: str) -> Contract:
    """The contract of a dataset of this checkout.

    Raises:
        NotFoundError: there is no such dataset.
        OperatorError: its contract cannot be honoured.
    """
    return known_contract(find_project(Path.cwd()), dataset)


def add_datasets(app: Flask, cloud: Cloud) -> None:
    """Add the pages to the console."""

    @app.get("/datasets")
    def all_datasets() -> str:
        last = {name: control.last_loaded(cloud, name) for name in known_datasets()}
        return render_template("datasets.html", last=last)

    @app.get("/datasets/<name>")
    def dataset(name: str) -> str:
        return render_template("dataset.html", **_page(cloud, name))


def _page(cloud: Cloud, name: str) -> dict[str, Any]:
    now = utc_now()
    trends = read_trends(cloud, name, now)
    try:
        contract = contract_of(name)
    except NotFoundError:
        if not trends.runs:
            raise
        contract = None  # the dataset is gone, its runs are not
    questions = [each for each in control.pending_approvals(cloud) if each.dataset == name]
    return {
        "name": name,
        "contract": contract,
        "columns": columns(contract) if contract else [],
        "sentences": sentences(contract) if contract else [],
        "last": control.last_loaded(cloud, name),
        "questions": questions,
        "trends": trends,
        "charts": _charts(trends),
        "latest": find_page(cloud, Wanted(dataset=name), size=10).runs,
        "now": now,
    }


def _charts(trends: Trends) -> Mapping[str, Any]:
    when = [local_text(run.started_at) for run in trends.runs]
    told = [
        f"{at}: {run.status.lower()}, {run.counts.words}"
        for at, run in zip(when, trends.runs, strict=True)
    ]
    took = [f"{at}: {duration_text(each)}" for at, each in zip(when, trends.seconds, strict=True)]
    good = [rows - bad for rows, bad in zip(trends.rows_in, trends.rejected, strict=True)]
    return {
        "rows": bars(
            "Rows of each run, rejected ones on top", told, ("good", good), ("bad", trends.rejected)
        ),
        "seconds": bars("Duration of each run", took, ("busy", trends.seconds)),
        "rules": [
            (
                each,
                bars(
                    f"Rows by run: {each.column}, {each.rule}",
                    [f"{at}: {rows} rows" for at, rows in zip(when, each.rows, strict=True)],
                    ("bad", each.rows),
                    height=_RULE_HEIGHT,
                ),
            )
            for each in trends.rules
        ],
    }
