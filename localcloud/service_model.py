"""AWS's own description of a service: its operations, and what goes into and comes out of them."""

from __future__ import annotations

import functools
from typing import Any

from botocore.loaders import Loader
from botocore.model import ServiceModel


@functools.cache
def service_model(service: str) -> Any:
    """The model of a service (`ServiceModel`), by boto3's name for it.

    Raises:
        UnknownServiceError: there is no such service.
    """
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
