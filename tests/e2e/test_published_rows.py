"""What is loaded can be queried, found and erased, by a newcomer's commands."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.support.cloud import ROOT, Cloud

TOTAL = "select count(*) as n, sum(credit_limit) as total from customers where {}"
SQL = TOTAL.format("customer_id between 'C910000' and 'C910999'")
COLUMNS = [
    "customer_id",
    "customer_mail",
    "name",
    "address",
    "profession",
    "signed_on",
    "credit_limit",
    "newsletter",
]
SECRET_MAIL = "erase.me+please@example.com"


def customer(number: int, credit: object, **more: str) -> dict[str, str]:
    return {
        "customer_id": f"C{number:06d}",
        "customer_mail": f"c{number}@example.com",
        "name": "Ada",
        "signed_on": "2024-02-29",
        "credit_limit": str(credit),
    } | more


def written(folder: Path, name: str, *rows: dict[str, str]) -> str:
    with (folder / name).open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return str(folder / name)


def asked(cloud: Cloud, sql: str) -> Any:
    done = cloud.run("sluice", "query", "customers", sql, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout, parse_float=Decimal)


def test_the_query_and_the_table_agree_whatever_was_dropped(cloud: Cloud, tmp_path: Path) -> None:
    file = written(
        tmp_path, "customers_published.csv", *(customer(910000 + n, n) for n in range(9))
    )
    assert cloud.sluice("run", file)["status"] == "LOADED"
    assert asked(cloud, SQL) == [{"n": 9, "total": 36}]
    cloud.sluice("run", file)  # dropped again
    assert asked(cloud, SQL) == [{"n": 9, "total": 36}]
    written(tmp_path, "customers_published.csv", customer(910008, "8.25"), customer(910009, 1))
    cloud.sluice("run", file)  # a newer version with one changed row and one more
    assert asked(cloud, SQL) == [{"n": 10, "total": Decimal("37.25")}]
    refused = written(
        tmp_path, "customers_unpublished.csv", *(customer(910000 + n, "much") for n in range(9))
    )
    cloud.sluice("run", refused, code=1)
    assert asked(cloud, SQL) == [{"n": 10, "total": Decimal("37.25")}]
    held = {
        (item["customer_id"], Decimal(str(item["credit_limit"])))
        for item in cloud.items("customers")
        if item["customer_id"].startswith("C910")
    }
    rows = asked(cloud, SQL.replace("count(*) as n, sum(credit_limit) as total", "*"))
    assert {(row["customer_id"], row["credit_limit"]) for row in rows} == held


def test_a_function_that_dies_while_it_publishes_leaves_no_part_twice(
    cloud: Cloud, tmp_path: Path
) -> None:
    put = {"service": "s3", "operation": "PutObject", "count": 1}
    rules = [
        put | {"resource": "published/customers", "kill_caller": "after"},
        put | {"resource": "publications/customers", "lose_reply": True},
    ]
    cloud.post("/_localcloud/faults", {"rules": rules})
    try:
        file = written(tmp_path, "customers_killed.csv", customer(911000, 1), customer(911001, 2))
        run = cloud.sluice("run", file)
    finally:
        log = cloud.post("/_localcloud/faults", {"rules": []})["log"]
    assert run["status"] == "LOADED"
    assert len(log) == 2
    own = [row["customer_id"] for row in published(cloud) if row["customer_id"][:4] == "C911"]
    assert own == ["C911000", "C911001"]


def published(cloud: Cloud) -> list[dict[str, Any]]:
    bucket, s3 = cloud.outputs["WorkBucketName"], cloud.client("s3")
    bodies = [
        s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        for key in cloud.keys("WorkBucketName", "published/customers/")
    ]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def everything(cloud: Cloud) -> Iterator[tuple[str, bytes]]:
    """Every version of every object, every item, every message and every log line."""
    s3, dynamodb, logs = (cloud.client(n) for n in ("s3", "dynamodb", "logs"))
    for bucket in (b["Name"] for b in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            for found in page.get("Versions", []):
                named = {"Bucket": bucket, "Key": found["Key"], "VersionId": found["VersionId"]}
                body = s3.get_object(**named)["Body"].read()
                yield found["Key"], gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body
    for table in dynamodb.list_tables()["TableNames"]:
        for page in dynamodb.get_paginator("scan").paginate(TableName=table):
            yield f"table {table}", json.dumps(page["Items"], default=str).encode()
    yield "messages", json.dumps(cloud.mails() + cloud.questions()).encode()
    for group in logs.describe_log_groups()["logGroups"]:
        name = group["logGroupName"]
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=name):
            yield name, json.dumps([event["message"] for event in page["events"]]).encode()


def test_a_person_is_erased_everywhere_but_in_senders_files(cloud: Cloud, tmp_path: Path) -> None:
    person = customer(912000, 5, customer_mail=SECRET_MAIL)
    good = written(tmp_path, "customers_person.csv", person, customer(912001, 1))
    cloud.sluice("run", good)
    twice = written(tmp_path, "customers_person.csv", person | {"credit_limit": "6"})
    cloud.sluice("run", twice)  # an older version of everything
    bad = person | {"credit_limit": "-1", "name": "Eve"}
    dirty = written(
        tmp_path, "customers_rejected.csv", bad, *(customer(912002 + n, 1) for n in range(3))
    )
    rejected = cloud.sluice("run", dirty, "--approve", "--comment", "known")["run_id"]
    assert SECRET_MAIL in json.dumps(cloud.sluice("rejects", rejected))

    found = cloud.sluice("find", "customers", "C912000", SECRET_MAIL)
    kinds = {place["kind"] for place in found["places"]}
    assert found["items"] == 1
    assert kinds == {
        "published",
        "valid",
        "former",
        "source",
        "rejected",
        "rejected_csv",
        "report",
        "archive",
    }
    done = cloud.sluice("erase", "customers", "C912000", "--yes")
    assert len(done["files_left"]) == 3
    holding = [where for where, text in everything(cloud) if SECRET_MAIL.encode() in text]
    assert (
        sorted(f"s3://{cloud.outputs['WorkBucketName']}/{key}" for key in holding)
        == (done["files_left"])
    )
    assert all(key.startswith("archive/") for key in holding)

    again = cloud.sluice("find", "customers", "C912000")
    assert (again["items"], {place["kind"] for place in again["places"]}) == (0, {"archive"})
    assert cloud.sluice("rejects", rejected) == []
    left = "select customer_id from customers where customer_id like 'C912%' order by 1"
    assert [row["customer_id"] for row in asked(cloud, left)] == [
        f"C{912001 + n:06d}" for n in range(4)
    ]
    [record] = cloud.client("dynamodb").query(
        TableName=cloud.outputs["ControlTableName"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "ERASURE#customers"}},
    )["Items"]
    assert (record["status"]["S"], record["files_left"]["N"]) == ("DONE", "3")
    assert "912000" not in json.dumps(record)


def test_a_newcomer_sees_the_sample(cloud: Cloud) -> None:
    cloud.sluice("run", str(ROOT / "sample_data" / "customers.csv"))
    with (ROOT / "sample_data" / "customers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    keys = ", ".join(f"'{row['customer_id']}'" for row in rows)
    told = asked(cloud, TOTAL.format(f"customer_id in ({keys})"))
    total = sum(Decimal(row["credit_limit"] or 0) for row in rows)
    assert told == [{"n": len(rows), "total": total}]
