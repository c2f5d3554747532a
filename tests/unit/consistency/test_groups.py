"""Tests that share something costly are run by one process."""

from __future__ import annotations

import pytest


@pytest.mark.xdist_group("grouped")
def test_groups_reach_the_scheduler(request: pytest.FixtureRequest) -> None:
    """A pytest that overlooks the groups of pytest-xdist starts each cloud twice."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("one process, or tests are not dealt out by group")
    assert request.node.nodeid.endswith("@grouped")
