"""Creating, changing, describing and deleting state machines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import uuid4

from localcloud.stepfunctions.api.errors import (
    ApiError,
    execution_missing,
    invalid,
    machine_missing,
)
from localcloud.stepfunctions.api.names import check_arn, check_name
from localcloud.stepfunctions.api.paging import page
from localcloud.stepfunctions.api.versions import find_machine, find_plan, publish
from localcloud.stepfunctions.definition import InvalidDefinitionError, diagnose, parse
from localcloud.stepfunctions.definition.diagnostics import Severity
from localcloud.stepfunctions.definition.variable_references import variable_references
from localcloud.stepfunctions.machines import Machine, Revision, split_qualifier
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

NO_LOGGING: Final = {"level": "OFF", "includeExecutionData": False}
_NO_TRACING: Final = {"enabled": False}
_OWN_KEY: Final = {"type": "AWS_OWNED_KEY"}
_MAX_DIAGNOSTICS: Final = 100


def create(runtime: World, params: Params) -> dict[str, Any]:
    """CreateStateMachine: idempotent for an equal definition, type, logging and tracing."""
    name = check_name(params["name"])
    arn = runtime.arn("stateMachine", name)
    express = params.get("type", "STANDARD") == "EXPRESS"
    machine = runtime.machines.get(arn)
    if machine is None:
        _check_description(params)
        revision = _revision(runtime, params, None, express=express)
        machine = Machine(
            arn=arn,
            name=name,
            express=express,
            revision=revision,
            created_at=revision.created_at,
            tags={tag["key"]: tag["value"] for tag in params.get("tags", ())},
        )
        runtime.machines[arn] = machine
    elif not _is_same(machine, params, express=express):
        raise ApiError("StateMachineAlreadyExists", f"State Machine Already Exists: '{arn}'")
    created: dict[str, Any] = {"stateMachineArn": arn, "creationDate": machine.created_at}
    if params.get("publish"):
        version = publish(runtime, machine, params.get("versionDescription"))
        created["stateMachineVersionArn"] = version.arn
    runtime.keep(machine)
    return created


def update(runtime: World, params: Params) -> dict[str, Any]:
    """UpdateStateMachine: executions under way keep what they started with."""
    arn = params["stateMachineArn"]
    machine = find_machine(runtime, arn)
    if arn != machine.arn:
        raise machine_missing(arn)
    _check_description(params)
    changes = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration")
    if not any(params.get(name) is not None for name in (*changes, "encryptionConfiguration")):
        raise ApiError(
            "MissingRequiredParameter",
            "Either the definition, the role ARN, the LoggingConfiguration, or the "
            "TracingConfiguration must be specified",
        )
    revision = _revision(runtime, params, machine.revision, express=machine.express)
    if not _is_equal(revision, machine.revision):
        machine.revision = revision
    updated: dict[str, Any] = {"updateDate": revision.created_at}
    if not machine.is_initial:
        updated["revisionId"] = machine.revision.id
    if params.get("publish"):
        version = publish(runtime, machine, params.get("versionDescription"))
        updated["stateMachineVersionArn"] = version.arn
    runtime.keep(machine)
    return updated


def delete(runtime: World, params: Params) -> dict[str, Any]:
    """DeleteStateMachine: executions under way go on; no error when there is none."""
    bare, _ = split_qualifier(check_arn(params["stateMachineArn"], "stateMachine"))
    if runtime.machines.pop(bare, None) is not None and runtime.journal is not None:
        runtime.journal.machine_gone(bare)
    return {}


def describe(runtime: World, params: Params) -> dict[str, Any]:
    """DescribeStateMachine, also of a version or an alias."""
    arn = params["stateMachineArn"]
    machine, plan = find_plan(runtime, arn)
    revision = machine.revision
    described: dict[str, Any] = {}
    if plan.version_arn is not None:
        version = machine.versions[int(plan.version_arn.rpartition(":")[2])]
        revision = version.revision
        if version.description:
            described["description"] = version.description
    if revision.created_at != machine.created_at:
        described["revisionId"] = revision.id
    if references := variable_references(revision.definition):
        described["variableReferences"] = references
    data_hidden = params.get("includedData") == "METADATA_ONLY"
    return {
        "stateMachineArn": arn,
        "name": machine.name,
        "status": "ACTIVE",
        "definition": "{}" if data_hidden else revision.definition,
        "roleArn": revision.role_arn,
        "type": "EXPRESS" if machine.express else "STANDARD",
        "creationDate": machine.created_at,
        "loggingConfiguration": dict(revision.logging),
        "tracingConfiguration": dict(revision.tracing),
        "encryptionConfiguration": dict(revision.encryption),
        **described,
    }


def describe_for_execution(runtime: World, params: Params) -> dict[str, Any]:
    """DescribeStateMachineForExecution: what the execution runs, whatever came after."""
    arn = check_arn(params["executionArn"], "execution", "express")
    execution = runtime.executions.get(arn)
    if execution is None:
        raise execution_missing(arn)
    plan = execution.plan
    described: dict[str, Any] = {
        "stateMachineArn": plan.state_machine_arn,
        "name": plan.state_machine_name,
        "definition": plan.definition,
        "roleArn": plan.role_arn,
        "updateDate": plan.updated_at,
        "loggingConfiguration": dict(NO_LOGGING),
        "tracingConfiguration": dict(_NO_TRACING),
        "encryptionConfiguration": dict(_OWN_KEY),
    }
    if references := variable_references(plan.definition):
        described["variableReferences"] = references
    machine = runtime.machines.get(plan.state_machine_arn)
    if machine is None or plan.updated_at != machine.created_at:
        described["revisionId"] = plan.revision_id
    if execution.map_run is not None:
        described["mapRunArn"] = execution.map_run.arn
        described["label"] = execution.map_run.label
    return described


def list_(runtime: World, params: Params) -> dict[str, Any]:
    """ListStateMachines, by name."""
    machines = sorted(runtime.machines.values(), key=lambda machine: machine.name)
    shown, following = page(machines, params)
    rows = [
        {
            "stateMachineArn": machine.arn,
            "name": machine.name,
            "type": "EXPRESS" if machine.express else "STANDARD",
            "creationDate": machine.created_at,
        }
        for machine in shown
    ]
    return {"stateMachines": rows, **following}


def validate(_: World, params: Params) -> dict[str, Any]:
    """ValidateStateMachineDefinition: what is wrong, and where."""
    limit = params.get("maxResults") or _MAX_DIAGNOSTICS
    wanted = params.get("severity", "ERROR")
    found = [
        diagnostic
        for diagnostic in diagnose(params["definition"], express=params.get("type") == "EXPRESS")
        if wanted == "WARNING" or diagnostic.severity is Severity.ERROR
    ]
    rows = [
        {
            "severity": str(diagnostic.severity),
            "code": diagnostic.code,
            "message": diagnostic.message,
            **({"location": diagnostic.location} if diagnostic.location is not None else {}),
        }
        for diagnostic in found[:limit]
    ]
    failed = any(diagnostic.severity is Severity.ERROR for diagnostic in found)
    return {
        "result": "FAIL" if failed else "OK",
        "diagnostics": rows,
        "truncated": len(found) > limit,
    }


def _revision(
    runtime: World, params: Params, previous: Revision | None, *, express: bool
) -> Revision:
    definition = params.get("definition")
    if definition is not None:
        try:
            machine = parse(definition, express=express)
        except InvalidDefinitionError as error:
            raise ApiError("InvalidDefinition", error.message) from error
    else:
        assert previous is not None
        definition, machine = previous.definition, previous.machine

    if (logging := params.get("loggingConfiguration")) is not None:
        params = {**params, "loggingConfiguration": _checked_logging(logging)}

    def carried(name: str, before: Any, default: Any) -> Any:
        return params.get(name) or (default if previous is None else before)

    return Revision(
        id=str(uuid4()),
        definition=definition,
        machine=machine,
        role_arn=carried("roleArn", previous and previous.role_arn, None),
        logging=carried("loggingConfiguration", previous and previous.logging, NO_LOGGING),
        tracing=carried("tracingConfiguration", previous and previous.tracing, _NO_TRACING),
        encryption=carried("encryptionConfiguration", previous and previous.encryption, _OWN_KEY),
        created_at=runtime.clock.now(),
    )


def _checked_logging(logging: Params) -> Params:
    """A logging configuration with its defaults.

    Raises:
        ApiError: `InvalidLoggingConfiguration`.
    """
    checked = {**NO_LOGGING, **logging}
    count = len(checked.get("destinations", ()))
    if count > 1 or (count == 0 and checked["level"] != "OFF"):
        raise ApiError(
            "InvalidLoggingConfiguration",
            "Invalid Logging Configuration: Must specify exactly one Log Destination.",
        )
    return checked


def _check_description(params: Params) -> None:
    if params.get("versionDescription") is not None and not params.get("publish"):
        raise invalid("Version description can only be set when publish is true")


def _is_equal(new: Revision, old: Revision) -> bool:
    """Whether an update has changed nothing."""
    return replace(new, id=old.id, machine=old.machine, created_at=old.created_at) == old


def _is_same(machine: Machine, params: Params, *, express: bool) -> bool:
    revision = machine.revision
    return (
        machine.express == express
        and revision.definition == params["definition"]
        and revision.logging == {**NO_LOGGING, **params.get("loggingConfiguration", {})}
        and revision.tracing == params.get("tracingConfiguration", _NO_TRACING)
    )


ACTIONS: Final = {
    "CreateStateMachine": create,
    "UpdateStateMachine": update,
    "DeleteStateMachine": delete,
    "DescribeStateMachine": describe,
    "DescribeStateMachineForExecution": describe_for_execution,
    "ListStateMachines": list_,
    "ValidateStateMachineDefinition": validate,
}
