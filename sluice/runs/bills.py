"""What a run has cost so far, from its history and a few facts about what it called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from botocore.exceptions import ClientError

from sluice.runs.costs import Bill, Usage, bill, call_usage, job_usage
from sluice.runs.follow import past_visits
from sluice.runs.history import StateVisit
from sluice.runs.logs import job_runs_in
from sluice.runs.map_runs import children
from sluice.runs.run import Run
from sluice.runs.tracing import targets_of
from sluice.stack.cloud import Cloud
from sluice.terminal.clocktext import elapsed

_LOAD, _LOAD_PART, _CONVERT = "Load Batches", "Load Batch", "Convert CSV To JSON"
_MB_PER_GB = 1024
_SIDE_BY_SIDE = 8
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


def read_bill(
    cloud: Cloud,
    run: Run,
    visits: Sequence[StateVisit],
    definition: Mapping[str, Any],
    now: datetime,
) -> Bill:
    """The bill of a run's visits until now."""
    memory = memory_by_state(cloud, definition)
    written = run.counts.loaded + run.counts.replayed + run.counts.superseded
    # Every row that was put, and every put that the table turned down: both are billed.
    load = Usage(write_units=Decimal(written))
    for visit in visits:
        if visit.map_run_arn:
            load += _parts(cloud, visit.map_run_arn, memory.get(_LOAD_PART, Decimal(0)), now)
    jobs = Usage()
    if any(visit.name == _CONVERT for visit in visits):
        jobs = sum(_jobs(cloud, run), Usage())
    return bill(visits, memory, {_LOAD: load, _CONVERT: jobs})


def told_bill(
    cloud: Cloud,
    run: Run,
    visits: Sequence[StateVisit],
    definition: Mapping[str, Any],
    now: datetime,
) -> Bill | None:
    """The bill; None for somebody who may not look at all that it needs."""
    try:
        return read_bill(cloud, run, visits, definition, now)
    except ClientError as error:
        if error.response["Error"]["Code"] not in _DENIED:
            raise
        return None


def definition_of(cloud: Cloud, run: Run) -> Mapping[str, Any]:
    """The definition by which a run goes on or went."""
    machine = cloud.states.describe_state_machine_for_execution(executionArn=run.execution_arn)
    definition: Mapping[str, Any] = json.loads(machine["definition"])
    return definition


def memory_by_state(cloud: Cloud, definition: Mapping[str, Any]) -> dict[str, Decimal]:
    """The gigabytes of the function that each state calls."""
    called = targets_of(definition).items()
    states = {state: name for state, (service, name) in called if service == "lambda"}
    names = sorted(set(states.values()))
    with ThreadPoolExecutor(_SIDE_BY_SIDE) as threads:
        sizes = dict(zip(names, threads.map(lambda n: _memory_gb(cloud, n), names), strict=True))
    return {state: sizes[name] for state, name in states.items()}


@lru_cache(maxsize=64)
def _memory_gb(cloud: Cloud, function: str) -> Decimal:
    """The memory of a function; asked for once."""
    found = cloud.functions.get_function_configuration(FunctionName=function)
    return Decimal(found["MemorySize"]) / _MB_PER_GB


def _parts(cloud: Cloud, map_run_arn: str, memory_gb: Decimal, now: datetime) -> Usage:
    """What the parts of a load used: a transition and a call each, as long as they took."""
    used = Usage()
    for child in children(cloud, map_run_arn):
        seconds = elapsed(child["startDate"], child.get("stopDate"), now)
        used += Usage(transitions=Decimal(1)) + call_usage(seconds, memory_gb)
    return used


def _jobs(cloud: Cloud, run: Run) -> Iterator[Usage]:
    """What the job's runs used that a history names."""
    answers = [
        answer
        for visit in past_visits(cloud, run.execution_arn, with_data=True)
        for answer in visit.answers
    ]
    for job_run_id in sorted(job_runs_in(answers)):
        found = cloud.glue.get_job_run(JobName=cloud.stack.conversion_job, RunId=job_run_id)
        job = found["JobRun"]
        dpus = Decimal(str(job.get("MaxCapacity") or job.get("NumberOfWorkers") or 1))
        yield job_usage(job.get("ExecutionTime") or 0, dpus)
