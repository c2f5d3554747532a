"""A loaded run is undone: the table is as if it had not been loaded, as far as that is known."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest

import load_batch
from pipeline import layout
from pipeline.runs.identity import claim_key
from sluice.runs.run import Run, RunFile
from sluice.runs.undo_order import BEGUN, DONE, PARTLY
from sluice.stack.cloud import Cloud
from sluice.stack.cloud import Stack as Outputs
from sluice.terminal.exits import Exit, OperatorError
from sluice.undo.orders import Orders, find_order
from sluice.undo.plan import Fate, Plan
from sluice.undo.undoing import Undoing
from stores.claims import Claims
from stores.loaded_runs import LoadedRuns
from stores.runs import Runs
from tests.support.dynamodb import FaultyDynamoDB
from tests.support.runs import RUN
from tests.support.stack import CONTROL, LANDING, TABLES, WORK, Context, Stack, run_of

Rows = Mapping[str, str]


@pytest.fixture
def cloud(stack: Stack) -> Cloud:
    outputs = {
        "LandingBucketName": LANDING,
        "WorkBucketName": WORK,
        "ControlTableName": CONTROL,
        "DatasetTables": json.dumps(TABLES),
        "StateMachineArn": "arn",
        "StartRunsFunctionName": "",
        "ConversionJobName": "",
        "ApprovalsUrl": "",
    }
    return Cloud(boto3.Session(), None, Outputs.from_outputs("sluice", outputs))


def loaded(stack: Stack, run_id: str, version: str, rows: Rows, **contract: str) -> Run:
    """A run that has loaded these rows, by id, and archived its file."""
    run = run_of(run_id)
    judgement = stack.convert(
        run,
        [[{"id": key, "city": city} for key, city in rows.items()]],
        source_version=f"2026-07-01T00:00:0{version}Z#0000#aaaaaaaa",
        contract=stack.contract("addresses", **contract) if contract else None,
    )
    stack.to_be_loaded(run, judgement)
    load(run, judgement)
    return archived(stack, run, judgement)


def load(run: Mapping[str, str], judgement: Mapping[str, Any]) -> None:
    names = ("report_uri", "report_sha256", "files")
    for part in judgement["part_list"]:
        event = {"run": run, "part": part} | {name: judgement[name] for name in names}
        load_batch.handler(event, Context())


def archived(stack: Stack, run: Mapping[str, str], judgement: Mapping[str, Any]) -> Run:
    file, run_id = judgement["file"], run["run_id"]
    key = layout.archive_key("addresses", run_id, file["version_id"], file["key"])
    stack.s3.put_object(Bucket=WORK, Key=key, Body=b"the file")
    place = {"disposition": "archived", "destination_uri": layout.s3_uri(WORK, key)}
    claim = claim_key(file["bucket"], file["key"], file["version_id"])
    stack.control.update(claim, "CLAIM", {"state": "SETTLED", **place})
    record = {
        "run_id": run_id,
        "dataset": "addresses",
        "status": "LOADED",
        "report_uri": judgement["report_uri"],
    }
    stack.control.update(f"RUN#{run_id}", "RUN", record)
    now = datetime.now(UTC)
    return replace(
        RUN,
        run_id=run_id,
        execution_arn=run["execution_arn"],
        dataset="addresses",
        status="LOADED",
        execution_status="SUCCEEDED",
        started_at=now,
        ended_at=now,
        files=(RunFile(key=file["key"], version_id=file["version_id"], **place),),
        report_uri=judgement["report_uri"],
        error="",
    )


def undo(cloud: Cloud, run: Run, *, delete_unknown: bool = False) -> tuple[str, Plan]:
    undoing = Undoing.of(cloud, run, delete_unknown=delete_unknown)
    planned = undoing.plan()
    order, plan = undoing.carry_out("wrong file")
    assert plan == planned
    return order.state, plan


def cities(stack: Stack) -> dict[str, str]:
    return {item["id"]: item["city"] for item in stack.items("AddressesTable")}


def test_new_rows_go_and_replaced_rows_come_back(stack: Stack, cloud: Cloud) -> None:
    loaded(stack, "r1", "1", {"1": "old", "2": "old"})
    items = stack.items("AddressesTable")
    second = loaded(stack, "r2", "2", {"2": "new", "3": "new"})
    state, plan = undo(cloud, second)
    assert (state, plan.rows[Fate.DELETE], plan.rows[Fate.RESTORE]) == (DONE, 1, 1)
    assert stack.items("AddressesTable") == items


def test_many_new_rows_go(stack: Stack, cloud: Cloud) -> None:
    run = loaded(stack, "r1", "1", {str(number): "new" for number in range(700)})
    assert undo(cloud, run)[1].rows == {Fate.DELETE: 700}
    assert cities(stack) == {}


def test_the_file_goes_from_the_archive_to_quarantine(stack: Stack, cloud: Cloud) -> None:
    run = loaded(stack, "r1", "1", {"1": "new"})
    undo(cloud, run)
    [file] = run.files
    target = layout.quarantine_key("addresses", "r1", file.version_id, file.key)
    keys = {o["Key"] for o in stack.s3.list_objects_v2(Bucket=WORK)["Contents"]}
    assert {target, f"{target}.reason.json"} <= keys
    assert not any(key.startswith("archive/") for key in keys)
    claim = Claims(stack.control).get(LANDING, file.key, file.version_id)
    assert claim
    assert (claim.disposition, claim.verdict) == ("quarantined", None)
    assert claim.destination_uri == layout.s3_uri(WORK, target)
    record = stack.control.get("RUN#r1", "RUN")
    assert record
    assert record["files"][0]["destination_uri"] == claim.destination_uri
    assert record["undo"]["comment"] == "wrong file"
    assert record["undo"]["by"]


def test_an_undone_run_is_neither_usual_nor_the_last_one(stack: Stack, cloud: Cloud) -> None:
    past = LoadedRuns(stack.control)
    runs = [loaded(stack, f"r{number}", str(number), {"1": "a"}) for number in (1, 2, 3)]
    for number, run in enumerate(runs, 1):
        ended = {"ended_at": f"2026-07-0{number}T00:00:00.000Z", "counts": {"rows_in": number}}
        stack.control.update(f"RUN#{run.run_id}", "RUN", ended)
        record = Runs(stack.control).get(run.run_id)
        assert record
        past.note(record, {})

    def known() -> tuple[object, list[str]]:
        last = past.last("addresses")
        usual = [run["run_id"] for run in past.latest("addresses", 9)]
        return last and (last["run_id"], last["counts"]["rows_in"]), usual

    undo(cloud, runs[2])
    assert known() == (("r2", 2), ["r2", "r1"])
    undo(cloud, runs[0])
    assert known() == (("r2", 2), ["r2"])
    undo(cloud, runs[1])
    assert known() == (None, [])


def test_rows_that_others_have_written_since_stay(stack: Stack, cloud: Cloud) -> None:
    first = loaded(stack, "r1", "1", {"1": "first", "2": "first"})
    loaded(stack, "r2", "2", {"2": "second"})
    assert undo(cloud, first)[1].rows == {Fate.DELETE: 1, Fate.LEFT: 1}
    assert cities(stack) == {"2": "second"}


def test_a_row_of_an_undone_run_never_comes_back(stack: Stack, cloud: Cloud) -> None:
    loaded(stack, "r0", "1", {"1": "right"})
    first = loaded(stack, "r1", "2", {"1": "wrong", "2": "wrong"})
    second = loaded(stack, "r2", "3", {"1": "wrong too", "2": "wrong too"})
    undo(cloud, first)
    undo(cloud, second)
    assert cities(stack) == {"1": "right"}


def test_a_replay_gives_the_row_back_to_the_run_before(stack: Stack, cloud: Cloud) -> None:
    loaded(stack, "r1", "1", {"1": "same"})
    second = loaded(stack, "r2", "2", {"1": "same"})
    undo(cloud, second)
    assert stack.items("AddressesTable")[0]["_sluice"]["run_id"] == "r1"


@pytest.mark.parametrize("seed", range(4))
def test_the_table_is_as_if_the_undone_runs_had_never_written(
    stack: Stack, cloud: Cloud, seed: int
) -> None:
    dice = random.Random(seed)  # noqa: S311 - a replayable choice, no secret
    runs, written = [], {str(key): [("", "", "")] for key in range(6)}
    for number in range(5):
        run_id, version = f"r{number}", str(dice.randint(1, 9))
        rows = {str(key): f"{run_id}" for key in dice.sample(range(6), 4)}
        runs.append(loaded(stack, run_id, version, rows))
        for key in rows:
            if (version, run_id) > (written[key][-1][0] or "", ""):
                written[key].append((version, run_id, run_id))
    gone = dice.sample(runs, 3)
    for run in gone:
        undo(cloud, run)
    names = {run.run_id for run in gone}
    wanted = {
        key: next(city for _, run_id, city in reversed(past) if run_id not in names)
        for key, past in written.items()
    }
    assert cities(stack) == {key: city for key, city in wanted.items() if city}


def test_after_a_lost_reply_nobody_knows_and_the_row_stays(
    stack: Stack, cloud: Cloud, table_front: FaultyDynamoDB
) -> None:
    table_front.lose_reply("PutItem")
    run = loaded(stack, "r1", "1", {"1": "new", "2": "new"})
    state, plan = undo(cloud, run)
    assert (state, plan.rows) == (PARTLY, {Fate.DELETE: 1, Fate.UNKNOWN: 1})
    assert len(cities(stack)) == 1
    [file] = run.files
    claim = Claims(stack.control).get(LANDING, file.key, file.version_id)
    assert claim
    assert claim.disposition == "archived"
    assert undo(cloud, run, delete_unknown=True)[0] == DONE
    assert cities(stack) == {}


def test_a_second_attempt_knows_what_the_first_has_kept(stack: Stack, cloud: Cloud) -> None:
    loaded(stack, "r0", "1", {"1": "old"})
    run = run_of("r1")
    judgement = stack.convert(
        run, [[{"id": "1", "city": "new"}]], source_version="2026-07-01T00:00:02Z#0000#aaaaaaaa"
    )
    stack.to_be_loaded(run, judgement)
    load(run, judgement)
    stack.dynamodb.delete_item(
        TableName=CONTROL, Key={"pk": {"S": "RUN#r1"}, "sk": {"S": "LOAD#000000"}}
    )
    load(run, judgement)
    assert undo(cloud, archived(stack, run, judgement))[1].rows == {Fate.RESTORE: 1}
    assert cities(stack) == {"1": "old"}


@pytest.mark.parametrize("mode", ["batch", "newer-wins"])
def test_what_no_loader_has_kept_is_unknown(stack: Stack, cloud: Cloud, mode: str) -> None:
    """In the mode `batch`, and of loads of an earlier release."""
    run = loaded(stack, "r1", "1", {"1": "new"}, write_mode=mode)
    stack.control.update("RUN#r1", "LOAD#000000", {"fresh": 0})
    assert undo(cloud, run)[1].rows == {Fate.UNKNOWN: 1}
    assert cities(stack) == {"1": "new"}


def test_an_undo_that_was_broken_off_goes_on(stack: Stack, cloud: Cloud) -> None:
    loaded(stack, "r0", "1", {"1": "old"})
    run = loaded(stack, "r1", "2", {"1": "new", "2": "new"})
    begun = Orders(cloud, run).begin("wrong file")
    stack.dynamodb.delete_item(TableName=TABLES["AddressesTable"], Key={"id": {"S": "2"}})
    order, plan = Undoing.of(cloud, run, delete_unknown=False).carry_out("again")
    assert (order.state, order.at, order.comment) == (DONE, begun.at, "wrong file")
    assert plan.rows == {Fate.RESTORE: 1, Fate.DONE: 1}
    again, _ = Undoing.of(cloud, run, delete_unknown=False).carry_out("and again")
    assert again.state == DONE
    assert cities(stack) == {"1": "old"}


def test_no_run_is_undone_that_is_open_or_was_not_loaded(stack: Stack, cloud: Cloud) -> None:
    run = loaded(stack, "r1", "1", {"1": "new"})
    for other in (replace(run, ended_at=None), replace(run, status="FAILED")):
        with pytest.raises(OperatorError):
            Undoing.of(cloud, other, delete_unknown=False)
    stack.control.update("RUN#r1", "RUN", {"status": "RUNNING"})
    with pytest.raises(OperatorError):
        Undoing.of(cloud, run, delete_unknown=False).carry_out("")
    assert find_order(cloud, "r1") is None
    assert cities(stack) == {"1": "new"}
    assert BEGUN != DONE


def test_a_file_that_another_run_has_taken_stays_its_own(stack: Stack, cloud: Cloud) -> None:
    run = loaded(stack, "r1", "1", {"1": "new"})
    claim = claim_key(LANDING, run.files[0].key, run.files[0].version_id)
    stack.control.update(claim, "CLAIM", {"owner": "another", "state": "CLAIMED"})
    with pytest.raises(OperatorError, match="by now") as refused:
        Undoing.of(cloud, run, delete_unknown=False).carry_out("wrong file")
    assert refused.value.exit_code == Exit.RUN_FAILED
    assert (stack.control.get(claim, "CLAIM") or {})["owner"] == "another"
    order = find_order(cloud, "r1")
    assert order
    assert order.state == BEGUN, "the same command goes on, and says so again"
