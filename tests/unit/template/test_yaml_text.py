"""Texts in YAML are read back as they were."""

from __future__ import annotations

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from sluice.template.yaml_text import scalar


@given(st.text() | st.sampled_from(["Yes", "ON", "null", "y", "1e3", "a: b", "-", ""]))
@example("crème 🍦")
def test_any_text_is_read_back(text: str) -> None:
    assert yaml.safe_load(scalar(text)) == text


def test_a_plain_name_stays_plain() -> None:
    assert scalar("customer_id-2") == "customer_id-2"
