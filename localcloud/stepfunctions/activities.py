"""Activities and the tasks that wait in them for a worker."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from localcloud.stepfunctions.engine.scheduler import Promise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Offer:
    """A task that waits for a worker; `taken` is called with the worker's name."""

    token: str
    input_text: str
    taken: Callable[[str | None], None]


@dataclass(slots=True, kw_only=True, eq=False)
class Activity:
    """A named queue of tasks; belongs to the scheduler's thread."""

    arn: str
    name: str
    created_at: float
    tags: dict[str, str] = field(default_factory=dict)
    _offers: deque[Offer] = field(default_factory=deque)
    _pollers: deque[Promise[Offer | None]] = field(default_factory=deque)

    def offer(self, offer: Offer) -> None:
        """Lay a task out: the poller that waits longest gets it."""
        while self._pollers:
            poller = self._pollers.popleft()
            if not poller.done:
                poller.resolve(offer)
                return
        self._offers.append(offer)

    def withdraw(self, offer: Offer) -> None:
        """Take a task back; harmless once a worker has it."""
        if offer in self._offers:
            self._offers.remove(offer)

    def poll(self) -> Promise[Offer | None]:
        """The next task; resolve it with None to give up."""
        poller: Promise[Offer | None] = Promise()
        if self._offers:
            poller.resolve(self._offers.popleft())
        else:
            self._pollers.append(poller)
        return poller
