"""Facts to HTML: pure, and every value is escaped in the one place where it enters a template."""

from __future__ import annotations

import functools
import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import Any

from pipeline import gate
from pipeline.gate import Approval

FOLDER = Path(__file__).parent

ASSETS = {
    "page.css": "text/css; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}

HEADERS = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex, nofollow",
}
"""`referrer-policy` is not `no-referrer`: browsers would then send `Origin: null` with the form."""


def shell(approval_id: str) -> str:
    """Return the page that everybody gets: it holds no facts and decides nothing."""
    body = _filled("shell.html", approval_id=approval_id)
    return _framed("Decision needed", body, assets="assets")


def message(title: str, sentence: str) -> str:
    """Return a page that says one thing."""
    body = f"<main><h1>{html.escape(title)}</h1><p>{html.escape(sentence)}</p></main>"
    return _framed(title, body, assets="../assets")


def facts(
    approval: Approval,
    report: Mapping[str, Any],
    *,
    now: str,
    secret: str,
    outcome: str = "",
    alert: str = "",
    by: str = "",
    comment: str = "",
) -> str:
    """Return the page with what a person has to know; with a form while a decision is open."""
    is_open = approval.status == gate.PENDING and not approval.expired(now)
    form = ""
    if is_open and approval.signed_only:
        form = _filled("signed.html", approval_id=approval.approval_id)
    elif is_open:
        form = _filled(
            "form.html",
            secret=secret,
            form_token=gate.form_token(approval, secret),
            by=by,
            comment=comment,
            valid=f"{approval.counts.get('valid', 0):,}",
        )
    body = _filled(
        "facts.html",
        {
            "alert": f'<p class="alert" role="alert">{html.escape(alert)}</p>' if alert else "",
            "reasons": "".join(f"<li>{html.escape(reason)}</li>" for reason in approval.reasons),
            "figures": _figures(approval),
            "rules": _rules(report.get("rules", ())),
            "sample": _sample(report.get("sample", ())),
            "form": form,
        },
        dataset=approval.dataset,
        headline=_headline(approval, is_open=is_open),
        standing=f"{gate.standing(approval)} {gate.time_left(approval, now)}".strip(),
        outcome=outcome,
        run_id=approval.run_id,
        report_uri=approval.report_uri,
        report_sha256=approval.report_sha256,
    )
    return _framed(f"Decision about {approval.dataset}", body, assets="../assets")


def _headline(approval: Approval, *, is_open: bool) -> str:
    if is_open:
        return f"Load {approval.counts.get('valid', 0):,} rows of {approval.dataset}?"
    return {
        gate.APPROVED: "This was approved",
        gate.REJECTED: "This was rejected",
    }.get(approval.status, "The time to decide is over")


def _figures(approval: Approval) -> str:
    names = {"rows_in": "Rows in", "valid": "Valid", "rejected": "Rejected"}
    before: Mapping[str, Any] = (approval.previous or {}).get("counts", {})
    cells = []
    for name, label in names.items():
        then = f"<small>{before[name]:,} in the last loaded run</small>" if name in before else ""
        number = f"{approval.counts.get(name, 0):,}"
        cells.append(f"<div><dt>{label}</dt><dd>{number}{then}</dd></div>")
    return "".join(cells)


def _rules(rules: Iterable[Mapping[str, Any]]) -> str:
    rows = [(rule["column"] or "(whole row)", rule["rule"], f"{rule['rows']:,}") for rule in rules]
    return _table("Rules that rows broke", ("Column", "Rule", "Rows"), rows, code=0)


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
    return _table("Some of the rejected rows", head, rows, code=3)


def _table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *, code: int) -> str:
    """Return a table under a heading; the column `code` holds text as files have it."""
    if not rows:
        return ""
    columns = "".join(f'<th scope="col">{html.escape(name)}</th>' for name in head)
    lines = "".join(f"<tr>{_cells(row, code)}</tr>" for row in rows)
    label = html.escape(title)
    return (
        f'<section><h2>{label}</h2><div class="scroll" tabindex="0" role="region" '
        f'aria-label="{label}"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{lines}</tbody></table></div></section>"
    )


def _cells(row: Sequence[str], code: int) -> str:
    texts = [html.escape(cell) for cell in row]
    texts[code] = f"<code>{texts[code]}</code>"
    return "".join(f"<td>{text}</td>" for text in texts)


def _framed(title: str, body: str, *, assets: str) -> str:
    return _filled("frame.html", {"body": body}, title=title, assets=assets)


def _filled(name: str, markup: Mapping[str, str] | None = None, **texts: str) -> str:
    """Fill a template: `texts` are escaped, `markup` is HTML already."""
    escaped = {key: html.escape(text) for key, text in texts.items()}
    return _template(name).substitute(escaped, **(markup or {}))


@functools.cache
def _template(name: str) -> Template:
    return Template((FOLDER / name).read_text(encoding="utf-8"))
