"""Versions and aliases of state machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from localcloud.stepfunctions.api.errors import (
    ApiError,
    invalid,
    machine_missing,
    resource_missing,
)
from localcloud.stepfunctions.api.names import check_arn, check_name
from localcloud.stepfunctions.api.paging import page
from localcloud.stepfunctions.engine.plan import Plan
from localcloud.stepfunctions.machines import Alias, Machine, Version, split_qualifier
from localcloud.stepfunctions.world import World

Params = Mapping[str, Any]

_WHOLE: Final = 100  # percent


def publish(runtime: World, machine: Machine, description: str | None) -> Version:
    """The version of the current revision: a new one, unless the latest has it already."""
    latest = machine.versions.get(machine.last_version)
    if latest is not None and latest.revision is machine.revision:
        return latest
    machine.last_version += 1
    number = machine.last_version
    version = machine.versions[number] = Version(
        arn=f"{machine.arn}:{number}",
        number=number,
        revision=machine.revision,
        description=description,
        created_at=runtime.clock.now(),
    )
    return version


def publish_version(runtime: World, params: Params) -> dict[str, Any]:
    """PublishStateMachineVersion."""
    machine = find_machine(runtime, params["stateMachineArn"])
    wanted = params.get("revisionId")
    if wanted not in (None, machine.revision.id, "INITIAL" if machine.is_initial else None):
        raise ApiError(
            "ConflictException",
            f"Failed to publish the State Machine version for revision {wanted}. "
            f"The current State Machine revision is {machine.revision.id}.",
        )
    version = publish(runtime, machine, params.get("description"))
    runtime.keep(machine)
    return {"stateMachineVersionArn": version.arn, "creationDate": version.created_at}


def list_versions(runtime: World, params: Params) -> dict[str, Any]:
    """ListStateMachineVersions, the newest first."""
    machine = find_machine(runtime, params["stateMachineArn"])
    versions = sorted(machine.versions.values(), key=lambda version: -version.number)
    shown, following = page(versions, params)
    rows = [{"stateMachineVersionArn": v.arn, "creationDate": v.created_at} for v in shown]
    return {"stateMachineVersions": rows, **following}


def delete_version(runtime: World, params: Params) -> dict[str, Any]:
    """DeleteStateMachineVersion: refused while an alias points to it."""
    arn = params["stateMachineVersionArn"]
    bare, qualifier = split_qualifier(check_arn(arn, "stateMachine"))
    machine = runtime.machines.get(bare)
    if machine is None or qualifier is None or not qualifier.isdigit():
        return {}
    users = [alias.name for alias in machine.aliases.values() if arn in alias.routing]
    if users:
        raise ApiError(
            "ConflictException",
            f"Version to be deleted must not be referenced by an alias. "
            f"Current list of aliases referencing this version: [{', '.join(users)}]",
        )
    machine.versions.pop(int(qualifier), None)
    runtime.keep(machine)
    return {}


def create_alias(runtime: World, params: Params) -> dict[str, Any]:
    """CreateStateMachineAlias."""
    machine, routing = _routing(runtime, params["routingConfiguration"])
    name = check_name(params["name"])
    arn = f"{machine.arn}:{name}"
    alias = machine.aliases.get(name)
    if alias is not None:
        if alias.routing != routing or alias.description != params.get("description"):
            raise ApiError(
                "ConflictException",
                "Failed to create alias because an alias with the same name and a different "
                "routing configuration already exists.",
            )
        return {"stateMachineAliasArn": arn, "creationDate": alias.created_at}
    now = runtime.clock.now()
    machine.aliases[name] = Alias(
        arn=arn,
        name=name,
        description=params.get("description"),
        routing=routing,
        created_at=now,
        updated_at=now,
    )
    runtime.keep(machine)
    return {"stateMachineAliasArn": arn, "creationDate": now}


def update_alias(runtime: World, params: Params) -> dict[str, Any]:
    """UpdateStateMachineAlias."""
    machine, alias = _alias(runtime, params["stateMachineAliasArn"])
    if params.get("routingConfiguration") is not None:
        _, alias.routing = _routing(runtime, params["routingConfiguration"])
    if params.get("description") is not None:
        alias.description = params["description"]
    alias.updated_at = runtime.clock.now()
    runtime.keep(machine)
    return {"updateDate": alias.updated_at}


def describe_alias(runtime: World, params: Params) -> dict[str, Any]:
    """DescribeStateMachineAlias."""
    _, alias = _alias(runtime, params["stateMachineAliasArn"])
    described: dict[str, Any] = {
        "stateMachineAliasArn": alias.arn,
        "name": alias.name,
        "routingConfiguration": [
            {"stateMachineVersionArn": arn, "weight": weight}
            for arn, weight in alias.routing.items()
        ],
        "creationDate": alias.created_at,
        "updateDate": alias.updated_at,
    }
    if alias.description is not None:
        described["description"] = alias.description
    return described


def delete_alias(runtime: World, params: Params) -> dict[str, Any]:
    """DeleteStateMachineAlias: no error when there is none."""
    bare, qualifier = split_qualifier(check_arn(params["stateMachineAliasArn"], "stateMachine"))
    machine = runtime.machines.get(bare)
    if machine is not None and machine.aliases.pop(qualifier or "", None) is not None:
        runtime.keep(machine)
    return {}


def list_aliases(runtime: World, params: Params) -> dict[str, Any]:
    """ListStateMachineAliases, of a machine or of one of its versions."""
    arn = params["stateMachineArn"]
    machine = find_machine(runtime, arn)
    _, qualifier = split_qualifier(arn)
    aliases = [
        alias
        for alias in sorted(machine.aliases.values(), key=lambda alias: alias.name)
        if qualifier is None or arn in alias.routing
    ]
    shown, following = page(aliases, params)
    rows = [{"stateMachineAliasArn": a.arn, "creationDate": a.created_at} for a in shown]
    return {"stateMachineAliases": rows, **following}


def find_machine(runtime: World, arn: str) -> Machine:
    """The state machine of an ARN, which may carry a version or an alias.

    Raises:
        ApiError: `InvalidArn`, `StateMachineDoesNotExist`.
    """
    bare, _ = split_qualifier(check_arn(arn, "stateMachine"))
    machine = runtime.machines.get(bare)
    if machine is None:
        raise machine_missing(arn)
    return machine


def find_plan(runtime: World, arn: str) -> tuple[Machine, Plan]:
    """The state machine of an ARN, and what an execution of its version or alias would run.

    Raises:
        ApiError: `InvalidArn`, `StateMachineDoesNotExist`.
    """
    machine = find_machine(runtime, arn)
    try:
        return machine, machine.plan(split_qualifier(arn)[1], runtime.random)
    except LookupError as error:
        raise machine_missing(arn) from error


def _alias(runtime: World, arn: str) -> tuple[Machine, Alias]:
    bare, qualifier = split_qualifier(check_arn(arn, "stateMachine"))
    machine = runtime.machines.get(bare)
    if machine is None or qualifier not in machine.aliases:
        raise ApiError("ResourceNotFound", "Request references a resource that does not exist.")
    return machine, machine.aliases[qualifier]


def _routing(runtime: World, routes: list[Mapping[str, Any]]) -> tuple[Machine, dict[str, int]]:
    routing = {route["stateMachineVersionArn"]: route["weight"] for route in routes}
    arns = ", ".join(route["stateMachineVersionArn"] for route in routes)
    if not all((split_qualifier(arn)[1] or "").isdigit() for arn in routing):
        raise invalid(
            f"Routing configuration must contain state machine version ARNs. Received: [{arns}]"
        )
    if len(routing) < len(routes):
        raise invalid(
            "Routing configuration must contain distinct state machine version ARNs. "
            f"Received: [{arns}]"
        )
    if sum(routing.values()) != _WHOLE:
        weights = ", ".join(map(str, routing.values()))
        raise invalid(f"Sum of routing configuration weights must equal 100. Received: [{weights}]")
    owners = set()
    for arn in routing:
        bare, qualifier = split_qualifier(check_arn(arn, "stateMachine"))
        machine = runtime.machines.get(bare)
        number = int(qualifier) if qualifier and qualifier.isdigit() else 0
        if machine is None or number not in machine.versions:
            raise resource_missing(arn)
        owners.add(bare)
    if len(owners) > 1:
        raise invalid("The routing configuration must name versions of one state machine")
    return runtime.machines[owners.pop()], routing


ACTIONS: Final = {
    "PublishStateMachineVersion": publish_version,
    "ListStateMachineVersions": list_versions,
    "DeleteStateMachineVersion": delete_version,
    "CreateStateMachineAlias": create_alias,
    "UpdateStateMachineAlias": update_alias,
    "DescribeStateMachineAlias": describe_alias,
    "DeleteStateMachineAlias": delete_alias,
    "ListStateMachineAliases": list_aliases,
}
