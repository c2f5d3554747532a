"""A batch of several splits on the small path, within the memory that the template gives it."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

from pipeline.contracts.contract import Contract
from pipeline.runs.manifest import manifest_document
from pipeline.text.splits import SPLIT_BYTES
from tests.support.cloud import ROOT, Cloud
from tests.unit.conversion.reference_conversion import stored

TESTED_BYTES = 64 * 1024 * 1024
"""The largest batch is eight times as much: what it takes is in docs/decisions/0071."""

HEADER = "id,location_id,address_1,city,state_province\n"


def addresses(size_bytes: int) -> str:
    """Rows of about 60 bytes; one in a hundred is too short, one in a hundred repeats a key."""
    rows, size = [HEADER], len(HEADER)
    for number in range(size_bytes):
        key = number - 1 if number % 100 == 1 else number
        row = f"a-{key},1,{number} Middlefield Road,Redwood City{',CA' if number % 100 else ''}\n"
        size += len(row)
        if size > size_bytes:
            break
        rows.append(row)
    return "".join(rows)


def template(stack: Cloud) -> tuple[str, int, int]:
    """The function's name and megabytes, and the largest batch that it gets."""
    formation, functions = stack.client("cloudformation"), stack.client("lambda")
    resource = formation.describe_stack_resource(
        StackName="sluice", LogicalResourceId="ConvertSmallFunction"
    )
    name = resource["StackResourceDetail"]["PhysicalResourceId"]
    [found] = formation.describe_stacks(StackName="sluice")["Stacks"]
    given = {one["ParameterKey"]: one["ParameterValue"] for one in found["Parameters"]}
    memory_mb = functions.get_function_configuration(FunctionName=name)["MemorySize"]
    return name, memory_mb, int(given["SmallPathMaxBytes"])


def staged(cloud: Cloud, path: Path, prefix: str) -> dict[str, Any]:
    """Put the file where the run would have it, with the manifest that it would get."""
    s3, bucket = cloud.client("s3"), cloud.outputs["WorkBucketName"]
    document = json.loads((ROOT / "functions" / "contracts" / "addresses.json").read_text())
    contract = Contract.parse(document)
    manifest = manifest_document(
        run_id="largest",
        contract=contract,
        files=[
            (f"s3://{bucket}/{prefix}source/0000.csv", stored(contract, 0, path, SPLIT_BYTES)[1])
        ],
        rows_per_part=5000,
    )
    s3.upload_file(str(path), bucket, f"{prefix}source/0000.csv")
    s3.put_object(Bucket=bucket, Key=f"{prefix}manifest.json", Body=json.dumps(manifest).encode())
    return {
        "run": {"run_id": "largest", "dataset": "addresses"},
        "manifest_uri": f"s3://{bucket}/{prefix}manifest.json",
        "output_uri": f"s3://{bucket}/{prefix}0-0/",
    }


def test_a_batch_of_several_splits_fits(cloud: Cloud, tmp_path: Path) -> None:
    name, memory_mb, largest_bytes = template(cloud)
    path = tmp_path / "largest.csv"
    path.write_text(addresses(min(largest_bytes, TESTED_BYTES)), encoding="utf-8", newline="")
    event = staged(cloud, path, "runs/largest/")
    reply = cloud.client("lambda").invoke(
        FunctionName=name, Payload=json.dumps(event).encode(), LogType="Tail"
    )
    log = base64.b64decode(reply["LogResult"]).decode()
    assert "FunctionError" not in reply, log
    used = re.search('"maxMemoryUsedMB": ?([0-9]+)', log)
    assert used is not None, log
    assert int(used[1]) < memory_mb
    bucket = cloud.outputs["WorkBucketName"]
    report = cloud.client("s3").get_object(Bucket=bucket, Key="runs/largest/0-0/report.json")
    counts = json.load(report["Body"])["counts"]
    assert counts["rejected"] > counts["rows_in"] // 100
