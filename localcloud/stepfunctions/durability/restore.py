"""Reading the journal back: the runtime as it was when the process died."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from localcloud.stepfunctions.activities import Activity
from localcloud.stepfunctions.definition import parse
from localcloud.stepfunctions.definition.model import (
    MapState,
    ParallelState,
    StateMachine,
    Workflow,
)
from localcloud.stepfunctions.durability import records
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.history import Event
from localcloud.stepfunctions.engine.map_run import MapRun, Share
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.engine.tolerance import Tolerance
from localcloud.stepfunctions.machines import Alias, Machine, Revision, Version
from localcloud.stepfunctions.query.json_text import loads
from localcloud.stepfunctions.world import World

log = logging.getLogger(__name__)

Record = list[Any]


def read(path: Path) -> Iterator[Record]:
    """The records of a journal; a last line that was cut off in the middle is left out."""
    with path.open("rb") as lines:
        for line in lines:
            if not line.endswith(b"\n"):
                log.warning("the journal's last record is incomplete and was left out")
                return
            yield json.loads(line.decode("utf-8", "surrogatepass"))


class Restorer:
    """Applies records to a runtime, one after the other."""

    def __init__(self, runtime: World) -> None:
        self._runtime = runtime
        self._texts: dict[str, str] = {}
        self._parsed: dict[str, StateMachine] = {}
        self._executions: dict[int, Execution] = {}
        self._kinds: Mapping[str, Callable[..., object]] = {
            "key": self._key,
            "definition": self._definition,
            "machine": self._machine,
            "machine-gone": lambda arn: runtime.machines.pop(arn, None),
            "activity": self._activity,
            "activity-gone": lambda arn: runtime.activities.pop(arn, None),
            "execution": self._execution,
            "event": self._event,
            "step": self._step,
            "map-run": self._map_run,
            "shares": self._shares,
            "tree": self._tree,
        }

    def apply(self, record: Record) -> None:
        """Apply one record."""
        kind, *values = record
        self._kinds[kind](*values)

    def _key(self, key: str) -> None:
        self._runtime.tokens.use_key(base64.b64decode(key))

    def _definition(self, revision_id: str, text: str) -> None:
        self._texts[revision_id] = text

    def _parse(self, revision_id: str, *, express: bool = False) -> StateMachine:
        if revision_id not in self._parsed:
            self._parsed[revision_id] = parse(self._texts[revision_id], express=express)
        return self._parsed[revision_id]

    def _machine(self, told: dict[str, Any]) -> None:
        revisions = {
            revision["id"]: Revision(
                **revision,
                definition=self._texts[revision["id"]],
                machine=self._parse(revision["id"], express=told["express"]),
            )
            for revision in told.pop("revisions")
        }
        told["revision"] = revisions[told["revision"]]
        versions = [
            Version(**{**version, "revision": revisions[version["revision"]]})
            for version in told.pop("versions")
        ]
        aliases = [Alias(**alias) for alias in told.pop("aliases")]
        self._runtime.machines[told["arn"]] = Machine(
            **told,
            versions={version.number: version for version in versions},
            aliases={alias.name: alias for alias in aliases},
        )

    def _activity(self, told: dict[str, Any]) -> None:
        self._runtime.activities[told["arn"]] = Activity(**told)

    def _execution(self, number: int, told: dict[str, Any]) -> None:
        revision_id = told["plan"]["revision_id"]
        plan = Plan(
            **told["plan"],
            definition=self._texts[revision_id],
            machine=self._parse(revision_id),
            express=False,
        )
        map_run = self._runtime.map_runs.get(told["map_run"])
        execution = Execution(
            self._runtime,
            plan,
            arn=told["arn"],
            name=told["name"],
            input_text=told["input"],
            workflow=None if map_run is None else map_run.state.processor,
            map_run=map_run,
            share_index=told["index"],
            trace_header=told["trace_header"],
        )
        execution.started_at = told["started_at"]
        self._executions[number] = self._runtime.executions[execution.arn] = execution
        if map_run is not None:
            map_run.children[told["index"]] = execution

    def _event(
        self, number: int, path: list[int] | None, told: Record, step: Record | None
    ) -> None:
        execution = self._executions[number]
        event = Event(*told)
        event_id = execution.history.add(event, last=True)
        _apply_to_execution(execution, event)
        if path is None:
            return
        branch = execution.root
        for index in path:
            branch.previous_id = event_id
            branch = branch.child(index)
        branch.follow_chain(event_id, None if step is None else records.read_step(step))

    def _step(self, number: int, path: list[int], step: Record) -> None:
        branch = self._executions[number].root
        for index in path:
            branch = branch.child(index)
        branch.take(records.read_step(step))

    def _map_run(self, told: dict[str, Any]) -> None:
        parent = self._runtime.executions[told["parent"]]
        map_run = self._runtime.map_runs.get(told["arn"])
        if map_run is None:
            state = _find_map(parent.root.workflow, told["state"])
            map_run = MapRun(parent, state, told["label"], told["arn"])
            self._runtime.map_runs[map_run.arn] = map_run
        map_run.tolerance = Tolerance(count=told["count"], percentage=told["percentage"])
        map_run.status = Status(told["status"])
        for name in ("started_at", "stopped_at", "redrive_count", "redriven_at"):
            setattr(map_run, name, told[name])
        map_run.max_concurrency = told["max_concurrency"]
        map_run.results_written = told["results_written"]
        if map_run.executions():
            map_run.await_redrive(told["pending_redrive"])

    def _shares(self, arn: str, told: list[Record]) -> None:
        shares = [Share(text=text, items=items) for text, items in told]
        self._runtime.map_runs[arn].deal(shares)

    def _tree(self, number: int, told: dict[str, Any]) -> None:
        execution = self._executions[number]
        _plant(execution.root, told)


def _apply_to_execution(execution: Execution, event: Event) -> None:
    details = event.details or {}
    if event.type == "ExecutionRedriven":
        execution.reopen(details["redriveCount"], event.at)
    elif event.type in Execution.ENDINGS:
        execution.close(Execution.ENDINGS[event.type], event.at, details)


def _plant(branch: Branch, told: dict[str, Any]) -> None:
    """Give a branch, and children below it, the places that a `tree` record tells."""
    children = told.pop("children")
    told["attempts"] = {int(index): count for index, count in told["attempts"].items()}
    told["input"] = loads(told["text"])
    for name, value in told.items():
        setattr(branch, name, value)
    if children is None:
        branch.children = None
        return
    branch.children = [None] * len(children)
    for index, child in enumerate(children):
        if child is not None:
            _plant(branch.grow(index), child)


def _find_map(workflow: Workflow, name: str) -> MapState:
    """The Map state of that name; names are unique in a state machine."""
    found = _search(workflow, name)
    assert found is not None
    return found


def _search(workflow: Workflow, name: str) -> MapState | None:
    for state in workflow.states.values():
        inner: tuple[Workflow, ...] = ()
        if isinstance(state, MapState):
            if state.name == name:
                return state
            inner = (state.processor,)
        elif isinstance(state, ParallelState):
            inner = state.branches
        for below in inner:
            found = _search(below, name)
            if found is not None:
                return found
    return None
