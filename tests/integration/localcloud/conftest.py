"""One endpoint for all tests of a process."""

from collections.abc import Iterator

import pytest

from localcloud.account import ACCOUNT_ID
from localcloud.door import Door
from localcloud.endpoint import Endpoint
from localcloud.mappings import EventSourceMappings
from tests.integration.localcloud.world import FakeCompute, World


@pytest.fixture(scope="session")
def endpoint() -> Iterator[tuple[Endpoint, FakeCompute]]:
    compute = FakeCompute()
    endpoint = Endpoint(Door(region="eu-central-1"))
    mappings = EventSourceMappings(
        invoke=compute.invoke, clock=endpoint.clock, account=ACCOUNT_ID, region="eu-central-1"
    )
    endpoint.start(invoke_lambda=compute.invoke, state_machines=compute.wsgi)
    yield endpoint, compute
    mappings.close()
    endpoint.close()


@pytest.fixture
def world(endpoint: tuple[Endpoint, FakeCompute]) -> World:
    return World(*endpoint)


@pytest.fixture
def table(world: World) -> str:
    """A table of its own, with a key `pk` of text."""
    name = world.name("table")
    world.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
