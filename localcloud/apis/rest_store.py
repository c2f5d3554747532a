"""Where REST APIs, usage plans and keys are kept: as documents beside moto's HTTP APIs.

moto's own emulator of REST APIs takes two seconds to import, knows no models and serves nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.apigatewayv2.models import apigatewayv2_backends

Record = dict[str, Any]
"""What API Gateway answers about a thing; of an API also `document`, `deployments`, `stages`."""


class RestStore:
    """The REST APIs of one account."""

    def __init__(self, account: str) -> None:
        self._account = account

    def records(self, kind: str, region: str) -> dict[str, Record]:
        """Those of a kind (`restapis`, `usageplans`, `apikeys`) in a region, by id."""
        backend: Any = apigatewayv2_backends[self._account][region]
        found: dict[str, Record] = vars(backend).setdefault(f"rest_{kind}", {})
        return found

    def api(self, api_id: str) -> Record | None:
        """An API of whatever region."""
        return next((r[api_id] for r in self._everywhere("restapis") if api_id in r), None)

    def plans(self, api_id: str, stage: str) -> list[Record]:
        """The usage plans of a stage."""
        wanted = {"apiId": api_id, "stage": stage}
        return [
            plan
            for plans in self._everywhere("usageplans")
            for plan in list(plans.values())
            if any(wanted.items() <= named.items() for named in plan.get("apiStages", ()))
        ]

    def key(self, value: str) -> Record | None:
        """The enabled API key that has a value."""
        for keys in self._everywhere("apikeys"):
            for key in list(keys.values()):
                if key["value"] == value and key["enabled"]:
                    return key
        return None

    def _everywhere(self, kind: str) -> Iterator[dict[str, Record]]:
        for backend in list(apigatewayv2_backends[self._account].values()):
            yield vars(backend).get(f"rest_{kind}", {})
