"""Charts hold what they are given, escaped, and no more than fits."""

from __future__ import annotations

import re

from sluice.console.charts import bars


def test_bars_of_a_place_stand_on_top_of_each_other() -> None:
    drawn = bars("Rows", ["a", "b"], ("good", [90, 0]), ("bad", [10, 0]), height=102)
    heights = [float(each) for each in re.findall(r'height="([\d.]+)"/', drawn)]
    assert heights == [90, 10, 0, 0]
    tops = [float(each) for each in re.findall(r' y="([\d.]+)"', drawn)]
    assert tops[:2] == [12, 2]


def test_what_is_little_is_still_seen() -> None:
    drawn = bars("Rows", ["a", "b"], ("bad", [1_000_000, 1]))
    assert 'height="1.5"' in drawn


def test_labels_cannot_be_markup() -> None:
    drawn = bars('"><script>', ["<b>"], ("good", [1]))
    assert "<script>" not in drawn
    assert "<b>" not in drawn


def test_nothing_is_an_empty_chart() -> None:
    assert "<rect" not in bars("Rows", [], ("good", []))
