"""Facts to HTML: pure, and every value is escaped in the one place where it enters a template."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pages import frame
from pipeline.gate import gate
from pipeline.gate.gate import Approval

FOLDER = Path(__file__).parent

SCRIPT = "approval.js"

Document = Mapping[str, Any]


def shell(approval_id: str) -> str:
    """Return the page that everybody gets: it holds no facts and decides nothing."""
    body = _filled("shell.html", approval_id=approval_id)
    return _framed("Decision needed", body, assets="assets")


def message(title: str, sentence: str) -> str:
    """Return a page that says one thing."""
    return _framed(title, frame.message(title, sentence), assets="../assets")


def facts(document: Document, *, form: str, outcome: str = "", alert: str = "") -> str:
    """Return the page with what a person has to know, the way to decide on top."""
    title = f"Decision about {document['dataset']}"
    body = f"<main>{body_of(document, form=form, outcome=outcome, alert=alert)}</main>"
    return _framed(title, body, assets="../assets")


def form(approval: Approval, secret: str, *, by: str, comment: str, now: str) -> str:
    """Return the form of somebody with a link; nothing once there is nothing to decide."""
    if approval.status != gate.PENDING or approval.expired(now):
        return ""
    if approval.signed_only:
        return _filled("signed.html", approval_id=approval.approval_id)
    return _filled(
        "form.html",
        secret=secret,
        form_token=gate.form_token(approval, secret),
        by=by,
        comment=comment,
        valid=f"{approval.counts.get('valid', 0):,}",
    )


def body_of(
    document: Document, *, form: str, outcome: str = "", alert: str = "", run: str = ""
) -> str:
    """Return the facts as the mail's page and the console show them, without a frame.

    `document` is what `facts.facts` returns; `form` and `run`, a link to the run, are HTML already.
    """
    alerted = f'<p class="alert" role="alert">{html.escape(alert)}</p>' if alert else ""
    standing = f"{document.get('standing', '')} {document.get('time_left', '')}".strip()
    answered = [f"{vote['by']} said {vote['answer']}." for vote in document.get("votes", ())]
    return _filled(
        "facts.html",
        {
            "alert": alerted,
            "form": form,
            "reasons": "".join(f"<li>{html.escape(one)}</li>" for one in document["reasons"]),
            "figures": _figures(document),
            "rules": _rules(document.get("rules", ())),
            "warnings": _warnings(document.get("warnings", ())),
            "sample": _sample(document.get("sample", ())),
            "run": run or f"<code>{html.escape(document['run_id'])}</code>",
        },
        dataset=document.get("dataset", ""),
        headline=_headline(document),
        standing=" ".join([standing, *answered] if document.get("required", 1) > 1 else [standing]),
        comment=f"“{said}”" if (said := document.get("comment")) else "",
        outcome=outcome,
        report_uri=document.get("report_uri", ""),
        report_sha256=document.get("report_sha256", ""),
    )


def _headline(document: Document) -> str:
    if document.get("is_open"):
        return f"Load {document['counts'].get('valid', 0):,} rows of {document['dataset']}?"
    by = document.get("decided_by")
    return {
        gate.APPROVED: f"Approved by {by}",
        gate.REJECTED: f"Rejected by {by}",
    }.get(document["status"], "The time to decide is over")


def _figures(document: Document) -> str:
    names = {"rows_in": "Rows in", "valid": "Valid", "rejected": "Rejected"}
    before: Mapping[str, Any] = (document.get("previous") or {}).get("counts", {})
    cells = []
    for name, label in names.items():
        then = f"<small>{before[name]:,} in the last loaded run</small>" if name in before else ""
        number = f"{document['counts'].get(name, 0):,}"
        cells.append(f"<div><dt>{label}</dt><dd>{number}{then}</dd></div>")
    return "".join(cells)


def _rules(rules: Iterable[Mapping[str, Any]]) -> str:
    rows = [(rule["column"] or "(whole row)", rule["rule"], f"{rule['rows']:,}") for rule in rules]
    return _table("Rules that rows broke", ("Column", "Rule", "Rows"), rows, code=0)


def _warnings(warnings: Iterable[str]) -> str:
    items = "".join(f"<li>{html.escape(warning)}</li>" for warning in warnings)
    return f"<section><h2>Accepted, but odd</h2><ul>{items}</ul></section>" if items else ""


def _sample(sample: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            row["file"].rpartition("/")[2],
            f"line {row['line']}" if row["line"] is not None else f"record {row['record']}",
            "; ".join(error["message"] for error in row["errors"]),
            row["raw"],
        )
        for row in sample
    ]
    head = ("File", "Where", "Why", "As it stands")
    return _table("Some of the rejected rows", head, rows, code=3, cards=True)


def _table(
    title: str,
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    code: int,
    cards: bool = False,
) -> str:
    """Return a table under a heading; the column `code` holds text as files have it.

    As `cards` each row stands by itself where the screen is narrow.
    """
    if not rows:
        return ""
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{_cells(row, head, code)}</tr>" for row in rows)
    label, kind = html.escape(title), ' class="cards"' if cards else ""
    return (
        f'<section><h2>{label}</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{label}"><table{kind}><thead><tr>{columns}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></section>"
    )


def _cells(row: Sequence[str], head: Sequence[str], code: int) -> str:
    texts = [html.escape(cell) for cell in row]
    texts[code] = f"<code>{texts[code]}</code>"
    labelled = zip(head, texts, strict=True)
    return "".join(f'<td data-label="{html.escape(name)}">{text}</td>' for name, text in labelled)


def _framed(title: str, body: str, *, assets: str) -> str:
    return frame.framed(title, body, assets=assets, script=SCRIPT)


def _filled(name: str, markup: Mapping[str, str] | None = None, **texts: str) -> str:
    return frame.filled(FOLDER / name, markup, **texts)
