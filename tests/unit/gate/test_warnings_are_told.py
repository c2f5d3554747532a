"""Whoever decides is told what looks odd, and no value of a row."""

from __future__ import annotations

from typing import Any

from approval_page.render import body_of
from pipeline.gate.gate import Approval
from pipeline.text.oddities import warnings_of
from pipeline.words.notices import question

REPORT: dict[str, Any] = {
    "files": [{"index": 0, "key": "incoming/a/x.csv"}, {"index": 2, "key": "incoming/a/y.csv"}],
    "warnings": [
        {"file": 0, "kind": "lost_zeros", "count": 3, "first_line": 17, "column": "<zip>"},
        {"file": 2, "kind": "blank_lines", "count": 1, "first_line": 5, "column": None},
    ],
}
TOLD = [
    (
        "x.csv: <zip>: 3 numbers lost zeros or a plus in front; declare a string if they matter"
        " (the first is line 17)"
    ),
    "y.csv: 1 blank line was skipped (line 5)",
]
APPROVAL = Approval(
    approval_id="a",
    run_id="r",
    dataset="d",
    execution_arn="arn",
    report_uri="s3://b/k",
    report_sha256="0" * 64,
    created_at="2026-01-01T00:00:00Z",
    expires_at="2026-01-02T00:00:00Z",
    reasons=("4 things look odd",),
    counts={"rows_in": 9, "valid": 9, "rejected": 0, "warnings": 4},
)


def test_files_are_named_where_there_are_several() -> None:
    assert warnings_of(REPORT) == TOLD
    assert warnings_of(
        {**REPORT, "files": REPORT["files"][:1], "warnings": REPORT["warnings"][:1]}
    )[0].startswith("<zip>: 3")
    assert warnings_of({}) == []


def test_the_mail_tells_them() -> None:
    message = question(APPROVAL, "https://link", TOLD).message
    assert "Rows     9 in, 9 valid, 4 warnings" in message
    assert "Warning  y.csv: 1 blank line was skipped (line 5)" in message


def test_the_page_tells_them_escaped() -> None:
    document = {
        "run_id": "r", "dataset": "d", "status": "PENDING", "is_open": True, "reasons": [],
        "counts": APPROVAL.counts, "warnings": TOLD,
    }  # fmt: skip
    page = body_of(document, form="")
    assert "Accepted, but odd" in page
    assert "&lt;zip&gt;: 3 numbers" in page
    assert "odd" not in body_of({**document, "warnings": []}, form="")
