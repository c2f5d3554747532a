"""A local cloud of this process, with the sample template deployed once."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from localcloud.cloud import Cloud
from localcloud.door import Door

SAMPLE = Path(__file__).parent / "sample" / "template.yaml"


@dataclass(frozen=True)
class Deployment:
    """The cloud, and the outputs of the sample stack."""

    cloud: Cloud
    outputs: dict[str, str]

    def client(self, service: str) -> Any:
        return self.cloud.account.client(service)


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    before = dict(os.environ)
    cloud = Cloud(Door(region="eu-central-1"))
    yield cloud
    cloud.close()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def sample(cloud: Cloud) -> Deployment:
    return Deployment(cloud, cloud.deploy(SAMPLE, stack="sample", parameters={}))
