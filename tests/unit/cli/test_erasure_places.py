"""Which objects of a run hold rows."""

from __future__ import annotations

import pytest

from sluice.erasure.places import _kind_in_run


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("runs/r/source/0000.csv", "source"),
        ("runs/r/former/000000-000000500.json.gz", "former"),
        ("runs/r/0-0/valid/0000-00000-0-00000.json", "valid"),
        ("runs/r/0-1-2/rejected/0000-00000-0-00000.json", "rejected"),
        ("runs/r/0-0/rejected_csv/0000-00000-0-00000.csv", "rejected_csv"),
        ("runs/r/0-0/shares/0000-00000.json", "share"),
        ("runs/r/0-0/report.json", "report"),
        ("runs/r/0-0/parts.json", None),
        ("runs/r/manifest.json", None),
        ("runs/r/findings/0000.json", None),
        ("runs/r/load/x/SUCCEEDED_0.json", None),
    ],
)
def test_an_object_is_told_by_its_place(key: str, kind: str | None) -> None:
    assert _kind_in_run(key) == kind
