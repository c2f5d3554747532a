"""Job runs through the Glue API of a local endpoint, with scripts of the tests' own."""

import os
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from botocore.exceptions import ClientError

from localcloud.door import Door
from localcloud.endpoint import Endpoint
from localcloud.glue import GlueRuns
from tests.support.cloud import eventually

pytestmark = pytest.mark.xdist_group("glue-runs")

ENDED = {"SUCCEEDED", "FAILED", "STOPPED", "TIMEOUT"}


@dataclass
class Glue:
    """Clients, and jobs made from source text."""

    endpoint: Endpoint

    @property
    def s3(self) -> Any:
        return self.endpoint.account.client("s3")

    @property
    def api(self) -> Any:
        return self.endpoint.account.client("glue")

    def job(self, name: str, source: str, **settings: Any) -> str:
        self.s3.put_object(
            Bucket="artifacts", Key=f"{name}.py", Body=textwrap.dedent(source).encode()
        )
        command = {"Name": settings.pop("kind", "pythonshell")}
        self.api.create_job(
            Name=name,
            Role="role",
            GlueVersion="5.1",
            Command={**command, "ScriptLocation": f"s3://artifacts/{name}.py"},
            **settings,
        )
        return name

    def start(self, job: str, **arguments: str) -> str:
        given = {f"--{name}": value for name, value in arguments.items()}
        return str(self.api.start_job_run(JobName=job, Arguments=given)["JobRunId"])

    def shown(self, job: str, run_id: str) -> Any:
        return self.api.get_job_run(JobName=job, RunId=run_id)["JobRun"]

    def ended(self, job: str, run_id: str) -> Any:
        eventually(lambda: self.shown(job, run_id)["JobRunState"] in ENDED, seconds=120)
        return self.shown(job, run_id)

    def run(self, job: str, **arguments: str) -> Any:
        return self.ended(job, self.start(job, **arguments))

    def log(self, group: str, run_id: str) -> list[str]:
        events = self.endpoint.account.client("logs").get_log_events(
            logGroupName=f"/aws-glue/jobs/{group}", logStreamName=run_id
        )
        return [event["message"] for event in events["events"]]


@pytest.fixture(scope="module")
def glue() -> Iterator[Glue]:
    before = dict(os.environ)
    endpoint = Endpoint(Door(region="us-east-1"))
    runs = GlueRuns(clock=endpoint.clock, endpoint_url=endpoint.url, client=endpoint.account.client)
    endpoint.start(
        invoke_lambda=lambda _arn, _payload: None, state_machines=lambda _environ, _start: [b""]
    )
    made = Glue(endpoint)
    for bucket in ("artifacts", "work"):
        made.s3.create_bucket(Bucket=bucket)
    yield made
    runs.close()
    endpoint.close()
    os.environ.clear()
    os.environ.update(before)


def test_a_script_gets_its_arguments_and_its_output_is_logged(glue: Glue) -> None:
    job = glue.job(
        "says",
        """
        import sys
        print("got", *sys.argv[1:])
        print("oops", file=sys.stderr)
        """,
        DefaultArguments={"--colour": "red", "--size": "1"},
    )
    shown = glue.run(job, colour="blue")
    assert shown["JobRunState"] == "SUCCEEDED"
    assert shown["Arguments"] == {"--colour": "blue", "--size": "1"}
    assert shown["CompletedOn"] >= shown["StartedOn"]
    (line,) = glue.log("output", shown["Id"])
    assert f"--JOB_NAME says --JOB_RUN_ID {shown['Id']}" in line
    assert "--colour blue" in line
    assert glue.log("error", shown["Id"]) == ["oops"]


def test_a_failed_run_shows_the_jobs_own_error(glue: Glue) -> None:
    shown = glue.run(glue.job("fails", "raise ValueError('row 7 has no id')"))
    assert shown["JobRunState"] == "FAILED"
    assert shown["ErrorMessage"] == "ValueError: row 7 has no id"


def test_a_missing_script_fails_the_run(glue: Glue) -> None:
    job = glue.job("vanishes", "")
    glue.s3.delete_object(Bucket="artifacts", Key="vanishes.py")
    shown = glue.run(job)
    assert shown["JobRunState"] == "FAILED"
    assert "NoSuchKey" in shown["ErrorMessage"]


STUBBORN = """
    import os, signal, subprocess, sys, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    open(sys.argv[sys.argv.index("--note") + 1], "w").write(f"{os.getpid()} {child.pid}")
    time.sleep(600)
"""


def processes(note: Path) -> list[psutil.Process]:
    eventually(lambda: note.exists() and " " in note.read_text(), seconds=120)
    return [psutil.Process(int(pid)) for pid in note.read_text().split()]


def test_stopping_a_run_ends_its_whole_process_group(glue: Glue, tmp_path: Path) -> None:
    job = glue.job("stubborn", STUBBORN)
    run_id = glue.start(job, note=str(tmp_path / "note"))
    family = processes(tmp_path / "note")
    assert glue.shown(job, run_id)["JobRunState"] == "RUNNING"
    reply = glue.api.batch_stop_job_run(JobName=job, JobRunIds=[run_id, "jr_unknown"])
    assert reply["SuccessfulSubmissions"] == [{"JobName": job, "JobRunId": run_id}]
    assert [error["JobRunId"] for error in reply["Errors"]] == ["jr_unknown"]
    assert glue.ended(job, run_id)["JobRunState"] == "STOPPED"
    eventually(lambda: not any(alive(process) for process in family))
    again = glue.api.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    assert not again["SuccessfulSubmissions"]


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_a_run_ends_at_its_timeout_by_the_clouds_clock(glue: Glue, tmp_path: Path) -> None:
    job = glue.job("slow", STUBBORN, Timeout=5)
    run_id = glue.start(job, note=str(tmp_path / "note"))
    processes(tmp_path / "note")
    glue.endpoint.clock.advance(5 * 60)
    assert glue.ended(job, run_id)["JobRunState"] == "TIMEOUT"


def test_no_more_runs_at_once_than_the_job_allows(glue: Glue, tmp_path: Path) -> None:
    job = glue.job("narrow", STUBBORN, ExecutionProperty={"MaxConcurrentRuns": 1})
    run_id = glue.start(job, note=str(tmp_path / "note"))
    with pytest.raises(ClientError) as refused:
        glue.start(job, note=str(tmp_path / "other"))
    assert refused.value.response["Error"]["Code"] == "ConcurrentRunsExceededException"
    glue.api.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    glue.ended(job, run_id)
    run_id = glue.start(job, note=str(tmp_path / "third"))
    glue.api.batch_stop_job_run(JobName=job, JobRunIds=[run_id])
    assert glue.ended(job, run_id)["JobRunState"] == "STOPPED"


def test_with_queuing_a_run_waits_for_its_turn(glue: Glue, tmp_path: Path) -> None:
    limit = {"MaxConcurrentRuns": 1}
    job = glue.job("queues", STUBBORN, ExecutionProperty=limit, JobRunQueuingEnabled=True)
    assert glue.api.get_job(JobName=job)["Job"]["JobRunQueuingEnabled"] is True
    notes = [tmp_path / name for name in ("first", "second", "third")]
    first, second, third = (glue.start(job, note=str(note)) for note in notes)
    processes(notes[0])
    assert [glue.shown(job, run)["JobRunState"] for run in (second, third)] == ["WAITING"] * 2
    glue.api.batch_stop_job_run(JobName=job, JobRunIds=[second])
    assert glue.ended(job, second)["JobRunState"] == "STOPPED"
    glue.api.batch_stop_job_run(JobName=job, JobRunIds=[first])
    processes(notes[2])
    assert not notes[1].exists()
    glue.api.batch_stop_job_run(JobName=job, JobRunIds=[third])
    assert glue.ended(job, third)["JobRunState"] == "STOPPED"


def test_a_job_can_be_updated(glue: Glue) -> None:
    job = glue.job("changes", "print('one')")
    glue.s3.put_object(Bucket="artifacts", Key="two.py", Body=b"print('two')")
    glue.api.update_job(
        JobName=job,
        JobUpdate={
            "Role": "role",
            "Command": {"Name": "pythonshell", "ScriptLocation": "s3://artifacts/two.py"},
        },
    )
    assert glue.log("output", glue.run(job)["Id"]) == ["two"]


@pytest.mark.spark
def test_spark_reads_and_writes_s3(glue: Glue) -> None:
    job = glue.job(
        "spark",
        """
        import argparse
        import pyspark
        from pyspark.sql import SparkSession, functions as F

        parser = argparse.ArgumentParser()
        parser.add_argument("--source")
        parser.add_argument("--target")
        options, _ = parser.parse_known_args()
        spark = SparkSession.builder.getOrCreate()
        print(spark.conf.get("spark.app.colour"), spark.version)
        rows = spark.read.csv(options.source, header=True).withColumn("file", F.input_file_name())
        rows.coalesce(1).write.json(options.target + "rows")
        one = spark.sparkContext.parallelize([0], 1)
        print(one.map(lambda _: pyspark.__file__).first() == pyspark.__file__)
        path = spark._jvm.org.apache.hadoop.fs.Path(options.target + "report.json")
        files = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
        stream = files.create(path, False)
        stream.write(bytearray(b"{}"))
        stream.close()
        """,
        kind="glueetl",
        DefaultArguments={"--conf": "spark.app.colour=blue"},
    )
    glue.s3.put_object(Bucket="work", Key="runs/1/source/0000.csv", Body="id,n\n1,ü\n".encode())
    source, target = "s3://work/runs/1/source/0000.csv", "s3://work/runs/1/0-0/"
    shown = glue.run(job, source=source, target=target)
    assert shown["JobRunState"] == "SUCCEEDED", shown["ErrorMessage"]
    settings, workers_import_what_is_installed = glue.log("output", shown["Id"])
    assert settings.startswith("blue 3.5")
    assert workers_import_what_is_installed == "True"
    listed = glue.s3.list_objects_v2(Bucket="work", Prefix="runs/1/0-0/")["Contents"]
    keys = [item["Key"].removeprefix("runs/1/0-0/") for item in listed]
    assert "report.json" in keys
    assert not [key for key in keys if ".crc" in key or "_temporary" in key]
    (part,) = (key for key in keys if key.endswith(".json") and key.startswith("rows/"))
    body = glue.s3.get_object(Bucket="work", Key=f"runs/1/0-0/{part}")["Body"].read().decode()
    assert body == '{"id":"1","n":"ü","file":"s3://work/runs/1/source/0000.csv"}\n'


@pytest.mark.spark
def test_spark_sees_what_the_script_names_and_the_error_tells_of_the_rest(glue: Glue) -> None:
    job = glue.job(
        "names",
        """
        from pyspark.sql import SparkSession

        spark = SparkSession.builder.getOrCreate()
        day = "2026"
        print(spark.read.text(f"s3://work/named/{day}.txt").count())
        print(spark.read.text("s3://" + "work" + "/computed/2026.txt").count())
        """,
        kind="glueetl",
    )
    for folder in ("named", "computed"):
        glue.s3.put_object(Bucket="work", Key=f"{folder}/2026.txt", Body=b"a\nb\n")
    shown = glue.run(job)
    assert shown["JobRunState"] == "FAILED"
    assert glue.log("output", shown["Id"]) == ["2"]
    assert "s3://work/computed/2026.txt exists" in shown["ErrorMessage"]
    assert "pass it as an argument" in shown["ErrorMessage"]


@pytest.mark.spark
def test_a_jvm_that_does_not_start_fails_the_run_at_once(glue: Glue) -> None:
    source = "from pyspark import SparkContext\nSparkContext()"
    conf = {"--conf": "spark.submit.deployMode=cluster"}
    job = glue.job("nowhere", source, kind="glueetl", DefaultArguments=conf)
    shown = glue.run(job)
    assert shown["JobRunState"] == "FAILED"
    assert "the JVM did not start" in shown["ErrorMessage"]
    assert "Cluster deploy mode is not" in shown["ErrorMessage"]
