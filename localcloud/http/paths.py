"""The paths of the endpoint that are none of AWS's."""

from __future__ import annotations

APIS = "/_apigateway/"
CONTROL = "/_localcloud/"
