"""What the journal's records hold, as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any, Final

from localcloud.stepfunctions.activities import Activity
from localcloud.stepfunctions.engine.branch import Branch
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.history import Event
from localcloud.stepfunctions.engine.map_run import MapRun
from localcloud.stepfunctions.engine.steps import (
    Begin,
    Enter,
    Fork,
    Leave,
    Mark,
    Reset,
    Retry,
    Step,
)
from localcloud.stepfunctions.machines import Machine, Revision

Json = Any

_STEPS: Final[Mapping[str, type[Step]]] = {
    kind.__name__: kind for kind in (Enter, Leave, Retry, Mark, Fork, Begin, Reset)
}


def event(value: Event) -> Json:
    """An event."""
    return [value.previous_id, value.type, value.at, value.details]


def step(value: Step) -> Json:
    """A step of a branch."""
    return [type(value).__name__, *(getattr(value, field.name) for field in fields(value))]


def read_step(told: Sequence[Json]) -> Step:
    """The step that `step` wrote."""
    name, *values = told
    if name == "Retry":
        return Retry({int(index): count for index, count in values[0].items()})
    return _STEPS[name](*values)


def branch(value: Branch) -> Json:
    """A branch with all its children."""
    children = value.children
    return {
        "at": value.at,
        "text": value.text,
        "variables": value.variables,
        "previous_id": value.previous_id,
        "map_item": value.map_item,
        "entered_id": value.entered_id,
        "entered_at": value.entered_at,
        "attempts": value.attempts,
        "mark": value.mark,
        "children": None
        if children is None
        else [None if child is None else branch(child) for child in children],
    }


def header(value: Execution) -> Json:
    """What an execution is from its start."""
    plan = value.plan
    return {
        "arn": value.arn,
        "name": value.name,
        "input": value.input_text,
        "started_at": value.started_at,
        "trace_header": value.trace_header,
        "map_run": None if value.map_run is None else value.map_run.arn,
        "index": value.share_index,
        "plan": {
            "state_machine_arn": plan.state_machine_arn,
            "state_machine_name": plan.state_machine_name,
            "version_arn": plan.version_arn,
            "alias_arn": plan.alias_arn,
            "role_arn": plan.role_arn,
            "revision_id": plan.revision_id,
            "updated_at": plan.updated_at,
        },
    }


def map_run(value: MapRun[Execution]) -> Json:
    """A map run without its shares and children."""
    return {
        "arn": value.arn,
        "parent": value.parent.arn,
        "state": value.state.name,
        "label": value.label,
        "status": value.status,
        "started_at": value.started_at,
        "stopped_at": value.stopped_at,
        "redrive_count": value.redrive_count,
        "redriven_at": value.redriven_at,
        "max_concurrency": value.max_concurrency,
        "count": value.tolerance.count,
        "percentage": value.tolerance.percentage,
        "results_written": value.results_written,
        "pending_redrive": value.pending_redrive,
    }


def machine(value: Machine) -> Json:
    """A state machine; definitions are records of their own."""
    revisions = {value.revision.id: value.revision}
    revisions.update({v.revision.id: v.revision for v in value.versions.values()})
    return {
        "arn": value.arn,
        "name": value.name,
        "express": value.express,
        "created_at": value.created_at,
        "tags": value.tags,
        "last_version": value.last_version,
        "revision": value.revision.id,
        "revisions": [_revision(revision) for revision in revisions.values()],
        "versions": [
            {
                "arn": version.arn,
                "number": version.number,
                "revision": version.revision.id,
                "description": version.description,
                "created_at": version.created_at,
            }
            for version in value.versions.values()
        ],
        "aliases": [
            {
                "arn": alias.arn,
                "name": alias.name,
                "description": alias.description,
                "routing": alias.routing,
                "created_at": alias.created_at,
                "updated_at": alias.updated_at,
            }
            for alias in value.aliases.values()
        ],
    }


def _revision(value: Revision) -> Json:
    return {
        "id": value.id,
        "role_arn": value.role_arn,
        "logging": value.logging,
        "tracing": value.tracing,
        "encryption": value.encryption,
        "created_at": value.created_at,
    }


def activity(value: Activity) -> Json:
    """An activity."""
    return {
        "arn": value.arn,
        "name": value.name,
        "created_at": value.created_at,
        "tags": value.tags,
    }
