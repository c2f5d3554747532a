"""Clients of an endpoint that is known need no rules for finding it."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import UnknownServiceError
from botocore.loaders import Loader
from botocore.session import Session

_NEEDED_BY = "s3"
"""By its rules, S3 puts the bucket into the path."""


def session_without_rules() -> Session:
    """A session whose clients have no endpoint rules, as botocore's own once had none.

    To load and ask them takes a third of what it takes to make a client and to call it.
    """
    session = Session()
    session.register_component("data_loader", _WithoutRules())
    return session


class _WithoutRules(Loader):
    """Knows everything but endpoint rules."""

    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        if type_name.startswith("endpoint-rule-set") and service_name != _NEEDED_BY:
            raise UnknownServiceError(service_name=service_name, known_service_names=_NEEDED_BY)
        return super().load_service_model(service_name, type_name, api_version)
