"""Which dataset a file belongs to, by its name and folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sluice.stack.project import dataset_of

KNOWN = ("addresses", "customers", "customers_vip")


@pytest.mark.parametrize(
    ("path", "dataset"),
    [
        pytest.param("addresses.csv", "addresses", id="the stem itself"),
        pytest.param("addresses.csv.gz", "addresses", id="two suffixes"),
        pytest.param("customers_dirty.csv", "customers", id="a beginning up to an underscore"),
        pytest.param("customers-2026-01.csv", "customers", id="a beginning up to a dash"),
        pytest.param("customers_vip_3.csv", "customers_vip", id="the longest name wins"),
        pytest.param("addresses/2026.csv", "addresses", id="the folder, where the name is silent"),
        pytest.param("addresses/customers.csv", "customers", id="the name before the folder"),
        pytest.param("customersdirty.csv", None, id="no separator, no match"),
        pytest.param("people.csv", None, id="nobody says"),
    ],
)
def test_dataset_of(path: str, dataset: str | None) -> None:
    assert dataset_of(Path("/data") / path, KNOWN) == dataset


@given(
    st.sampled_from(KNOWN), st.sampled_from("_-."), st.from_regex(r"[a-z0-9]{0,8}", fullmatch=True)
)
def test_a_name_followed_by_a_separator_is_enough(name: str, separator: str, rest: str) -> None:
    found = dataset_of(Path(f"/data/{name}{separator}{rest}.csv"), KNOWN)
    assert found is not None
    assert found.startswith(name)
