"""What a person sees while a run goes on."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import timedelta

import click

from sluice.runs.history import StateVisit
from sluice.runs.progress import Progress
from tests.support.runs import VISIT

TASK = replace(VISIT, status="RUNNING", ended_at=None)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def done(visit: StateVisit, seconds: float = 1, status: str = "SUCCEEDED") -> StateVisit:
    return replace(visit, status=status, ended_at=visit.started_at + timedelta(seconds=seconds))


def told(*shows: list[StateVisit]) -> list[str]:
    stream = io.StringIO()
    progress = Progress(stream)
    for visits in shows:
        progress.show(visits)
    progress.clear()
    return [click.unstyle(line) for line in stream.getvalue().splitlines()]


def test_a_state_is_told_once_when_it_has_ended() -> None:
    finished = done(TASK, 2.5)
    assert told([TASK], [TASK], [finished], [finished]) == [
        "    2.5 s ✓ Plan Conversion          2.5 s"
    ]


def test_a_gate_is_told_when_it_waits_and_when_it_is_answered() -> None:
    lines = told([replace(TASK, status="WAITING")], [done(TASK)])
    assert [line.split()[-1] for line in lines] == ["person", "s"]


def test_retries_and_errors_are_told() -> None:
    [line] = told([replace(done(TASK, status="CAUGHT"), attempts=3, error="Boom")])
    assert line.endswith("1.0 s, 2 retries, Boom")


def test_choices_are_too_quick_to_be_told() -> None:
    assert told([done(replace(TASK, kind="Choice"))]) == []


def test_items_are_told_before_their_map_and_only_where_they_are_few() -> None:
    few = done(replace(TASK, name="Validate Files", kind="Map", length=2))
    item = done(replace(TASK, name="Claim File", depth=1, item=0))
    assert [line.split()[3] for line in told([few, item])] == ["Claim", "Validate"]
    many = replace(few, length=50)
    assert [line.split()[3] for line in told([many, item])] == ["Validate"]


def test_a_terminal_has_one_live_line_that_goes_away() -> None:
    stream = Terminal()
    moments = iter([0.0, 0.0, 3.0])
    progress = Progress(stream, clock=lambda: next(moments))
    progress.show([TASK])
    assert stream.getvalue().endswith("\r\x1b[K          … Plan Conversion 0.0 s")
    progress.clear()
    assert stream.getvalue().endswith("\r\x1b[K")
