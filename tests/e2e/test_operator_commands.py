"""What the command line tells about a run of the whole pipeline."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from sluice.runs.mending import csv_text
from tests.support.cloud import ROOT, Cloud, started

pytestmark = pytest.mark.cloud("operator")

KEYS = "arn:aws:kms:us-east-1:123456789012:key/"
OWNERS_KEY, SENDERS_KEY = f"{KEYS}owners", f"{KEYS}senders"
BOUNDARY = "arn:aws:iam::123456789012:policy/boundary"
CHOSEN = (
    f"KeyArn={OWNERS_KEY}",
    f"SenderKeyArns={SENDERS_KEY}",
    f"PermissionsBoundaryArn={BOUNDARY}",
    "DeletionProtection=true",
)


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A cloud with all that an owner may choose for safety.

    Nobody moves its clock: functions' logs carry the machine's time.
    """
    yield from started(tmp_path_factory.mktemp("operator-cloud"), *CHOSEN)


def copy_of(sample: str, name: str, folder: Path) -> str:
    path = folder / name
    path.write_bytes((ROOT / "sample_data" / sample).read_bytes())
    return str(path)


def test_a_run_is_told_from_its_log_lines_to_its_costs(cloud: Cloud, tmp_path: Path) -> None:
    run = cloud.sluice("run", copy_of("addresses.csv", "addresses_told.csv", tmp_path))
    name = run["run_id"]
    lines = cloud.sluice("logs", name)
    assert "sluice-LoadBatchFunction" in {
        line["source"] for line in lines if line["text"].startswith("loaded part=0 rows=")
    }
    assert not [line for line in lines if "credentials" in line["text"]]
    costs = cloud.sluice("cost", name)
    assert costs["services"]["Lambda"]["amount"] > 0
    assert costs["services"]["Step Functions"]["amount"] > 10
    states = cloud.sluice("graph", name)["states"]
    assert states["Quality Verdict?"]["went_to"] == ["Commit Decision"]
    assert all(each["status"] == "SUCCEEDED" for each in states.values())
    assert cloud.sluice("why", name)["error"] is None


def test_a_refused_file_is_explained(cloud: Cloud, tmp_path: Path) -> None:
    path = copy_of("customers_refused.csv", "customers_explained.csv", tmp_path)
    run = cloud.sluice("run", path, code=1)
    why = cloud.sluice("why", run["run_id"])
    assert why["error"] == "FileRefusedError"
    assert "quote" in why["cause"]
    assert cloud.sluice("rejects", run["run_id"]) == []


def test_mended_rows_come_back_as_a_part_of_their_run(cloud: Cloud, tmp_path: Path) -> None:
    path = copy_of("customers_dirty.csv", "customers_to_mend.csv", tmp_path)
    run_id = cloud.sluice("run", path, "--approve")["run_id"]
    told = cloud.run("sluice", "rejects", run_id).stdout
    assert "credit_limit is -10.50, below 0" in told
    sheet = tmp_path / "mend.csv"
    cloud.run("sluice", "rejects", run_id, "--out", str(sheet))
    head, *rows = csv.reader(sheet.read_text().splitlines())
    assert head[:2] == ["_sluice_reason", "customer_id"]
    good = ["C000901", "m@example.com", "Mended", "=1+1", "", "2020-01-01", "5", "true"]
    disarmed = [*good[:3], "'=1+1", *good[4:]]
    sheet.write_text(csv_text([head, ["", *disarmed], rows[0]], ",", '"'))
    assert "still bad" in cloud.run("sluice", "mend", run_id, str(sheet)).stderr
    # One of two rows is bad, more than the contract's half if they were a file of their own.
    sheet.write_text(csv_text([head, rows[1], ["", *disarmed], rows[0]], ",", '"'))
    mended = cloud.sluice("mend", run_id, str(sheet), "--partly", code=3)
    cloud.sluice("approvals", "approve", mended["run_id"], "--comment", "the rest is lost")
    [item] = [i for i in cloud.items("customers") if i["customer_id"] == "C000901"]
    assert item["address"] == "=1+1"
    [file] = cloud.sluice("fetch", run_id, "--out", str(tmp_path))
    assert Path(file["file"]).read_bytes() == Path(path).read_bytes()


def test_a_load_is_undone_though_a_table_is_throttled_meanwhile(
    cloud: Cloud, tmp_path: Path
) -> None:
    first = copy_of("customers.csv", "customers_right.csv", tmp_path)
    cloud.sluice("run", first)
    before = cloud.items("customers")
    published = cloud.keys("WorkBucketName", "published/customers/")
    text = Path(first).read_text().replace("C0000", "C0990", 30).replace("false", "true")
    wrong = tmp_path / "customers_wrong.csv"
    wrong.write_text(text)
    run_id = cloud.sluice("run", str(wrong))["run_id"]
    assert cloud.items("customers") != before
    planned = cloud.sluice("undo", run_id)
    assert planned["state"] is None
    assert {kind: planned["rows"][kind]["rows"] > 0 for kind in ("delete", "restore")} == {
        "delete": True,
        "restore": True,
    }
    throttle = {"service": "dynamodb", "operation": "PutItem", "error": "throttle", "count": 5}
    cloud.post("/_localcloud/faults", {"rules": [throttle], "seed": 1})
    try:
        done = cloud.sluice("undo", run_id, "--yes", "--comment", "the wrong file")
    finally:
        cloud.post("/_localcloud/faults", {"rules": []})
    assert (done["state"], done["rows"]) == ("DONE", planned["rows"])
    assert cloud.items("customers") == before
    assert cloud.keys("WorkBucketName", "published/customers/") == published
    shown = cloud.sluice("show", run_id)
    assert shown["undo"]["comment"] == "the wrong file"
    assert [file["disposition"] for file in shown["files"]] == ["quarantined"]
    assert "was undone" in cloud.run("sluice", "undo", run_id, "--yes").stderr


def test_everything_is_in_place(cloud: Cloud) -> None:
    assert [f for f in cloud.sluice("doctor", code=None) if not f["well"]] == []


def test_a_stack_with_all_that_an_owner_chooses_loads_a_file(cloud: Cloud) -> None:
    """Nothing is encrypted here; what is asked of S3, IAM and DynamoDB is what AWS is asked."""
    s3, dynamodb = cloud.client("s3"), cloud.client("dynamodb")
    s3.put_object(
        Bucket=cloud.outputs["LandingBucketName"],
        Key="incoming/addresses/under-a-key.csv",
        Body=(ROOT / "sample_data" / "addresses.csv").read_bytes(),
        ServerSideEncryption="aws:kms",
        SSEKMSKeyId=SENDERS_KEY,
    )
    run = cloud.ended("under-a-key")
    assert run["status"] == "LOADED"
    [key] = [k for k in cloud.keys("WorkBucketName", "archive/addresses/") if "under-a-key" in k]
    kept = s3.head_object(Bucket=cloud.outputs["WorkBucketName"], Key=key)
    assert kept["SSEKMSKeyId"] == OWNERS_KEY
    [role] = [r for r in cloud.client("iam").list_roles()["Roles"] if "LoadBatch" in r["RoleName"]]
    found = cloud.client("iam").get_role(RoleName=role["RoleName"])["Role"]
    assert found["PermissionsBoundary"]["PermissionsBoundaryArn"] == BOUNDARY
    with pytest.raises(ClientError, match="rotect"):
        dynamodb.delete_table(TableName=cloud.outputs["ControlTableName"])
