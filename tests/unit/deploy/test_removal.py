"""What can be created can be removed."""

from __future__ import annotations

from localcloud.deploy.removal import EVERYTHING
from localcloud.deploy.resources import CREATORS


def test_every_type_that_can_be_created_can_be_removed() -> None:
    assert CREATORS.keys() <= EVERYTHING.keys()
