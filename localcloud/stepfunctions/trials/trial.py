"""What a state is tried with, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from localcloud.stepfunctions.definition.model import (
    State,
)
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.scope import Json


class Verdict(StrEnum):
    """How the attempt ended."""

    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    RETRIABLE = "RETRIABLE"
    CAUGHT_ERROR = "CAUGHT_ERROR"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mock:
    """What stands in for the state's work: a result, or an error."""

    result: Json = None
    failure: StatesError | None = None

    def play(self) -> Json:
        """The result.

        Raises:
            StatesError: the mocked failure.
        """
        if self.failure is not None:
            raise self.failure
        return self.result


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A state and what it is tried with; `retries` are those it had already.

    `reader_data` is what an ItemReader would have found in its source.
    """

    state: State
    input: Json
    variables: Mapping[str, Json] = field(default_factory=dict)
    context: Mapping[str, Json] | None = None
    role_arn: str | None = None
    mock: Mock | None = None
    retries: int = 0
    failed_iterations: int = 0
    reader_data: str | None = None


@dataclass(slots=True, kw_only=True)
class Finding:
    """How a trial ended, and what was seen on the way, by the names of the API."""

    verdict: Verdict = Verdict.FAILED
    output: Json = None
    next: str | None = None
    error: str | None = None
    cause: str | None = None
    seen: dict[str, Any] = field(default_factory=dict)
