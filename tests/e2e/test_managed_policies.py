"""The stack's policies let people do their work, and nothing else: `--iam` judges users by them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from tests.support.cloud import ROOT, Cloud

AN_AWS_ERROR = 5
SOMEBODY = ("C000301", "evariste.ritchie301@example.net")
DIRTY = ROOT / "sample_data" / "customers_dirty.csv"


def as_holder_of(*policies: str, cloud: Cloud) -> Cloud:
    """The same cloud for a user who has nothing but some of the stack's policies."""
    iam, name = cloud.client("iam"), f"holder-of-{'-'.join(policies)}"
    iam.create_user(UserName=name)
    for policy in policies:
        iam.attach_user_policy(UserName=name, PolicyArn=cloud.outputs[policy])
    key = iam.create_access_key(UserName=name)["AccessKey"]
    given = {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    return Cloud(cloud.home, cloud.environment | given)


def copied(folder: Path, name: str) -> str:
    path = folder / name
    path.write_bytes(DIRTY.read_bytes())
    return str(path)


@pytest.fixture(scope="module")
def loaded(cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A run with rejected rows that somebody approved."""
    path = copied(tmp_path_factory.mktemp("policies"), "customers_of_policies.csv")
    return str(cloud.sluice("run", path, "--approve", "--comment", "known")["run_id"])


@pytest.fixture(scope="module")
def operator(cloud: Cloud) -> Cloud:
    return as_holder_of("OperatorPolicyArn", cloud=cloud)


def commands(run: str, folder: Path) -> Mapping[str, tuple[str, ...]]:
    """Each command of an operator that needs no run of its own."""
    return {
        "backfill": ("backfill", "incoming/addresses/"),
        "cost": ("cost", run),
        "doctor": ("doctor",),
        "fetch": ("fetch", run, "--out", str(folder)),
        "graph": ("graph", run),
        "invite": ("invite", "--list"),
        "logs": ("logs", run),
        "rejects": ("rejects", run),
        "report": ("report", run, "--out", str(folder / "report.html")),
        "runs": ("runs",),
        "show": ("show", run),
        "status": ("status",),
        "trace": ("trace", run),
        "why": ("why", run),
    }


def test_an_operator_looks_at_everything(operator: Cloud, loaded: str, tmp_path: Path) -> None:
    failed = {}
    for name, words in commands(loaded, tmp_path).items():
        done = operator.command(*words)
        if done.exit_code in (2, AN_AWS_ERROR):
            failed[name] = done.stderr
    assert failed == {}


def test_an_operator_stops_redrives_and_replays(
    cloud: Cloud, operator: Cloud, tmp_path: Path
) -> None:
    waiting = cloud.sluice("run", copied(tmp_path, "customers_to_stop.csv"), code=3)["run_id"]
    operator.sluice("stop", waiting, "--comment", "not now")
    assert operator.sluice("replay", waiting)


def test_an_operator_neither_drops_nor_decides_nor_reaches_tables(
    operator: Cloud, loaded: str, tmp_path: Path
) -> None:
    for words in (
        ("drop", copied(tmp_path, "customers_forbidden.csv")),
        ("undo", loaded, "--yes", "--comment", "no"),
        ("items", "customers"),
    ):
        assert operator.command(*words).exit_code == AN_AWS_ERROR, words


def test_a_row_reader_looks_at_tables_of_datasets_only(cloud: Cloud) -> None:
    reader = as_holder_of("RowReaderPolicyArn", cloud=cloud)
    assert reader.sluice("items", "customers")
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.client("dynamodb").scan(TableName=cloud.outputs["ControlTableName"])


def test_an_operator_who_reads_rows_finds_somebody(cloud: Cloud, loaded: str) -> None:
    both = as_holder_of("OperatorPolicyArn", "RowReaderPolicyArn", cloud=cloud)
    assert loaded in both.command("find", "customers", *SOMEBODY).stdout


def test_an_analyst_only_asks(cloud: Cloud, loaded: str) -> None:
    analyst = as_holder_of("AnalystPolicyArn", cloud=cloud)
    [counted] = analyst.sluice("query", "customers", "SELECT count(*) AS n FROM customers")
    assert counted["n"] > 0
    for words in (("items", "customers"), ("show", loaded)):
        assert analyst.command(*words).exit_code == AN_AWS_ERROR, words


def test_a_dropper_only_drops(cloud: Cloud) -> None:
    dropper = as_holder_of("DropperPolicyArn", cloud=cloud).client("s3")
    place = {"Bucket": cloud.outputs["LandingBucketName"], "Key": "incoming/astray/dropped.txt"}
    dropper.put_object(**place, Body=b"")
    with pytest.raises(ClientError, match="AccessDenied"):
        dropper.get_object(**place)
    with pytest.raises(ClientError, match="AccessDenied"):
        dropper.put_object(**{**place, "Key": "elsewhere.csv"}, Body=b"")


def test_an_approver_only_decides(cloud: Cloud, tmp_path: Path) -> None:
    approver = as_holder_of("ApproverPolicyArn", cloud=cloud)
    waiting = cloud.sluice("run", copied(tmp_path, "customers_to_reject.csv"), code=3)["run_id"]
    [question] = [each for each in approver.sluice("approvals") if each["run_id"] == waiting]
    approver.sluice("approvals", "show", question["approval_id"])
    decision = ("--comment", "no", "--no-follow")
    approver.sluice("approvals", "reject", question["approval_id"], *decision)
    assert cloud.ended(waiting)["status"] == "REJECTED"
    assert approver.command("items", "customers").exit_code == AN_AWS_ERROR
