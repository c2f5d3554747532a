"""Task tokens: who waits for an answer, and what an answer does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from localcloud.stepfunctions.engine.scheduler import Promise
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.scope import Json

_NONCE_BYTES: Final = 48
_SEAL_BYTES: Final = 24


class TokenInvalidError(Exception):
    """The text is no token of this service."""


class TokenClosedError(Exception):
    """Nobody waits for this token any more: answered, timed out, or its execution ended."""


@dataclass(slots=True, eq=False)
class Wait:
    """A task that waits for its token; `beat` is called on each heartbeat."""

    answer: Promise[Json] = field(default_factory=Promise)
    beat: Callable[[], None] | None = None


class Tokens:
    """The tokens that are out.

    A token carries a seal, so that a closed one is told from one that never was without
    remembering it.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._waits: dict[str, Wait] = {}

    def __len__(self) -> int:
        return len(self._waits)

    def issue(self) -> str:
        """A new token, which nobody waits for yet."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._seal(nonce)).decode()

    def open(self, token: str) -> Wait:
        """Begin to wait for an answer."""
        wait = self._waits[token] = Wait()
        return wait

    def close(self, token: str) -> None:
        """Wait no longer; harmless when the token is closed."""
        self._waits.pop(token, None)

    def find(self, token: str) -> Wait:
        """Who waits for the token.

        Raises:
            TokenInvalidError: it was not issued here.
            TokenClosedError: nobody waits for it.
        """
        wait = self._waits.get(token)
        if wait is None:
            raise TokenClosedError if self._is_sealed(token) else TokenInvalidError
        return wait

    def succeed(self, token: str, output: Json) -> None:
        """Answer with an output; the first answer closes the token."""
        wait = self.find(token)
        self.close(token)
        wait.answer.resolve(output)

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """Answer with a failure."""
        wait = self.find(token)
        self.close(token)
        wait.answer.fail(StatesError(error, cause))

    def beat(self, token: str) -> None:
        """Note a sign of life."""
        wait = self.find(token)
        if wait.beat is not None:
            wait.beat()

    def _seal(self, nonce: bytes) -> bytes:
        return hmac.digest(self._key, nonce, hashlib.sha256)[:_SEAL_BYTES]

    def _is_sealed(self, token: str) -> bool:
        try:
            raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except ValueError:
            return False
        nonce, seal = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return hmac.compare_digest(seal, self._seal(nonce))
