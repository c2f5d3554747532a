"""Keeps the services whose state is small: each as one file, written soon after it changed."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import Any

from moto.backends import get_backend

from localcloud.persistence.pickling import dump, load

log = logging.getLogger(__name__)

_SERVICES = {
    # signing name: moto's name
    "apigateway": "apigatewayv2",
    "events": "events",
    "glue": "glue",
    "iam": "iam",
    "kms": "kms",
    "lambda": "awslambda",
    "logs": "logs",
    "monitoring": "cloudwatch",
    "scheduler": "scheduler",
    "sns": "sns",
    "sqs": "sqs",
}
_PAUSE_SECONDS = 0.2
_ATTEMPTS = 5


class ControlPlanes:
    """Restores the services on construction; from then on `changed` says which to write again."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._changed: set[str] = set()
        self._wake = threading.Condition()
        self._closed = False
        for service in _SERVICES:
            self._restore(service)
        self._thread = threading.Thread(target=self._run, name="control-planes", daemon=True)
        self._thread.start()

    def changed(self, service: str) -> None:
        """Have a service, by its signing name, written within a fraction of a second."""
        if service in _SERVICES:
            with self._wake:
                self._changed.add(service)
                self._wake.notify()

    def close(self) -> None:
        """Write everything a last time."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()
        for service in _SERVICES:
            self._try_to_save(service)

    def _run(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._changed or self._closed)
                if self._closed:
                    return
                self._wake.wait_for(lambda: self._closed, timeout=_PAUSE_SECONDS)
                services, self._changed = self._changed, set()
            for service in services:
                self._try_to_save(service)

    def _try_to_save(self, service: str) -> None:
        """Keep one service; that it fails must not cost the state of the others."""
        try:
            self._save(service)
        except Exception:
            log.exception("the state of %s is not kept", service)

    def _save(self, service: str) -> None:
        if f"moto.{_SERVICES[service]}.models" not in sys.modules:
            return  # nobody has used it
        backends: Any = get_backend(_SERVICES[service])  # type: ignore[call-overload]
        for _ in range(_ATTEMPTS):
            try:
                state = dump({account: dict(regions) for account, regions in backends.items()})
            except RuntimeError:  # it changed while it was written
                continue
            draft = self._folder / f"{service}.draft"
            draft.write_bytes(state)
            draft.replace(self._folder / service)
            return
        log.warning("%s changes too fast to be kept; trying again later", service)
        self.changed(service)

    def _restore(self, service: str) -> None:
        path = self._folder / service
        if not path.exists():
            return
        backends: Any = get_backend(_SERVICES[service])  # type: ignore[call-overload]
        for account, regions in load(path.read_bytes()).items():
            for region, backend in regions.items():
                backends[account][region] = backend
