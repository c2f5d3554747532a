"""Task tokens: who waits for an answer, and what an answer does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from localcloud.stepfunctions.engine.scheduler import Promise
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.scope import Json

_NONCE_BYTES: Final = 48
_SEAL_BYTES: Final = 24


# Either `output`, or `error` and `cause`.
Answer = Mapping[str, Json]


class TokenInvalidError(Exception):
    """The text is no token of this service."""


class TokenClosedError(Exception):
    """Nobody waits for this token any more: answered, timed out, or its execution ended."""


@dataclass(slots=True, eq=False)
class Wait:
    """A task that waits for its token.

    `keep` is called with an accepted answer before anybody learns of it, so that it survives the
    process; `beat` is called on each heartbeat.
    """

    keep: Callable[[Answer], None]
    beat: Callable[[], None] | None = None
    answer: Promise[Json] = field(default_factory=Promise)

    def settle(self, answer: Answer) -> None:
        """Deliver an answer."""
        if "output" in answer:
            self.answer.resolve(answer["output"])
        else:
            self.answer.fail(StatesError(answer.get("error"), answer.get("cause")))


class Tokens:
    """The tokens that are out.

    A token carries a seal, so that a closed one is told from one that never was without
    remembering it.
    """

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._waits: dict[str, Wait] = {}
        self._reopened: dict[str, Wait] = {}

    def use_key(self, key: bytes) -> None:
        """Seal with a key of a former process, whose tokens are still out."""
        self.key = key

    def __len__(self) -> int:
        return len(self._waits)

    def issue(self) -> str:
        """A new token, which nobody waits for yet."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.urlsafe_b64encode(nonce + self._seal(nonce)).decode()

    def open(self, token: str, keep: Callable[[Answer], None]) -> Wait:
        """Begin to wait for an answer, or take over the wait that `reopen` began."""
        wait = self._reopened.pop(token, None)
        if wait is None:
            wait = self._waits[token] = Wait(keep)
        return wait

    def reopen(self, token: str, keep: Callable[[Answer], None]) -> None:
        """Take answers for a task of a former process, which has still to wait for them."""
        self._reopened[token] = self._waits[token] = Wait(keep)

    def close(self, token: str) -> None:
        """Wait no longer; harmless when the token is closed."""
        self._waits.pop(token, None)
        self._reopened.pop(token, None)

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
        self._answer(token, {"output": output})

    def fail(self, token: str, error: str | None, cause: str | None) -> None:
        """Answer with a failure; the first answer closes the token."""
        self._answer(token, {"error": error, "cause": cause})

    def beat(self, token: str) -> None:
        """Note a sign of life."""
        wait = self.find(token)
        if wait.beat is not None:
            wait.beat()

    def _answer(self, token: str, answer: Answer) -> None:
        wait = self.find(token)
        wait.keep(answer)
        self.close(token)
        wait.settle(answer)

    def _seal(self, nonce: bytes) -> bytes:
        return hmac.digest(self.key, nonce, hashlib.sha256)[:_SEAL_BYTES]

    def _is_sealed(self, token: str) -> bool:
        try:
            raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
        except ValueError:
            return False
        nonce, seal = raw[:_NONCE_BYTES], raw[_NONCE_BYTES:]
        return hmac.compare_digest(seal, self._seal(nonce))
