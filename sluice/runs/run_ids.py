"""The ids of runs as people type them."""

from __future__ import annotations

from itertools import islice

from sluice.runs.run_list import Wanted, places
from sluice.runs.run_reader import execution_arn
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.stack.project import meant
from sluice.terminal.exits import NotFoundError

_TOLD = 5
_COMPARED = 1_000
"""Of the newest runs: comparing an id with each costs time."""


def find_run_id(cloud: Cloud, text: str) -> str:
    """The run that a person means: an id, an execution's ARN, `latest`, or how an id begins.

    Raises:
        NotFoundError: no run or several begin like that.
    """
    run_id = text.rpartition(":")[2]
    if run_id == "latest":
        return _latest(cloud)
    if _exists(cloud, run_id):
        return run_id
    matches = [place.run_id for place in places(cloud, Wanted(begins=run_id))] if run_id else []
    if len(matches) == 1:
        return matches[0]
    if matches:
        told = ", ".join(matches[:_TOLD])
        raise NotFoundError(f"{len(matches)} runs begin with {run_id}: {told}")
    known = [place.run_id for place in islice(places(cloud, Wanted()), _COMPARED)]
    raise NotFoundError(f"no run {run_id}{meant(run_id, known)}; `sluice runs` lists them")


def _latest(cloud: Cloud) -> str:
    """The run that began last, be it so new that nothing is recorded of it."""
    listed = cloud.states.list_executions(
        stateMachineArn=cloud.stack.state_machine_arn, maxResults=1
    )["executions"]
    if not listed:
        raise NotFoundError("there is no run yet; `sluice run FILE` starts one")
    return listed[0]["name"]


def _exists(cloud: Cloud, run_id: str) -> bool:
    states = cloud.states
    if not run_id:
        return False
    try:
        states.describe_execution(executionArn=execution_arn(cloud, run_id))
    except (states.exceptions.ExecutionDoesNotExist, states.exceptions.InvalidArn):
        return run_id in control.run_records(cloud, [run_id])
    return True
