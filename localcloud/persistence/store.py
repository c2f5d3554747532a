"""Where the state of the local cloud is kept: in a directory, or nowhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from localcloud.http.wsgi import Environ
from localcloud.persistence.control_planes import ControlPlanes
from localcloud.persistence.items import ItemKeeper
from localcloud.persistence.objects import ObjectKeeper
from localcloud.persistence.possession import take_possession


class Store(Protocol):
    """Is told of every write, before the write is acknowledged."""

    def keep_objects(self, environ: Environ) -> None:
        """A request to S3 was carried out; no other writes meanwhile."""

    def keep_items(self, operation: str, request: Mapping[str, Any], region: str) -> None:
        """A request to DynamoDB was carried out; no other writes meanwhile."""

    def changed(self, service: str) -> None:
        """Something changed in another service, by its signing name."""

    def close(self) -> None:
        """Keep what has not been kept yet."""


class Nowhere:
    """Keeps nothing: the state ends with the process."""

    def keep_objects(self, environ: Environ) -> None:
        """Nothing to do."""

    def keep_items(self, operation: str, request: Mapping[str, Any], region: str) -> None:
        """Nothing to do."""

    def changed(self, service: str) -> None:
        """Nothing to do."""

    def close(self) -> None:
        """Nothing to do."""


class Directory:
    """Restores what the directory holds, then keeps every change in it.

    The directory is its user's alone.
    """

    def __init__(self, folder: Path, *, account: str) -> None:
        take_possession(folder)
        self._objects = ObjectKeeper(folder / "objects.journal", account=account)
        self._items = ItemKeeper(folder / "items.journal", account=account)
        self._control_planes = ControlPlanes(folder / "control")
        self.keep_objects = self._objects.note
        self.keep_items = self._items.note
        self.changed = self._control_planes.changed

    def close(self) -> None:
        """Keep what has not been kept yet."""
        self._control_planes.close()
        self._items.close()
        self._objects.close()
