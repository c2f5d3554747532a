"""What a creator gets, and what it gives back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from localcloud.deploy.errors import DeployError
from localcloud.deploy.plan import Place
from localcloud.deploy.shapes import fit

_MISSING = ("404", "DoesNotExist", "EntityNotFound", "NoSuch", "NonExistent", "NotFound")


LONGEST_NAME = 63
"""Of a bucket; functions, roles and schedules may have one character more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Made:
    """A resource that exists: what `Ref` gives, and the attributes for `GetAtt`."""

    ref: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Where it is on AWS, as templates write that, and where it is here, as outputs tell."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Resource:
    """One resource to create or update; its properties are plain values."""

    logical_id: str
    type: str
    place: Place
    properties: Mapping[str, Any]
    physical_id: str | None
    """Its physical id in the last deployment of the stack, if it had one."""
    client: Callable[[str], Any]
    adopts: bool = True
    """Whether it becomes the stack's if it exists already, made by somebody else."""

    @property
    def default_name(self) -> str:
        """The name of a resource that the template does not name: stable over deployments.

        No service takes less than its length; one that would be longer ends in its digest.
        """
        name = f"{self.place.stack}-{self.logical_id}"
        if len(name) <= LONGEST_NAME:
            return name
        return f"{name[: LONGEST_NAME - 13]}-{hashlib.sha256(name.encode()).hexdigest()[:12]}"

    def split(self, *names: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The properties with these names, and all others."""
        chosen = {name: self.properties[name] for name in names if name in self.properties}
        rest = {name: value for name, value in self.properties.items() if name not in names}
        return chosen, rest

    def call(self, service: str, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Call an API operation (`create_table`) with parameters fitted to its input.

        Raises:
            DeployError: a property that the operation does not know.
            ClientError: the service refuses the call.
        """
        client = self.client(service)
        name = client.meta.method_to_api_mapping[operation]
        shape = client.meta.service_model.operation_model(name).input_shape
        fitted = fit(parameters, shape, path=f"{self.logical_id} ({self.type})")
        reply: dict[str, Any] = getattr(client, operation)(**fitted)
        return reply

    def create_or_update(
        self,
        create: Callable[[], Any],
        update: Callable[[], Any],
        *,
        exists: tuple[str, ...],
    ) -> Any:
        """Create what is missing; update what the last deployment, or a broken one, left behind.

        `exists` are the error codes by which `create` says that there is one already.
        """
        if self.physical_id is not None:
            return self._update_or_replace(create, update, exists)
        try:
            return create()
        except ClientError as error:
            if error_code(error) not in exists or not self.adopts:
                raise
        return update()

    def _update_or_replace(
        self, create: Callable[[], Any], update: Callable[[], Any], exists: tuple[str, ...]
    ) -> Any:
        """Update; create it where the template gives it another name, or somebody removed it."""
        try:
            return update()
        except ClientError as error:
            if not is_missing(error):
                raise
            missing = error
        try:
            return create()
        except ClientError as error:
            if error_code(error) in exists:  # then something else is missing
                raise missing from error
            raise

    def refuse(self, names: Mapping[str, Any]) -> None:
        """Complain of properties that no part of a creator understands.

        Raises:
            DeployError: there are some.
        """
        if names:
            raise DeployError(f"{self.logical_id} ({self.type}) has no property {min(names)}")


Creator = Callable[[Resource], Made]


def is_missing(error: ClientError) -> bool:
    """Whether a service says that it has no such thing."""
    return any(word in error_code(error) for word in _MISSING)


def error_code(error: ClientError) -> str:
    """The service's own code of an error."""
    return str(error.response["Error"]["Code"])
