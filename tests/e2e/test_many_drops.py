"""Small files dropped at once become few runs, and no throttle puts one into quarantine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.support.cloud import Cloud, eventually

HEADER = "id,location_id,address_1,city,state_province\n"
FILES = 40


def test_many_files_dropped_under_throttling_are_loaded_by_few_runs(cloud: Cloud) -> None:
    names = [f"together-{number:02}" for number in range(FILES)]
    throttle = {"service": "lambda", "operation": "Invoke", "error": "throttle", "count": 30}
    cloud.post("/_localcloud/faults", {"rules": [throttle | {"probability": 0.5}]})
    with ThreadPoolExecutor(8) as threads:
        bodies = [(HEADER + f"{name},1,S,T,CA\n").encode() for name in names]
        list(threads.map(cloud.drop, ["addresses"] * FILES, [f"{n}.csv" for n in names], bodies))

    s3, work = cloud.client("s3"), cloud.outputs["WorkBucketName"]

    def loaded() -> bool:
        cloud.advance(1)
        listed = s3.list_objects_v2(Bucket=work, Prefix="archive/addresses/").get("Contents", ())
        return sum("/together-" in entry["Key"] for entry in listed) == FILES

    eventually(loaded, seconds=180, what="all files are loaded")
    assert {item["id"] for item in cloud.items("addresses")} >= set(names)
    faults = cloud.post("/_localcloud/faults", {"rules": []})["log"]
    assert faults
    runs = {each["name"] for each in cloud.executions() if "together-" in each["name"]}
    assert len(runs) <= FILES // 2
    assert not [key for key in cloud.keys("WorkBucketName", "quarantine/") if "together-" in key]
