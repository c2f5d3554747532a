"""The whole template on the local cloud."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.cloud import ROOT, Cloud, started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests that share a cloud on one worker."""
    for item in items:
        if ROOT / "tests" / "e2e" in item.path.parents:
            group = item.get_closest_marker("cloud")
            item.add_marker(pytest.mark.xdist_group(group.args[0] if group else "cloud"))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The template with its defaults: small batches are converted by a Lambda function."""
    yield from started(tmp_path_factory.mktemp("cloud"))


@pytest.fixture(scope="session")
def spark_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The template with the small path switched off: every batch goes through the Glue job."""
    yield from started(tmp_path_factory.mktemp("spark-cloud"), "SmallPathMaxBytes=0")
