"""Does to a local cloud what a scenario says, lets the dust settle, and reads what is left."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any

from boto3.dynamodb.types import TypeDeserializer
from botocore.exceptions import ClientError, HTTPClientError

from pipeline.rows.publication import Source
from tests.chaos.promises import (
    Run,
    Tally,
    Version,
    judge_files,
    judge_origins,
    judge_published,
    judge_runs,
    judge_table,
)
from tests.chaos.scenario import Drop, Scenario
from tests.support.cloud import Cloud

PICK_UP_SECONDS = 15 * 60 + 1
CALM_ROUNDS = 40
"""How often the clock is moved on before a run that still stirs counts as stuck."""

LONG_AGO = "2020-01-01T00:00:00.000Z"

UNDO_FAULTS = (
    {"operation": "DeleteItem", "lose_reply": True, "count": 1},
    {"operation": "PutItem", "lose_reply": True, "count": 1},
    {"operation": "BatchGetItem", "error": "throttle", "count": 2},
    {"operation": "UpdateItem", "error": "throttle", "count": 2},
)
"""What happens to somebody who undoes a load."""

ARRIVAL_SECONDS = 0.5
"""Within this time an event that was not dropped has started its run."""

_SECRET = re.compile(r"/approvals/\w+#([\w-]{16,})")

_plain = TypeDeserializer().deserialize


def _typed(texts: dict[str, str]) -> dict[str, Any]:
    return {"M": {name: {"S": text} for name, text in texts.items()}}


class Harness:
    """One local cloud and one seed after another."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.s3 = cloud.client("s3")
        self.dynamodb = cloud.client("dynamodb")
        self.states = cloud.client("stepfunctions")
        self.functions = cloud.client("lambda")
        self.sqs = cloud.client("sqs")
        self.outputs = cloud.outputs
        self.faults = 0
        self.undone = 0
        self.questions: dict[str, int] = {}
        self.messages: list[dict[str, Any]] = []

    def run(self, scenario: Scenario) -> Tally:
        """Break the promises of this seed if they can be broken, and count how many were."""
        before = {e["name"] for e in self.cloud.executions()}
        self._set_rules(scenario)
        dropped = [(drop, self._drop(drop)) for drop in scenario.drops]
        stopper = self._stopper(scenario, before)
        self._settle(scenario, calm=False)
        stopper.join()
        self.faults += self._end_faults()
        tally = Tally()
        if not self._settle(scenario, calm=True):
            tally.add("unsettled", f"seed {scenario.seed} did not come to rest")
        if scenario.undone:
            self._undo(scenario, before)
        self._judge(tally, scenario, dropped, before)
        self._deliver_again(tally, scenario, dropped)
        return tally

    # -- doing ---------------------------------------------------------------------------------

    def _set_rules(self, scenario: Scenario) -> None:
        rules = list(scenario.rules)
        self.cloud.post("/_localcloud/faults", {"rules": rules, "seed": scenario.seed})

    def _end_faults(self) -> int:
        """Put nothing wrong any more; returns how often something was put wrong."""
        return len(self.cloud.post("/_localcloud/faults", {"rules": []})["log"])

    def _drop(self, drop: Drop) -> str:
        """Put a file until it is there: the dropping client sees faults as well."""
        return self.cloud.drop("addresses", drop.name, drop.body())

    def _stopper(self, scenario: Scenario, before: set[str]) -> threading.Thread:
        """Stops one execution of the seed in the middle, if the scenario wants that."""

        def stop() -> None:
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline:
                for execution in self.cloud.executions():
                    arn = execution["executionArn"]
                    if execution["name"] in before or execution["status"] != "RUNNING":
                        continue
                    events = self.states.get_execution_history(executionArn=arn, maxResults=1000)
                    if len(events["events"]) >= (scenario.stop_after_events or 0):
                        self._stop(scenario, execution["name"], arn)
                        return

        thread = threading.Thread(target=stop if scenario.stop_after_events else lambda: None)
        thread.start()
        return thread

    def _stop(self, scenario: Scenario, run_id: str, arn: str) -> None:
        """Stop a run as a person does, and do what people and the schedule do next."""
        if scenario.ordered:
            order = {"by": "chaos", "at": LONG_AGO, "comment": "", "files": scenario.ordered}
            self._patiently(
                self.dynamodb.update_item,
                TableName=self.outputs["ControlTableName"],
                Key={"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": "RUN"}},
                UpdateExpression="SET #stop = :stop",
                ExpressionAttributeNames={"#stop": "stop"},
                ExpressionAttributeValues={":stop": _typed(order)},
            )
        self._patiently(
            self.states.stop_execution, executionArn=arn, error="Stopped", cause="chaos"
        )
        if scenario.picked_up:
            self.cloud.advance(PICK_UP_SECONDS)
            self._start({"source": "sluice.schedule"})
        if scenario.redriven or scenario.ordered == "leave":
            with contextlib.suppress(ClientError):  # it had ended before it was stopped
                self._patiently(self.states.redrive_execution, executionArn=arn)

    def _start(self, order: dict[str, Any]) -> None:
        name = self.outputs["StartRunsFunctionName"]
        self._patiently(self.functions.invoke, FunctionName=name, Payload=json.dumps(order))

    def _patiently(self, request: Callable[..., Any], **parameters: Any) -> None:
        """Make a request again until no injected fault meets it; other errors are the caller's."""
        for _ in range(10):
            try:
                request(**parameters)
            except (HTTPClientError, ClientError) as error:
                status = getattr(error, "response", {}).get("ResponseMetadata", {})
                if status.get("HTTPStatusCode", 500) < HTTPStatus.INTERNAL_SERVER_ERROR:
                    raise
            else:
                return

    def _by_hand(self, scenario: Scenario) -> None:
        """Start what a person's stop has left where nothing else takes it."""
        for version in self._in_landing_zone(scenario):
            file = {"key": version["Key"], "version_id": version["VersionId"]}
            self._start({"source": "manual", "files": [file]})

    def _settle(self, scenario: Scenario, *, calm: bool) -> bool:
        """Move the clock and answer the gate until nothing is open; whether that was reached."""
        for turn in range(CALM_ROUNDS if calm else 2):
            self._wait_for_executions(scenario)
            if calm and not self._open_records():
                if not self._in_landing_zone(scenario):
                    return True
                if scenario.ordered and turn > CALM_ROUNDS // 4:
                    self._by_hand(scenario)
            self.cloud.advance(PICK_UP_SECONDS if turn % 3 == 0 else 60)
        return False

    def _wait_for_executions(self, scenario: Scenario) -> None:
        """Return once no execution moves any more: each has ended or waits for an answer."""
        began = time.monotonic()
        while time.monotonic() < began + 60:
            running = self.states.list_executions(
                stateMachineArn=self.outputs["StateMachineArn"], statusFilter="RUNNING"
            )["executions"]
            for approval in self._pending_approvals():
                self._answer(scenario, approval)
            if not running and time.monotonic() - began > ARRIVAL_SECONDS:
                return
            self.cloud.advance(2)
            time.sleep(0.05)

    def _pending_approvals(self) -> Iterator[str]:
        found = self.dynamodb.query(
            TableName=self.outputs["ControlTableName"],
            IndexName="OpenIndex",
            KeyConditionExpression="#open = :kind",
            ExpressionAttributeNames={"#open": "open"},
            ExpressionAttributeValues={":kind": {"S": "APPROVAL"}},
        )
        for item in found["Items"]:
            if item.get("status", {}).get("S") == "PENDING":
                yield item["pk"]["S"].removeprefix("APPROVAL#")

    def _answer(self, scenario: Scenario, approval_id: str) -> None:
        """Several people answer at once; the first one's answer is the scenario's."""
        number = self.questions.setdefault(approval_id, len(self.questions))
        otherwise = scenario.contradicted and number % 2 == 1
        decision = "approve" if scenario.approve is not otherwise else "reject"
        event = {
            "version": "2.0",
            "routeKey": "POST /operator/approvals/{id}/decision",
            "rawPath": f"/operator/approvals/{approval_id}/decision",
            "rawQueryString": "",
            "headers": {"content-type": "application/json"},
            "pathParameters": {"id": approval_id},
            "requestContext": {
                "http": {"method": "POST", "path": f"/operator/approvals/{approval_id}/decision"},
                "authorizer": {"iam": {"userArn": "arn:aws:iam::123456789012:user/chaos"}},
            },
            "body": json.dumps({"decision": decision, "comment": f"seed {scenario.seed}"}),
            "isBase64Encoded": False,
        }
        name = self._function("RecordDecisionFunction")
        with ThreadPoolExecutor(scenario.answers) as people:
            for _ in range(scenario.answers):
                people.submit(self.functions.invoke, FunctionName=name, Payload=json.dumps(event))

    def _function(self, logical: str) -> str:
        names = [
            f["FunctionName"]
            for page in self.functions.get_paginator("list_functions").paginate()
            for f in page["Functions"]
        ]
        return next(name for name in names if logical in name)

    def _open_records(self) -> list[dict[str, Any]]:
        found = self.dynamodb.scan(
            TableName=self.outputs["ControlTableName"], IndexName="OpenIndex"
        )
        return list(found["Items"])

    def _in_landing_zone(self, scenario: Scenario) -> list[dict[str, Any]]:
        """The versions of the seed that no run has taken away yet."""
        found = self.s3.list_object_versions(
            Bucket=self.outputs["LandingBucketName"], Prefix=f"incoming/addresses/c{scenario.seed}-"
        )
        return list(found.get("Versions", ()))

    def _deliver_again(
        self, tally: Tally, scenario: Scenario, dropped: Sequence[tuple[Drop, str]]
    ) -> None:
        """Deliver every event once more: nothing changes."""
        before = self._items(scenario)
        for drop, version_id in dropped:
            event = {
                "detail-type": "Object Created",
                "source": "aws.s3",
                "detail": {
                    "bucket": {"name": self.outputs["LandingBucketName"]},
                    "object": {
                        "key": f"incoming/addresses/{drop.name}",
                        "size": len(drop.body()),
                        "etag": hashlib.md5(drop.body()).hexdigest(),  # noqa: S324
                        "version-id": version_id,
                        "sequencer": "00",
                    },
                },
            }
            self.sqs.send_message(
                QueueUrl=self.outputs["DropQueueUrl"], MessageBody=json.dumps(event)
            )
        if not self._settle(scenario, calm=True):
            tally.add("unsettled", f"seed {scenario.seed} stirs when events come again")
        if self._items(scenario) != before:
            tally.add("duplicated", f"seed {scenario.seed}: events that came again changed items")

    def _undo(self, scenario: Scenario, before: set[str]) -> None:
        """Take back a run whose rows alone are in question, while replies are late and lost.

        Rows that were not written because of it do not come back by undoing it, as is documented.
        """
        names = [e["name"] for e in self.cloud.executions() if e["name"] not in before]
        counts = {
            name: record["counts"]
            for name in names
            if (record := self._control(f"RUN#{name}", "RUN")).get("status") == "LOADED"
        }
        for name in counts:
            others = [found for other, found in counts.items() if other != name]
            if any(found["superseded"] or found["replayed"] for found in others):
                continue
            if self.cloud.sluice("undo", name)["rows"]["unknown"]["rows"]:
                continue
            rules = [{"service": "dynamodb", "caller": "any", **rule} for rule in UNDO_FAULTS]
            self.cloud.post("/_localcloud/faults", {"rules": rules, "seed": scenario.seed})
            self.cloud.sluice("undo", name, "--yes", "--comment", "chaos", code=None)
            self.faults += self._end_faults()
            again = self.cloud.sluice("show", name, code=None)["undo"]["state"]
            if again != "DONE":
                self.cloud.sluice("undo", name, "--yes")
            self.undone += 1
            return

    # -- looking -------------------------------------------------------------------------------

    def _judge(
        self,
        tally: Tally,
        scenario: Scenario,
        dropped: Sequence[tuple[Drop, str]],
        before: set[str],
    ) -> None:
        records = [self._record(e) for e in self.cloud.executions() if e["name"] not in before]
        versions = [self._version(drop, version_id) for drop, version_id in dropped]
        judge_table(tally, versions, self._items(scenario))
        judge_origins(tally, versions, self._origins(scenario))
        judge_files(tally, versions)
        judge_published(tally, versions)
        judge_runs(tally, records)
        for record in self._open_records():
            tally.add("unsettled", f"{record['pk']['S']} is still open")
        for bucket in ("LandingBucketName", "WorkBucketName"):
            uploads = self.s3.list_multipart_uploads(Bucket=self.outputs[bucket])
            for upload in uploads.get("Uploads", ()):
                tally.add("misplaced", f"an upload of {upload['Key']} was left open")

    def _items(self, scenario: Scenario) -> list[dict[str, str]]:
        return [
            {name: _plain(value) for name, value in item.items() if name != "_sluice"}
            for item in self._scanned(scenario)
        ]

    def _origins(self, scenario: Scenario) -> set[str]:
        """The source versions whose rows are in the table."""
        return {i["_sluice"]["M"]["version"]["S"] for i in self._scanned(scenario)}

    def _scanned(self, scenario: Scenario) -> list[dict[str, Any]]:
        table = json.loads(self.outputs["DatasetTables"])["AddressesTable"]
        pages = self.dynamodb.get_paginator("scan").paginate(TableName=table)
        items = [item for page in pages for item in page["Items"]]
        mine = f"c{scenario.seed}-"
        found = [item for item in items if item["id"]["S"].startswith(mine)]
        return sorted(found, key=lambda item: str(item["id"]["S"]))

    def _control(self, pk: str, sk: str) -> dict[str, Any]:
        key = {"pk": {"S": pk}, "sk": {"S": sk}}
        found = self.dynamodb.get_item(TableName=self.outputs["ControlTableName"], Key=key)
        return {name: _plain(value) for name, value in found.get("Item", {}).items()}

    def _version(self, drop: Drop, version_id: str) -> Version:
        bucket, key = self.outputs["LandingBucketName"], f"incoming/addresses/{drop.name}"
        claim = self._control(f"FILE#{bucket}#{version_id}#{key}", "CLAIM")
        run_id = str(claim.get("run_id", ""))
        places = self._places(key, version_id)
        source_version = self._source_version(run_id, version_id)
        return Version(
            drop=drop,
            version_id=version_id,
            source_version=source_version,
            published=tuple(self._published(key, version_id, source_version)),
            run_id=run_id,
            disposition=str(claim.get("disposition", "")),
            places=tuple(places),
            bytes_equal=all(body == drop.body() for body in places.values()),
        )

    def _places(self, key: str, version_id: str) -> dict[str, bytes]:
        """Every place that holds the version, with its bytes."""
        landing, work = self.outputs["LandingBucketName"], self.outputs["WorkBucketName"]
        found: dict[str, bytes] = {}
        listed = self.s3.list_object_versions(Bucket=landing, Prefix=key).get("Versions", ())
        for version in listed:
            if version["VersionId"] == version_id:
                found[f"landing {key}"] = b"".join(
                    self.s3.get_object(Bucket=landing, Key=key, VersionId=version_id)["Body"]
                )
        for zone in ("archive", "quarantine"):
            pages = self.s3.get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=work, Prefix=f"{zone}/addresses/"):
                for entry in page.get("Contents", ()):
                    if f"/{version_id}/" in entry["Key"] and not entry["Key"].endswith(
                        ".reason.json"
                    ):
                        body = self.s3.get_object(Bucket=work, Key=entry["Key"])["Body"].read()
                        found[entry["Key"]] = body
        return found

    def _published(
        self, key: str, version_id: str, source_version: str | None
    ) -> Iterator[dict[str, Any]]:
        """The rows that lie where a file version's are published."""
        if source_version is None:
            return
        source = Source(
            dataset="addresses", key=key, version_id=version_id, source_version=source_version
        )
        work = self.outputs["WorkBucketName"]
        for found in self.s3.list_objects_v2(Bucket=work, Prefix=source.prefix).get("Contents", ()):
            body = self.s3.get_object(Bucket=work, Key=found["Key"])["Body"].read()
            for line in body.splitlines():
                row = json.loads(line)
                assert row.pop("_sluice")["version"] == source_version
                yield row

    def _source_version(self, run_id: str, version_id: str) -> str | None:
        try:
            manifest = self.s3.get_object(
                Bucket=self.outputs["WorkBucketName"], Key=f"runs/{run_id}/manifest.json"
            )
        except self.s3.exceptions.NoSuchKey:
            return None
        files = json.load(manifest["Body"])["files"]
        return next((f["source_version"] for f in files if f["version_id"] == version_id), None)

    def _record(self, execution: dict[str, Any]) -> Run:
        run_id = execution["name"]
        record = self._control(f"RUN#{run_id}", "RUN")
        approval = self._control(f"APPROVAL#{record.get('approval_id', '')}", "APPROVAL")
        uri = str(record.get("report_uri") or "")
        report = b""
        if uri:
            bucket, key = uri.removeprefix("s3://").split("/", 1)
            report = self.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        return Run(
            run_id=run_id,
            status=str(record.get("status", "without a record")),
            execution_status=execution["status"],
            counts={name: int(n) for name, n in record.get("counts", {}).items()},
            notices=self._notices(run_id),
            approved_sha256=str(approval.get("report_sha256", "")),
            report_sha256=hashlib.sha256(report).hexdigest() if report else "",
            asked=bool(approval),
            taken_over=bool(record.get("taken_over_from")),
        )

    def leaks(self) -> Tally:
        """Look for task tokens and links' secrets where nobody should read them."""
        tally = Tally()
        tokens = [t for a in self._approvals() if (t := a.get("task_token", {}).get("S"))]
        mails = [m["Message"] for m in self.messages]
        secrets = [found for mail in mails for found in _SECRET.findall(mail)]
        for line in self._log_lines():
            for text in (*tokens, *secrets):
                if text in line:
                    tally.add("leaked", f"a log line holds a secret: {line[:80]}")
        for mail in mails:
            if any(token in mail for token in tokens):
                tally.add("leaked", "a message holds a task token")
        return tally

    def _approvals(self) -> Iterator[dict[str, Any]]:
        pages = self.dynamodb.get_paginator("scan").paginate(
            TableName=self.outputs["ControlTableName"],
            FilterExpression="sk = :approval",
            ExpressionAttributeValues={":approval": {"S": "APPROVAL"}},
        )
        for page in pages:
            yield from page["Items"]

    def _log_lines(self) -> Iterator[str]:
        logs = self.cloud.client("logs")
        for group in logs.describe_log_groups()["logGroups"]:
            pages = logs.get_paginator("filter_log_events")
            for page in pages.paginate(logGroupName=group["logGroupName"]):
                yield from (event["message"] for event in page["events"])

    def _notices(self, run_id: str) -> int:
        """How many messages tell how the run ended."""
        self.messages += self.cloud.mails() + self.cloud.questions()
        ended = [m for m in self.messages if run_id in m["Message"] and "Ended" in m["Message"]]
        return len(ended)
