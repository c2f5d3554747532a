"""Runs that end badly say so, keep the file and tell somebody."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.cloud import ROOT, Cloud, eventually

HEADER = b"id,location_id,address_1,city,state_province\n"
REFUSED = ROOT / "sample_data" / "customers_refused.csv"


def test_a_refused_file_ends_in_quarantine_with_its_reason(cloud: Cloud) -> None:
    result = cloud.sluice("run", str(REFUSED), code=1)
    assert result["status"] == "REFUSED"
    [file] = result["files"]
    assert file["disposition"] == "quarantined"
    keys = cloud.keys("WorkBucketName", f"quarantine/customers/{result['run_id']}/")
    [reason] = [k for k in keys if k.endswith(".reason.json")]
    body = cloud.client("s3").get_object(Bucket=cloud.outputs["WorkBucketName"], Key=reason)["Body"]
    assert json.load(body)["message"]
    [mail] = eventually(
        lambda: [m for m in cloud.mails() if result["run_id"] in m["Message"]], what="a mail"
    )
    assert "REFUSED" in mail["Subject"] + mail["Message"]


def test_a_key_of_no_known_dataset_is_quarantined(cloud: Cloud) -> None:
    cloud.drop("nobody-knows", "stray.csv", b"a,b\n1,2\n")
    result = cloud.ended("stray-csv")
    assert (result["dataset"], result["status"]) == ("unassigned", "REFUSED")


def test_a_file_that_cannot_be_read_harms_no_other_and_is_told_once(cloud: Cloud) -> None:
    s3, landing = cloud.client("s3"), cloud.outputs["LandingBucketName"]
    frozen = "incoming/addresses/frozen.csv"
    healthy = [f"beside-frozen-{number}" for number in range(3)]
    put = s3.put_object(Bucket=landing, Key=frozen, Body=HEADER, StorageClass="GLACIER")
    for name in healthy:
        cloud.drop("addresses", f"{name}.csv", HEADER + f"{name},1,S,T,CA\n".encode())

    def at_rest() -> list[dict[str, Any]]:
        cloud.advance(1)
        keys = cloud.keys("WorkBucketName", "archive/addresses/")
        is_loaded = all(any(name in key for key in keys) for name in healthy)
        return [m for m in cloud.mails() if frozen in m["Message"]] if is_loaded else []

    [mail] = eventually(at_rest, what="the healthy files are loaded and the frozen one is told")
    assert "archive storage class: restore it" in mail["Message"]
    assert {item["id"] for item in cloud.items("addresses")} >= set(healthy)
    assert not [key for key in cloud.keys("WorkBucketName", "quarantine/") if "frozen.csv" in key]
    assert s3.head_object(Bucket=landing, Key=frozen)["StorageClass"] == "GLACIER"
    s3.delete_object(Bucket=landing, Key=frozen, VersionId=put["VersionId"])


def test_a_function_that_fails_twice_succeeds_at_the_third_try(cloud: Cloud) -> None:
    rule = {
        "service": "lambda",
        "operation": "Invoke",
        "resource": "PlanConversion",
        "error": "TooManyRequestsException",
        "count": 2,
    }
    cloud.post("/_localcloud/faults", {"rules": [rule]})
    cloud.drop(
        "addresses",
        "third-try.csv",
        HEADER + b"t-1,1,S,T,CA\n",
    )
    result = cloud.ended("third-try")
    assert result["status"] == "LOADED"
    kinds = [e["type"] for e in cloud.history(result["run_id"])]
    assert kinds.count("TaskFailed") == 2


def test_the_error_of_the_failed_part_is_the_cause_everywhere(cloud: Cloud) -> None:
    denied = {
        "service": "dynamodb",
        "operation": "PutItem",
        "resource": '"denied-1"',
        "error": "AccessDeniedException",
    }
    cloud.post("/_localcloud/faults", {"rules": [denied]})
    cloud.drop("addresses", "denied.csv", HEADER + b"denied-1,1,S,T,CA\n")
    run_id = cloud.ended("denied-csv")["run_id"]
    cloud.post("/_localcloud/faults", {"rules": []})
    refused = "AccessDenied on sluice-AddressesTable: this function's role may not write it"
    words = f"DynamoDBError: {refused}"
    for command in ("show", "why", "watch"):
        told = cloud.run("sluice", command, run_id).stdout
        assert "AccessDenied on" in told
        assert "threshold" not in told
    assert words in cloud.run("sluice", "show", run_id).stdout
    assert words in cloud.run("sluice", "runs", "--limit", "50").stdout
    [mail] = eventually(lambda: [m for m in cloud.mails() if run_id in m["Message"]], what="a mail")
    assert words in mail["Message"]
    [execution] = [e for e in cloud.executions() if e["name"] == run_id]
    found = cloud.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    assert found["error"] == "DynamoDBError"


@pytest.mark.cloud("spark")
def test_the_glue_job_converts_and_its_run_is_told(spark_cloud: Cloud) -> None:
    result = spark_cloud.sluice("run", str(ROOT / "sample_data" / "addresses.csv"))
    assert (result["status"], result["counts"]["loaded"]) == ("LOADED", 10)
    names = [
        e["stateEnteredEventDetails"]["name"]
        for e in spark_cloud.history(result["run_id"])
        if "stateEnteredEventDetails" in e
    ]
    assert "Convert CSV To JSON" in names
    [job] = spark_cloud.client("glue").get_job_runs(
        JobName=spark_cloud.outputs["ConversionJobName"]
    )["JobRuns"]
    assert job["JobRunState"] == "SUCCEEDED"


@pytest.mark.cloud("spark")
def test_a_job_that_fails_is_the_cause_of_the_failed_run(spark_cloud: Cloud) -> None:
    glue, job = spark_cloud.client("glue"), spark_cloud.outputs["ConversionJobName"]
    good = glue.get_job(JobName=job)["Job"]
    broken = {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": "s3://artifacts/broken.py"}
    s3 = spark_cloud.client("s3")
    s3.create_bucket(Bucket="artifacts")
    s3.put_object(
        Bucket="artifacts",
        Key="broken.py",
        Body=b"raise ValueError('the job is broken on purpose')\n",
    )
    update = {"Role": good["Role"], "Command": broken, "GlueVersion": "5.1"}
    glue.update_job(JobName=job, JobUpdate=update)
    try:
        spark_cloud.drop(
            "addresses",
            "job-fails.csv",
            b"id,location_id,address_1,city,state_province\nj-1,1,S,T,CA\n",
        )
        result = spark_cloud.ended("job-fails")
    finally:
        glue.update_job(JobName=job, JobUpdate={**update, "Command": good["Command"]})
    assert result["status"] == "FAILED"
    assert "the job is broken on purpose" in result["cause"]
    assert [f["disposition"] for f in result["files"]] == ["kept"]
    kept = spark_cloud.keys("LandingBucketName", "incoming/addresses/job-fails.csv")
    assert kept == ["incoming/addresses/job-fails.csv"]


def test_the_aws_cli_shows_a_run_as_aws_would(cloud: Cloud) -> None:
    result = cloud.sluice("run", str(ROOT / "sample_data" / "addresses.csv"))
    arn = cloud.outputs["StateMachineArn"]

    def aws(*words: str) -> dict[str, object]:
        done = cloud.run("aws", "stepfunctions", *words, "--output", "json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    listed = aws("list-executions", "--state-machine-arn", arn, "--max-items", "1")["executions"]
    assert listed[0]["name"] == result["run_id"]
    described = aws("describe-execution", "--execution-arn", result["execution_arn"])
    assert described["status"] == "SUCCEEDED"
    events = aws("get-execution-history", "--execution-arn", result["execution_arn"])["events"]
    assert events[0]["type"] == "ExecutionStarted"
    assert events[-1]["type"] == "ExecutionSucceeded"
    assert [e["id"] for e in events] == list(range(1, len(events) + 1))


def test_a_forged_dataset_claims_nothing_and_loads_nothing(cloud: Cloud) -> None:
    bucket, key = cloud.outputs["LandingBucketName"], "incoming/customers/forged.csv"
    file = {"bucket": bucket, "key": key, "version_id": "any", "etag": "", "size_bytes": 1}
    order = {"schema_version": 1, "run_id": "forged", "dataset": "addresses", "trigger": "manual"}
    cloud.client("stepfunctions").start_execution(
        stateMachineArn=cloud.outputs["StateMachineArn"],
        name="forged",
        input=json.dumps({**order, "files": [file]}),
    )
    result = cloud.ended("forged")
    assert (result["status"], result["error"]) == ("FAILED", "EventError")
    assert "the key decides" in result["cause"]
    claim = cloud.client("dynamodb").get_item(
        TableName=cloud.outputs["ControlTableName"],
        Key={"pk": {"S": f"FILE#{bucket}#any#{key}"}, "sk": {"S": "CLAIM"}},
    )
    assert "Item" not in claim
