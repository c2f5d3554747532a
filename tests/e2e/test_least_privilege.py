"""Each function may do on AWS what it does here, by its own role, and little else."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from localcloud.permissions.judge import Need, Statement, needs, statements_of
from tests.support.cloud import ROOT, Cloud, eventually
from tests.support.senders import Sender
from tests.support.signing import control

LONG_AGO = "2020-01-01T00:00:00.000Z"
ADDRESSES = b"id,location_id,address_1,city,state_province\np-1,1,S,T,CA\n"

Calls = Mapping[str, list[Need]]

A_SCAN = "dynamodb:Scan"
"""It names no keys, so no condition on keys can be about it."""

FOR_AN_HONEST_404 = {"s3:ListBucket", "s3:ListBucketVersions"}
FOR_LARGE_FILES = {"s3:AbortMultipartUpload"}
FOR_SETTLING = FOR_AN_HONEST_404 | FOR_LARGE_FILES
FOR_A_CRASH_WHILE_SETTLING = {
    "s3:DeleteObjectVersion",
    "s3:GetObjectVersionTagging",
    "s3:PutObject",
    "s3:PutObjectTagging",
}
NOT_SEEN = {
    "StartRunsFunction": {  # the mapping's poller acts under the function's role
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ReceiveMessage",
        "dynamodb:GetItem",  # files outside incoming/
        "dynamodb:UpdateItem",
        "sns:Publish",
        "states:DescribeExecution",  # a run of the schedule that died before it claimed a file
    },
    "ValidateObjectFunction": {"s3:ListBucket"},
    "ValidateHeaderFunction": FOR_AN_HONEST_404,
    "ValidateContentFunction": FOR_AN_HONEST_404 | FOR_LARGE_FILES,
    "PlanConversionFunction": FOR_AN_HONEST_404
    | FOR_LARGE_FILES
    | {"dynamodb:Query"},  # contracts that compare with the runs before
    "LoadBatchFunction": {"dynamodb:BatchWriteItem"},  # datasets with "write_mode": "batch"
    "PublishRowsFunction": {"s3:DeleteObject"},  # a version that was published otherwise before
    "SettleFilesFunction": FOR_SETTLING,
    "ForgetRecordsFunction": {"dynamodb:DeleteItem", "dynamodb:Query"},  # records of long ago
    "FinishRunFunction": FOR_SETTLING | FOR_A_CRASH_WHILE_SETTLING,
    "SweepRunsFunction": FOR_SETTLING
    | FOR_A_CRASH_WHILE_SETTLING
    | {"states:SendTaskSuccess"},  # a decision whose call was lost
}
"""What a role grants for things that do not happen in these scenarios."""

KEYS_NOT_SEEN = {
    "StartRunsFunction": {  # files that lie astray
        ("dynamodb:GetItem", "ASTRAY#"),
        ("dynamodb:UpdateItem", "ASTRAY#"),
    },
    "ForgetRecordsFunction": {  # nothing is old enough
        *(
            ("dynamodb:DeleteItem", f"{k}#")
            for k in ("APPROVAL", "ASTRAY", "FILE", "INVITATION", "ORDER", "RUN")
        ),
        ("dynamodb:Query", "RUN#"),
    },
    "PlanConversionFunction": {("dynamodb:Query", "DATASET#")},  # contracts that compare
    "SweepRunsFunction": {  # contracts that expect something every so many hours
        ("dynamodb:GetItem", "DATASET#"),
        ("dynamodb:UpdateItem", "DATASET#"),
    },
    "RequestApprovalFunction": {("dynamodb:GetItem", "APPROVAL#")},  # a question asked again
    "RecordDecisionFunction": {("dynamodb:GetItem", "RUN#")},  # the page of a decided question
}
"""Kinds of items that a role may touch for things that do not happen in these scenarios."""


@pytest.fixture(scope="module")
def calls(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Calls:
    """What each function, by its logical name, needs to be allowed after some runs."""
    cloud.drop("addresses", "privilege.csv", ADDRESSES)
    assert cloud.ended("privilege")["status"] == "LOADED"
    cloud.drop("addresses", "replaced.csv", ADDRESSES.replace(b"CA", b"NY"))
    assert cloud.ended("replaced")["status"] == "LOADED"
    cloud.sluice("run", str(ROOT / "sample_data" / "customers_refused.csv"), code=1)
    folder = tmp_path_factory.mktemp("dirty")
    cloud.sluice("run", str(_dirty(folder, "approved")), "--approve", "--comment", "known gaps")
    died = _waiting(cloud, folder, "died")
    assert died in {approval["run_id"] for approval in cloud.sluice("approvals")}
    _die(cloud, died)
    _die_unheard(cloud, _waiting(cloud, folder, "unheard"))
    _expire(cloud, _waiting(cloud, folder, "expired"))
    _fail_to_load(cloud)
    _be_invited(cloud)
    _invoke(cloud, "StartRunsFunction", "sluice.schedule")
    _invoke(cloud, "ForgetRecordsFunction", "sluice.schedule", days="30")
    return _needs(cloud)


def _be_invited(cloud: Cloud) -> None:
    """Send a file by a link; it is refused, and the door tells why."""
    sender = Sender(cloud.sluice("invite", "customers")["url"])
    customers = (ROOT / "sample_data" / "customers.csv").read_bytes()
    sender.send("door.csv", customers.replace(b"\nC", b"\nX"))

    def refused() -> Any:
        fate = sender.post("fate")[1]["fate"]
        return fate if fate["state"] == "refused" else None

    assert eventually(refused, what="the door tells why")["rows"]


def test_each_call_of_a_function_is_allowed_by_its_role(cloud: Cloud, calls: Calls) -> None:
    policies = _policies(cloud)
    assert set(calls) == set(policies), "a function made no call, so nothing is proved about it"
    refused = {
        f"{name}: {need.action} on {need.resource}"
        for name, wanted in calls.items()
        for need in wanted
        if not any(statement.allows(need) for statement in policies[name])
    }
    assert not refused


def test_no_role_grants_what_its_function_never_does(cloud: Cloud, calls: Calls) -> None:
    never = {
        name: granted - {need.action for need in calls[name]} - NOT_SEEN.get(name, set())
        for name, statements in _policies(cloud).items()
        if (granted := {action for statement in statements for action in statement.actions})
    }
    assert {name: actions for name, actions in never.items() if actions} == {}


def test_no_function_gets_at_items_that_it_has_no_business_with(cloud: Cloud, calls: Calls) -> None:
    """Each kind of item that a role may touch is one that its function touched here."""
    control = f"table/{cloud.outputs['ControlTableName']}"
    too_much = {}
    for name, statements in _policies(cloud).items():
        of_control = [s for s in statements if any(control in r for r in s.resources)]
        assert all(s.leading_keys or set(s.actions) == {A_SCAN} for s in of_control), name
        granted = {
            (action, key.removesuffix("*"))
            for statement in of_control
            for action in statement.actions
            for key in statement.leading_keys
        }
        seen = {(need.action, key) for need in calls[name] for key in need.leading_keys}
        if more := granted - seen - KEYS_NOT_SEEN.get(name, set()):
            too_much[name] = more
    assert too_much == {}


def test_only_the_gate_the_sweep_and_the_burial_write_approvals(cloud: Cloud) -> None:
    writers = {
        name
        for name, statements in _policies(cloud).items()
        if any(
            "dynamodb:UpdateItem" in s.actions and s.allows_keys(["APPROVAL#"]) for s in statements
        )
    }
    assert writers == {
        "RequestApprovalFunction",
        "RecordDecisionFunction",
        "CloseApprovalFunction",
        "FinishRunFunction",
        "SweepRunsFunction",
    }


# -- scenarios -----------------------------------------------------------------------------------


def _dirty(folder: Path, name: str) -> Path:
    copy = folder / f"customers_privilege-{name}.csv"
    copy.write_bytes((ROOT / "sample_data" / "customers_dirty.csv").read_bytes())
    return copy


def _waiting(cloud: Cloud, folder: Path, name: str) -> str:
    return str(cloud.sluice("run", str(_dirty(folder, name)), code=3)["run_id"])


def _stop(cloud: Cloud, run_id: str) -> None:
    arn = cloud.outputs["StateMachineArn"].replace(":stateMachine:", ":execution:")
    cloud.client("stepfunctions").stop_execution(executionArn=f"{arn}:{run_id}")


def _die(cloud: Cloud, run_id: str) -> None:
    """A run is stopped: its event brings it to an end."""
    _stop(cloud, run_id)
    _until_told(cloud, run_id)


def _die_unheard(cloud: Cloud, run_id: str) -> None:
    """A run is stopped and the event is lost: the sweep brings it to an end."""
    cloud.post("/_localcloud/faults", {"rules": [{"drop_events": "states"}]})
    try:
        _stop(cloud, run_id)
        _let_it_look_old(cloud, run_id)
        _invoke(cloud, "SweepRunsFunction", "sluice.sweep")
        _until_told(cloud, run_id)
    finally:
        cloud.post("/_localcloud/faults", {"rules": []})


def _fail_to_load(cloud: Cloud) -> None:
    """The table refuses a part, whose error is then looked for."""
    denied = {"service": "dynamodb", "operation": "PutItem", "resource": '"p-denied"'}
    cloud.post("/_localcloud/faults", {"rules": [denied | {"error": "AccessDeniedException"}]})
    try:
        cloud.drop("addresses", "privilege-denied.csv", ADDRESSES.replace(b"p-1", b"p-denied"))
        assert cloud.ended("privilege-denied")["status"] == "FAILED"
    finally:
        cloud.post("/_localcloud/faults", {"rules": []})


def _expire(cloud: Cloud, run_id: str) -> None:
    cloud.advance(25 * 3600)
    assert cloud.ended(run_id)["status"] == "EXPIRED"


def _until_told(cloud: Cloud, run_id: str) -> None:
    def told() -> bool:
        item = cloud.client("dynamodb").get_item(
            TableName=cloud.outputs["ControlTableName"],
            Key={"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": "RUN"}},
            ConsistentRead=True,
        )["Item"]
        return bool(item.get("notice", {}).get("S") == "SENT")

    eventually(told, what=f"somebody was told how {run_id} ended")


def _let_it_look_old(cloud: Cloud, run_id: str) -> None:
    dynamodb, table = cloud.client("dynamodb"), cloud.outputs["ControlTableName"]
    for kind in ("RUN", "FILE", "APPROVAL"):
        found = dynamodb.query(
            TableName=table,
            IndexName="OpenIndex",
            KeyConditionExpression="#open = :kind",
            FilterExpression="run_id = :run",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":kind": {"S": kind}, ":run": {"S": run_id}},
        )["Items"]
        for item in found:
            dynamodb.update_item(
                TableName=table,
                Key={name: item[name] for name in ("pk", "sk")},
                UpdateExpression="SET open_since = :then",
                ExpressionAttributeValues={":then": {"S": LONG_AGO}},
            )


def _invoke(cloud: Cloud, logical_id: str, source: str, **more: str) -> None:
    [name] = [physical for physical, logical in _functions(cloud) if logical == logical_id]
    reply = cloud.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps({"source": source, **more}).encode()
    )
    assert "FunctionError" not in reply, reply["Payload"].read()


# -- calls and policies --------------------------------------------------------------------------


def _functions(cloud: Cloud) -> Iterator[tuple[str, str]]:
    """Yield physical and logical name of each function."""
    resources = cloud.client("cloudformation").describe_stack_resources(StackName="sluice")
    for resource in resources["StackResources"]:
        if resource["ResourceType"] == "AWS::Lambda::Function":
            yield resource["PhysicalResourceId"], resource["LogicalResourceId"]


def _needs(cloud: Cloud) -> Calls:
    seen = control(cloud.environment, "calls")["calls"]
    machine, logical = cloud.outputs["StateMachineArn"], dict(_functions(cloud))
    _, _, _, region, account, *_ = machine.split(":")
    found: dict[str, list[Need]] = defaultdict(list)
    for call in seen:
        found[logical[call["function"]]] += needs(
            call, account=f"{region}:{account}", machine_arn=machine
        )
    return found


def _policies(cloud: Cloud) -> dict[str, list[Statement]]:
    """The template's own policies of each function that has any, as they were deployed.

    Those that SAM adds for traces, logs and dead letters are used by Lambda, not by the code.
    """
    iam, functions = cloud.client("iam"), cloud.client("lambda")
    found = {}
    for physical, logical in _functions(cloud):
        role = functions.get_function_configuration(FunctionName=physical)["Role"].split("/")[-1]
        names = iam.list_role_policies(RoleName=role)["PolicyNames"]
        documents = [
            iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in names
            if "DeadLetterQueue" not in name
        ]
        found[logical] = [statement for d in documents for statement in statements_of(d)]
    return found
