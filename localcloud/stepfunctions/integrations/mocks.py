"""Answers in place of services, in the format of Step Functions Local's mock configuration.

An execution that is started with `<state machine ARN>#<test case>` gets, in each Task that the
case names, the answer that the case says; all other tasks are performed.
Source: https://docs.aws.amazon.com/step-functions/latest/dg/sfn-local-mock-cfg-file.html
"""

from __future__ import annotations

import copy
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from localcloud.stepfunctions.definition.resources import Pattern
from localcloud.stepfunctions.engine.call import Call
from localcloud.stepfunctions.engine.runtime import Perform
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.query.scope import Json

_ATTEMPTS: Final = re.compile(r"(?P<first>\d+)(?:-(?P<last>\d+))?")
_RESPONSES: Final = "MockedResponses"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What attempts from `first` to `last` get, counted from 0."""

    first: int
    last: int
    returned: Json = None
    error: str | None = None
    cause: str | None = None


Case = Mapping[str, tuple[Answer, ...]]
"""The answers by the names of states."""


class Mocks:
    """The test cases in force, and who runs under which; belongs to the scheduler's thread."""

    def __init__(self, perform: Perform) -> None:
        """`perform` does what no case answers."""
        self._perform = perform
        self._cases: Mapping[tuple[str, str], Case] = {}
        self._running: dict[str, Case] = {}
        self._attempts: Counter[tuple[str, str]] = Counter()

    @property
    def names(self) -> list[str]:
        """The cases, such as `machine#case`."""
        return [f"{machine}#{case}" for machine, case in self._cases]

    def replace(self, document: Mapping[str, Any]) -> None:
        """Put the cases of a configuration in force; executions under way keep theirs.

        Raises:
            ValueError: it is no configuration; KeyError and TypeError likewise.
        """
        self._cases = parse(document)

    def assign(self, execution_arn: str, machine: str, case: str) -> None:
        """Let an execution that is about to start run under a case.

        Raises:
            LookupError: there is none of that name.
        """
        self._running[execution_arn] = self._cases[machine, case]

    async def perform(self, call: Call) -> Json:
        """Answer the task if its execution's case does; else perform it.

        Raises:
            StatesError: the case says so, or the task failed.
        """
        arn, state = call.branch.execution.arn, call.branch.at or ""
        answers = self._running.get(arn, {}).get(state)
        if answers is None:
            return await self._perform(call)
        attempt = self._attempts[arn, state]
        self._attempts[arn, state] += 1
        for answer in answers:
            if answer.first <= attempt <= answer.last:
                return _given(call, answer)
        why = f"no answer is mocked for attempt {attempt} of {state}"
        raise StatesError("States.Runtime", why)


def _given(call: Call, answer: Answer) -> Json:
    if answer.error is not None:
        raise StatesError(answer.error, answer.cause)
    if call.resource.pattern in (Pattern.SYNC, Pattern.SYNC_2, Pattern.WAIT_FOR_TASK_TOKEN):
        call.log.submitted({})
    return copy.deepcopy(answer.returned)


def parse(document: Mapping[str, Any]) -> dict[tuple[str, str], Case]:
    """The cases of a configuration by state machine and name.

    Raises:
        ValueError: it is no configuration; KeyError and TypeError likewise.
    """
    responses = {
        name: tuple(_answer(attempts, told[attempts]) for attempts in told)
        for name, told in document[_RESPONSES].items()
    }
    cases: dict[tuple[str, str], Case] = {}
    for machine, described in document["StateMachines"].items():
        for case, states in described["TestCases"].items():
            if unknown := sorted(set(states.values()) - set(responses)):
                raise ValueError(f"{machine}#{case} names {unknown[0]}, which is mocked nowhere")
            cases[machine, case] = {state: responses[states[state]] for state in states}
    return cases


def _answer(attempts: str, told: Mapping[str, Any]) -> Answer:
    """One of the answers of a response.

    >>> _answer("1-2", {"Throw": {"Error": "E", "Cause": "c"}})
    Answer(first=1, last=2, returned=None, error='E', cause='c')
    """
    found = _ATTEMPTS.fullmatch(attempts)
    if found is None or len(told) != 1:
        raise ValueError(f"{attempts!r} is no attempt with one answer, such as 0 or 1-2")
    first = int(found["first"])
    last = int(found["last"] or first)
    [(kind, content)] = told.items()
    if kind == "Return":
        return Answer(first=first, last=last, returned=content)
    if kind != "Throw":
        raise ValueError(f"{kind} is neither Return nor Throw")
    return Answer(first=first, last=last, error=content["Error"], cause=content.get("Cause"))
