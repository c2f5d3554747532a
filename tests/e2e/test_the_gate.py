"""What needs a person waits for one, and nothing is loaded without a yes."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.httpsession import URLLib3Session

from tests.support.cloud import ROOT, Cloud, eventually

DIRTY = ROOT / "sample_data" / "customers_dirty.csv"


@pytest.fixture
def dirty(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """The dirty sample under a name of this test's own."""
    copy = tmp_path / f"customers_{request.node.name.replace('_', '-')[:40]}.csv"
    copy.write_bytes(DIRTY.read_bytes())
    return copy


def pending(cloud: Cloud, run_id: str) -> str:
    [approval] = [a for a in cloud.sluice("approvals") if a["run_id"] == run_id]
    return str(approval["approval_id"])


def test_an_approved_run_loads_its_valid_rows_only(cloud: Cloud, dirty: Path) -> None:
    waiting = cloud.sluice("run", str(dirty), code=3)
    assert waiting["status"] == "WAITING"
    assert waiting["counts"]["rejected"] > 0
    cloud.sluice(
        "approvals", "approve", pending(cloud, waiting["run_id"]), "--comment", "known gaps"
    )
    result = cloud.ended(waiting["run_id"])
    assert result["status"] == "LOADED"
    assert result["counts"]["valid"] == result["counts"]["loaded"] + result["counts"]["replayed"]
    rejects = cloud.sluice("rejects", waiting["run_id"])
    assert len(rejects) == result["counts"]["rejected"]


def test_a_rejected_run_loads_nothing(cloud: Cloud, dirty: Path) -> None:
    before = cloud.items("customers")
    waiting = cloud.sluice("run", str(dirty), code=3)
    cloud.sluice(
        "approvals", "reject", pending(cloud, waiting["run_id"]), "--comment", "send it again"
    )
    result = cloud.ended(waiting["run_id"])
    assert result["status"] == "REJECTED"
    assert [f["disposition"] for f in result["files"]] == ["quarantined"]
    assert cloud.items("customers") == before


def test_a_second_answer_is_told_who_decided(cloud: Cloud, dirty: Path) -> None:
    waiting = cloud.sluice("run", str(dirty), code=3)
    approval = pending(cloud, waiting["run_id"])
    cloud.sluice("approvals", "reject", approval, "--comment", "no")
    late = cloud.run("sluice", "approvals", "approve", approval, "--comment", "yes")
    assert late.returncode != 0
    assert "rejected" in late.stderr.lower()


def test_nobody_answers_and_the_run_expires(cloud: Cloud, dirty: Path) -> None:
    before = cloud.items("customers")
    waiting = cloud.sluice("run", str(dirty), code=3)
    approval = cloud.sluice("approvals", "show", pending(cloud, waiting["run_id"]))
    assert approval["status"] == "PENDING"
    cloud.advance(25 * 3600)
    result = cloud.ended(waiting["run_id"])
    assert result["status"] == "EXPIRED"
    assert cloud.items("customers") == before
    eventually(
        lambda: not [a for a in cloud.sluice("approvals") if a["run_id"] == waiting["run_id"]]
    )


def test_a_stopped_run_that_is_redriven_asks_again(cloud: Cloud, dirty: Path) -> None:
    run_id = cloud.sluice("run", str(dirty), code=3)["run_id"]
    assert cloud.sluice("stop", run_id, "--comment", "by mistake")["status"] == "FAILED"
    redriven = cloud.sluice("redrive", run_id, code=3)
    assert redriven["status"] == "WAITING"
    assert [file["disposition"] for file in redriven["files"]] == [None]
    cloud.sluice("approvals", "approve", run_id, "--comment", "known gaps")
    assert cloud.sluice("show", run_id)["status"] == "LOADED"


def waiting_tokens(cloud: Cloud, run_id: str) -> list[str]:
    """The tokens of the gate that the run's history shows to whoever may read it."""
    scheduled = [
        event["taskScheduledEventDetails"]
        for event in cloud.history(run_id)
        if event["type"] == "TaskScheduled"
    ]
    return [
        json.loads(task["parameters"])["Payload"]["task_token"]
        for task in scheduled
        if "waitForTaskToken" in task["resource"]
    ]


@pytest.mark.parametrize("approved", [True, False])
def test_a_forged_callback_decides_nothing(cloud: Cloud, dirty: Path, *, approved: bool) -> None:
    before = cloud.items("customers")
    run_id = cloud.sluice("run", str(dirty), code=3)["run_id"]
    [token] = waiting_tokens(cloud, run_id)
    word = {"approved": approved, "by": "Mallory", "comment": "", "report_sha256": "0" * 64}
    cloud.client("stepfunctions").send_task_success(taskToken=token, output=json.dumps(word))
    eventually(lambda: len(waiting_tokens(cloud, run_id)) == 2, what="the run waits again")
    assert cloud.items("customers") == before
    assert cloud.sluice("show", run_id)["status"] == "WAITING"
    cloud.sluice("approvals", "reject", pending(cloud, run_id), "--comment", "no")
    assert "Mallory" not in str(cloud.ended(run_id))


class Producer:
    """A role of another account, which drops files and may call the gate."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        answer = cloud.client("sts").assume_role(
            RoleArn="arn:aws:iam::210987654321:role/Producer", RoleSessionName="nightly"
        )
        given = answer["Credentials"]
        self.region = cloud.environment["AWS_REGION"]
        self.session = boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=self.region,
        )

    def drop(self, path: Path) -> None:
        s3 = self.session.client(
            "s3",
            endpoint_url=self.cloud.environment["AWS_ENDPOINT_URL"],
            config=Config(s3={"addressing_style": "path"}),
        )
        bucket = self.cloud.outputs["LandingBucketName"]
        s3.put_object(Bucket=bucket, Key=f"incoming/customers/{path.name}", Body=path.read_bytes())

    def decide(self, approval_id: str, decision: str) -> tuple[int, str]:
        """Answer the gate; returns status and message."""
        url = f"{self.cloud.outputs['ApprovalsUrl']}/operator/approvals/{approval_id}/decision"
        body = json.dumps({"decision": decision, "comment": "mine"}).encode()
        request = AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
        credentials = self.session.get_credentials()
        assert credentials
        SigV4Auth(credentials, "execute-api", self.region).add_auth(request)
        reply = URLLib3Session().send(request.prepare())
        return reply.status_code, json.loads(reply.content)["message"]


def test_whoever_dropped_a_file_does_not_approve_it(cloud: Cloud, dirty: Path) -> None:
    """S3's event names the producer's account; nobody of it may approve, somebody else may."""
    producer = Producer(cloud)
    producer.drop(dirty)
    slug = dirty.stem.replace("_", "-")[:20]
    waiting = eventually(
        lambda: [a for a in cloud.sluice("approvals") if slug in a["run_id"]], what="the gate asks"
    )
    approval = waiting[0]["approval_id"]
    status, message = producer.decide(approval, "approve")
    assert (status, message) == (403, "Whoever dropped the file cannot approve it themselves.")
    assert cloud.sluice("approvals", "show", approval)["status"] == "PENDING"
    cloud.sluice("approvals", "approve", approval, "--comment", "checked")
    assert cloud.ended(waiting[0]["run_id"])["status"] == "LOADED"


def test_scripts_answer_the_gate_with_an_option(cloud: Cloud, dirty: Path) -> None:
    result = cloud.sluice("run", str(dirty), "--approve", "--comment", "in a script")
    assert result["status"] == "LOADED"


def test_a_file_without_rows_asks_and_says_why(cloud: Cloud, dirty: Path) -> None:
    head = dirty.read_text().splitlines(keepends=True)[0]
    dirty.write_text(head)
    waiting = cloud.sluice("run", str(dirty), code=3)
    approval = pending(cloud, waiting["run_id"])
    [reason] = cloud.sluice("approvals", "show", approval)["reasons"]
    assert "has 0 rows; the contract asks below 1" in reason
    cloud.sluice("approvals", "approve", approval)
    assert cloud.ended(waiting["run_id"])["status"] == "LOADED"


def test_too_many_rejected_rows_refuse_the_file_without_a_question(
    cloud: Cloud, dirty: Path
) -> None:
    head, *rows = dirty.read_text().splitlines(keepends=True)
    good = next(row for row in rows if row.startswith("C") and "-10.50" not in row)
    dirty.write_text(f"{head}{good}TOTAL,,,,,,61,\nTOTAL,,,,,,62,\n")
    refused = cloud.sluice("run", str(dirty), code=1)
    assert refused["status"] == "REFUSED"
    assert [f["disposition"] for f in refused["files"]] == ["quarantined"]
    why = cloud.sluice("why", refused["run_id"])
    assert "2 of 3 rows were rejected" in why["cause"]
    assert not [a for a in cloud.sluice("approvals") if a["run_id"] == refused["run_id"]]
