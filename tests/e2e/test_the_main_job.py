"""A file is dropped, its run is followed, the table is trusted."""

from __future__ import annotations

import csv
import json
from pathlib import Path

from tests.support.cloud import ROOT, Cloud, eventually

ADDRESSES = ROOT / "sample_data" / "addresses.csv"


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def sample_items(cloud: Cloud) -> list[dict[str, str]]:
    """The items of the sample's ten rows; other tests have rows of their own in the table."""
    own = [item for item in cloud.items("addresses") if item["id"].isdigit()]
    return sorted(own, key=lambda item: int(item["id"]))


def valid_lines(cloud: Cloud, report_uri: str) -> str:
    bucket, key = report_uri.removeprefix("s3://").split("/", 1)
    s3 = cloud.client("s3")
    report = json.load(s3.get_object(Bucket=bucket, Key=key)["Body"])
    return "".join(
        s3.get_object(Bucket=bucket, Key=part["key"])["Body"].read().decode()
        for part in report["parts"]
    )


def test_the_first_run_loads_the_file_exactly(cloud: Cloud) -> None:
    result = cloud.sluice("run", str(ADDRESSES))
    assert set(result) >= {
        "run_id",
        "execution_arn",
        "dataset",
        "status",
        "counts",
        "files",
        "report_uri",
        "seconds",
    }
    assert result["status"] == "LOADED"
    assert result["dataset"] == "addresses"
    counts = result["counts"]
    assert (counts["rows_in"], counts["valid"], counts["rejected"]) == (10, 10, 0)
    assert counts["loaded"] + counts["replayed"] == 10  # another test may have loaded them before
    assert (counts["superseded"], counts["duplicates"]) == (0, 0)
    assert [f["disposition"] for f in result["files"]] == ["archived"]
    assert sample_items(cloud) == rows(ADDRESSES)
    lines = valid_lines(cloud, result["report_uri"])
    assert lines.splitlines()[0] == (
        '{"id":"1","location_id":"1","address_1":"2600 Middlefield Road",'
        '"city":"Redwood City","state_province":"CA"}'
    )
    assert [json.loads(line) for line in lines.splitlines()] == rows(ADDRESSES)


def test_the_same_file_again_loads_nothing_twice(cloud: Cloud) -> None:
    cloud.sluice("run", str(ADDRESSES))
    again = cloud.sluice("run", str(ADDRESSES))
    assert again["status"] in {"LOADED", "DUPLICATE"}
    assert (again["counts"]["loaded"], again["counts"]["replayed"]) == (0, 10)
    assert sample_items(cloud) == rows(ADDRESSES)


def test_a_newer_version_changes_one_item_and_an_older_one_none(
    cloud: Cloud, tmp_path: Path
) -> None:
    first = tmp_path / "addresses.csv"
    first.write_text(ADDRESSES.read_text())
    cloud.sluice("run", str(first))
    text = ADDRESSES.read_text()
    first.write_text(text.replace("500 Arbor Road", "501 Arbor Road"))
    newer = cloud.sluice("run", str(first))
    assert (newer["counts"]["loaded"], newer["counts"]["replayed"]) == (1, 9)
    [changed] = [i for i in cloud.items("addresses") if i["id"] == "7"]
    assert changed["address_1"] == "501 Arbor Road"
    first.write_text(text)
    assert cloud.sluice("run", str(first))["counts"]["loaded"] == 1


def test_an_older_version_that_comes_late_is_superseded(cloud: Cloud) -> None:
    header = "id,location_id,address_1,city,state_province\n"
    key = "incoming/addresses/late.csv"
    cloud.post("/_localcloud/faults", {"rules": [{"drop_events": "s3", "resource": key}]})
    old = cloud.drop("addresses", "late.csv", (header + "late-1,1,Old Street,Town,CA\n").encode())
    cloud.post("/_localcloud/faults", {"rules": []})
    cloud.drop("addresses", "late.csv", (header + "late-1,1,New Street,Town,CA\n").encode())
    assert cloud.ended("addresses-late-csv")["status"] == "LOADED"
    cloud.advance(15 * 60)
    [late] = eventually(
        lambda: [r for r in cloud.newest_runs() if old in [f["version_id"] for f in r["files"]]]
    )
    assert (late["status"], late["counts"]["superseded"]) == ("LOADED", 1)
    [item] = [i for i in cloud.items("addresses") if i["id"] == "late-1"]
    assert item["address_1"] == "New Street"


def test_a_plain_copy_to_the_bucket_triggers_the_run(cloud: Cloud, tmp_path: Path) -> None:
    file = tmp_path / "plain copy é+1.csv"
    file.write_text("id,location_id,address_1,city,state_province\ncp-1,1,Plain Street,Town,CA\n")
    target = f"s3://{cloud.outputs['LandingBucketName']}/incoming/addresses/"
    done = cloud.run("aws", "s3", "cp", str(file), target)
    assert done.returncode == 0, done.stderr
    assert cloud.ended("plain-copy")["status"] == "LOADED"
    assert [i["address_1"] for i in cloud.items("addresses") if i["id"] == "cp-1"] == [
        "Plain Street"
    ]


def test_the_schedule_picks_up_a_file_whose_event_was_lost(cloud: Cloud) -> None:
    body = b"id,location_id,address_1,city,state_province\nlost-1,1,Lost Street,Town,CA\n"
    cloud.post(
        "/_localcloud/faults",
        {"rules": [{"drop_events": "s3", "resource": "incoming/addresses/lost.csv"}]},
    )
    cloud.drop("addresses", "lost.csv", body)
    cloud.post("/_localcloud/faults", {"rules": []})
    assert not [e for e in cloud.executions() if "lost-csv" in e["name"]]
    cloud.advance(15 * 60)
    key = "incoming/addresses/lost.csv"

    def runs() -> list[dict[str, object]]:
        return [r for r in cloud.newest_runs() if key in [f["key"] for f in r["files"]]]

    [run] = eventually(runs, what="the run that the schedule started has ended")
    assert (run["trigger"], run["status"]) == ("schedule", "LOADED")
    assert [i["address_1"] for i in cloud.items("addresses") if i["id"] == "lost-1"] == [
        "Lost Street"
    ]
