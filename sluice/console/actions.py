"""What a person can do about a run, as buttons: each asks once and leaves who and when.

POST /runs/<run>/redrive, replay, replay-newest, stop, done, mend
GET  /bulk?action=…&<filter>   what would be done with the runs that a filter shows
POST /bulk                     does it, with exactly those runs
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import cast

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from pipeline.runs.settlement import StoppedFiles
from sluice.console.live import utc_now
from sluice.console.runs_page import FILTERS, wanted
from sluice.files.mended_drops import drop_mended
from sluice.runs import follow_ups
from sluice.runs.history import StateVisit
from sluice.runs.needs import UNSUCCESSFUL, is_followed_up
from sluice.runs.run import FAILED, Run
from sluice.runs.run_list import find_page
from sluice.runs.run_reader import read_run
from sluice.runs.stops import HAPPENS, stop_run
from sluice.stack.cloud import Cloud
from sluice.terminal.exits import NotFoundError, OperatorError

_BULK_RUNS = 100
"""At a time: each is a call or several, and a person is to read the list before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A button: what stands on it, what it will do, and what the form asks for besides."""

    name: str
    label: str
    sentence: str
    is_harsh: bool = False
    asks_files: bool = False
    """What is to become of files that were not loaded."""
    asks_upload: bool = False


REDRIVE = Action(
    name="redrive",
    label="Redrive",
    sentence="It goes on with the step at which it was cut off; finished work is not repeated.",
)
REPLAY = Action(
    name="replay",
    label="Replay",
    sentence="Its files in the landing zone are run anew, as they are. No row is doubled.",
)
REPLAY_NEWEST = Action(
    name="replay-newest",
    label="Replay as newest",
    sentence="Its archived and quarantined files are dropped again, as new versions: their rows "
    "replace those of any file that was dropped in between.",
)
STOP = Action(
    name="stop",
    label="Stop",
    sentence="It ends as FAILED. Loaders that are under way finish the 500 rows they are at.",
    is_harsh=True,
    asks_files=True,
)
MEND = Action(
    name="mend",
    label="Drop mended rows",
    sentence="Choose the CSV of rejected rows that you have mended. It is checked by the contract, "
    "dropped, and judged as a part of this run.",
    asks_upload=True,
)
DONE = Action(
    name="done",
    label="Nothing left to do",
    sentence="It no longer stands under what needs somebody. Your name is kept with it.",
)


_REDRIVABLE = timedelta(days=14)
"""After the end. Source: https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html"""


def actions_for(run: Run, visits: Sequence[StateVisit], now: datetime) -> list[Action]:
    """The actions that make sense for a run as it stands, the likeliest first."""
    if run.ended_at is None:
        return [STOP]
    found = []
    cut_off = run.status == FAILED and run.execution_status != "SUCCEEDED"
    redrivable = not run.forgotten and now - run.ended_at < _REDRIVABLE
    if cut_off and redrivable and not (visits and visits[-1].kind == "Fail"):
        found.append(REDRIVE)
    if any(file.disposition == "kept" for file in run.files):
        found.append(REPLAY)
    if run.status == "LOADED" and run.counts.rejected:
        found.append(MEND)
    if follow_ups.moved_files(run):
        found.append(REPLAY_NEWEST)
    if run.status in UNSUCCESSFUL and not is_followed_up(run):
        found.append(DONE)
    return found


def add_actions(app: Flask, cloud: Cloud) -> None:
    """Add what changes something about runs to the console."""

    @app.post("/runs/<run_id>/<name>")
    def act(run_id: str, name: str) -> AnyResponse:
        run = read_run(cloud, run_id)
        if name not in _DEEDS:
            raise NotFoundError(f"the console cannot {name} a run")
        address = _DEEDS[name](cloud, run) or url_for("run", run_id=run_id)
        return redirect(address, HTTPStatus.SEE_OTHER)

    @app.get("/bulk")
    def plan() -> str:
        chosen = {name: request.args.get(name, "") for name in FILTERS}
        action = BULK[request.args.get("action", "")]
        page = find_page(cloud, wanted(chosen), size=_BULK_RUNS)
        able = [run for run in page.runs if action in actions_for(run, (), utc_now())]
        return render_template(
            "bulk.html", action=action, able=able, shown=len(page.runs), more=page.next is not None
        )

    @app.post("/bulk")
    def carry_out() -> str:
        action = BULK[request.form.get("action", "")]
        done = [(run_id, *_tried(cloud, action, run_id)) for run_id in request.form.getlist("run")]
        return render_template("bulk_done.html", action=action, done=done)


def _tried(cloud: Cloud, action: Action, run_id: str) -> tuple[bool, str]:
    """Whether it was done, and the address it leads to or what kept it from being done."""
    try:
        return True, _DEEDS[action.name](cloud, read_run(cloud, run_id)) or ""
    except OperatorError as error:
        return False, error.message


def _redrive(cloud: Cloud, run: Run) -> None:
    follow_ups.redrive(cloud, run)


def _replay(cloud: Cloud, run: Run) -> str | None:
    return _started(follow_ups.replay(cloud, run, as_newest=False))


def _replay_newest(cloud: Cloud, run: Run) -> str | None:
    return _started(follow_ups.replay(cloud, run, as_newest=True))


def _started(started: Sequence[Mapping[str, str]]) -> str | None:
    """Where the first run that was started is shown, if one was."""
    run_id = next((each["run_id"] for each in started if each.get("run_id")), None)
    return url_for("run", run_id=run_id) if run_id else None


def _stop(cloud: Cloud, run: Run) -> None:
    files = request.form.get("files", "leave")
    if files not in HAPPENS:
        raise OperatorError(f"files of a stopped run cannot be told to {files}")
    comment = request.form.get("comment", "") or "stopped by hand"
    stop_run(cloud, run, files=cast("StoppedFiles", files), comment=comment)


def _done(cloud: Cloud, run: Run) -> None:
    follow_ups.note(cloud, run, follow_ups.DONE, request.form.get("comment", ""))


def _mend(cloud: Cloud, run: Run) -> str:
    upload = request.files.get("upload")
    if upload is None or not upload.filename:
        raise OperatorError("no file was chosen")
    with tempfile.TemporaryDirectory(prefix="sluice-mend-") as folder:
        mended = Path(folder, "mended.csv")
        upload.save(mended)
        is_partly = bool(request.form.get("partly"))
        name = request.form.get("file") or None
        drop = drop_mended(cloud, run, mended, name, is_partly=is_partly).drop
    follow_ups.note(cloud, run, "mend")
    return url_for("dropped", key=drop.key, version=drop.version_id)


# What each does; returns the address that shows what came of it, where that is not the run's.
_DEEDS: Mapping[str, Callable[[Cloud, Run], str | None]] = {
    REDRIVE.name: _redrive,
    REPLAY.name: _replay,
    REPLAY_NEWEST.name: _replay_newest,
    STOP.name: _stop,
    MEND.name: _mend,
    DONE.name: _done,
}
BULK = {action.name: action for action in (REDRIVE, REPLAY, REPLAY_NEWEST, DONE)}
