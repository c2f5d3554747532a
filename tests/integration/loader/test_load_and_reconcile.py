from __future__ import annotations

from typing import Any

import pytest

import load_batch
import reconcile_load
from pipeline.errors import (
    ClaimReleasedError,
    DigestMismatchError,
    DynamoDBError,
    EventError,
    FenceLostError,
    LoadUnfinishedError,
    ReconciliationError,
)
from pipeline.runs.identity import claim_key
from pipeline.runs.records import LoadCounts
from stores.items import PROBE_ROWS
from stores.loads import Loads
from tests.support.dynamodb import FaultyDynamoDB
from tests.support.stack import TABLES, WORK, Context, Stack, run_of

OLD = "2026-07-01T00:00:00Z#0000#aaaaaaaa"
NEW = "2026-07-01T00:00:01Z#0000#aaaaaaaa"


def row(number: int, city: str = "Redwood City") -> dict[str, str]:
    return {"id": str(number), "city": city}


def load(
    stack: Stack, run_id: str, judgement: dict[str, Any], context: Context | None = None
) -> dict[str, int]:
    run = run_of(run_id, judgement["file"]["key"].split("/")[1])
    stack.to_be_loaded(run, judgement)
    load_parts(run, judgement, context)
    event = {"run": run, **judgement}
    counts: dict[str, int] = reconcile_load.handler(event, None)["counts"]
    return counts


def load_parts(
    run: dict[str, str], judgement: dict[str, Any], context: Context | None = None
) -> None:
    for part in judgement["part_list"]:
        event = {
            "run": run,
            "report_uri": judgement["report_uri"],
            "report_sha256": judgement["report_sha256"],
            "part": part,
            "files": judgement["files"],
        }
        load_batch.handler(event, context or Context())


def told(counts: dict[str, int]) -> tuple[int, int, int, int]:
    return counts["loaded"], counts["replayed"], counts["superseded"], counts["duplicates"]


def test_rows_become_items_with_their_origin(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)], [row(2)]], source_version=OLD)
    counts = load(stack, "r1", judgement)
    assert told(counts) == (2, 0, 0, 0)
    assert stack.items("AddressesTable") == [
        {**row(n), "_sluice": {"version": OLD, "run_id": "r1"}} for n in (1, 2)
    ]


def test_types_are_exact(stack: Stack) -> None:
    customer = {
        "customer_id": "C000001",
        "customer_mail": "a@b.example",
        "signed_on": "2020-02-29",
        "credit_limit": 0.3,
        "newsletter": False,
    }
    run = run_of("r1", "customers")
    judgement = stack.convert(run, [[customer]])
    load(stack, "r1", judgement)
    (item,) = stack.dynamodb.scan(TableName=TABLES["CustomersTable"])["Items"]
    assert item["credit_limit"] == {"N": "0.3"}
    assert item["newsletter"] == {"BOOL": False}
    assert item["signed_on"] == {"S": "2020-02-29"}


def test_loading_the_same_part_again_changes_neither_items_nor_counts(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(n) for n in range(60)]])
    first = load(stack, "r1", judgement)
    items = stack.items("AddressesTable")
    assert load(stack, "r1", judgement) == first
    assert stack.items("AddressesTable") == items


def test_the_same_rows_in_a_newer_file_are_replayed(stack: Stack) -> None:
    rows = [row(n) for n in range(10)]
    load(stack, "r1", stack.convert(run_of("r1"), [rows], source_version=OLD))
    rows[3] = row(3, "Menlo Park")
    counts = load(stack, "r2", stack.convert(run_of("r2"), [rows], source_version=NEW))
    assert told(counts) == (1, 9, 0, 0)


def test_an_older_file_that_comes_late_changes_nothing(stack: Stack) -> None:
    newer = stack.convert(run_of("r2"), [[row(1, "new"), row(2)]], source_version=NEW)
    load(stack, "r2", newer)
    items = stack.items("AddressesTable")
    older = stack.convert(run_of("r1"), [[row(1, "old"), row(2)]], source_version=OLD)
    assert told(load(stack, "r1", older)) == (0, 1, 1, 0)
    assert stack.items("AddressesTable") == items


def test_other_contents_of_the_same_version_replace_what_was_loaded(stack: Stack) -> None:
    load(stack, "r1", stack.convert(run_of("r1"), [[row(1, "as then")]]))
    counts = load(stack, "r2", stack.convert(run_of("r2"), [[row(1, "as now")]]))
    assert told(counts) == (1, 0, 0, 0)
    assert stack.items("AddressesTable")[0]["city"] == "as now"


def test_an_item_that_nobody_versioned_is_older_than_any(stack: Stack) -> None:
    stack.dynamodb.put_item(TableName=TABLES["AddressesTable"], Item={"id": {"S": "1"}})
    assert told(load(stack, "r1", stack.convert(run_of("r1"), [[row(1)]]))) == (1, 0, 0, 0)


def test_a_lost_reply_is_not_counted_twice(stack: Stack, table_front: FaultyDynamoDB) -> None:
    judgement = stack.convert(run_of("r1"), [[row(n) for n in range(5)]])
    table_front.lose_reply("PutItem", times=3)
    assert told(load(stack, "r1", judgement)) == (5, 0, 0, 0)
    assert table_front.calls.count("PutItem") == 8


def test_a_first_load_inserts_25_rows_a_request(stack: Stack, table_front: FaultyDynamoDB) -> None:
    judgement = stack.convert(run_of("r1"), [[row(n) for n in range(300)]])
    assert told(load(stack, "r1", judgement)) == (300, 0, 0, 0)
    assert table_front.calls.count("PutItem") == PROBE_ROWS
    assert table_front.calls.count("BatchExecuteStatement") == (300 - PROBE_ROWS) / 25
    assert len(stack.items("AddressesTable")) == 300


def test_a_batch_of_inserts_whose_reply_is_lost_is_not_counted_twice(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    table_front.lose_reply("BatchExecuteStatement", times=2)
    table_front.fail("BatchExecuteStatement", "ThrottlingException")
    judgement = stack.convert(run_of("r1"), [[row(n) for n in range(300)]])
    assert told(load(stack, "r1", judgement)) == (300, 0, 0, 0)
    assert stack.items("AddressesTable")[299]["_sluice"]["run_id"] == "r1"


def test_statements_that_are_throttled_are_executed_again(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    throttled = {"Error": {"Code": "ThrottlingError"}}
    table_front.change_reply(
        "BatchExecuteStatement",
        lambda reply: {"Responses": [throttled, *reply["Responses"][1:]]},
        times=3,
    )
    judgement = stack.convert(run_of("r1"), [[row(n) for n in range(150)]])
    assert told(load(stack, "r1", judgement)) == (150, 0, 0, 0)


def test_short_of_time_it_stops_at_a_checkpoint_and_goes_on_from_there(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    rows = [row(n) for n in range(load_batch.CHECKPOINT_ROWS + 5)]
    judgement = stack.convert(run_of("r1"), [rows])
    with pytest.raises(LoadUnfinishedError, match="500 of 505"):
        load(stack, "r1", judgement, Context(60_000, 1_000))
    assert Loads(stack.control).get("r1", 0) == LoadCounts(loaded=500, fresh=500, rows_done=500)
    table_front.calls.clear()
    assert told(load(stack, "r1", judgement)) == (505, 0, 0, 0)
    assert table_front.calls.count("PutItem") == 5


def test_a_late_checkpoint_never_undoes_a_further_one(stack: Stack) -> None:
    assert Loads(stack.control).save("r1", 0, LoadCounts(loaded=9, rows_done=9))
    assert not Loads(stack.control).save("r1", 0, LoadCounts(loaded=4, rows_done=4))
    assert Loads(stack.control).get("r1", 0) == LoadCounts(loaded=9, rows_done=9)


def test_batch_mode_writes_all_and_counts_repeated_keys(stack: Stack) -> None:
    contract = stack.contract("addresses", write_mode="batch")
    rows = [*(row(n) for n in range(60)), row(0, "last")]
    judgement = stack.convert(run_of("r1"), [rows], contract=contract)
    assert told(load(stack, "r1", judgement)) == (60, 0, 0, 1)
    assert stack.items("AddressesTable")[0]["city"] == "last"


def test_what_dynamodb_leaves_unprocessed_is_sent_again(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    left = {"PutRequest": {"Item": {"id": {"S": "again"}}}}
    table_front.change_reply(
        "BatchWriteItem",
        lambda reply: {**reply, "UnprocessedItems": {TABLES["AddressesTable"]: [left]}},
        times=3,
    )
    contract = stack.contract("addresses", write_mode="batch")
    judgement = stack.convert(run_of("r1"), [[row(1)]], contract=contract)
    load(stack, "r1", judgement)
    assert [item["id"] for item in stack.items("AddressesTable")] == ["1", "again"]
    assert table_front.calls.count("BatchWriteItem") == 4


def test_a_throttled_table_is_asked_again_until_it_takes_the_row(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    table_front.fail("PutItem", "ProvisionedThroughputExceededException", times=5)
    judgement = stack.convert(run_of("r1"), [[row(n) for n in range(20)]])
    assert told(load(stack, "r1", judgement)) == (20, 0, 0, 0)


def test_without_time_to_wait_for_the_table_it_stops(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    table_front.fail("PutItem", "ThrottlingException")
    judgement = stack.convert(run_of("r1"), [[row(1)]])
    with pytest.raises(LoadUnfinishedError):
        load(stack, "r1", judgement, Context(60_000, 1_000))
    assert told(load(stack, "r1", judgement)) == (1, 0, 0, 0)


def test_what_dynamodb_refuses_for_good_is_not_tried_again(
    stack: Stack, table_front: FaultyDynamoDB
) -> None:
    table_front.fail("PutItem", "ValidationException")
    judgement = stack.convert(run_of("r1"), [[row(1)]])
    with pytest.raises(DynamoDBError, match="ValidationException"):
        load(stack, "r1", judgement)
    assert table_front.calls.count("PutItem") == 1


def test_another_report_than_the_judged_one_loads_nothing(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)]])
    with pytest.raises(DigestMismatchError):
        load(stack, "r1", judgement | {"report_sha256": "0" * 64})
    assert stack.items("AddressesTable") == []


def test_a_part_whose_bytes_changed_loads_nothing(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)]])
    stack.s3.put_object(Bucket=WORK, Key=judgement["part_list"][0]["key"], Body=b'{"id":"9"}\n')
    with pytest.raises(DigestMismatchError):
        load(stack, "r1", judgement)
    assert stack.items("AddressesTable") == []


def test_a_part_that_the_report_does_not_list_loads_nothing(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)]])
    judgement["part_list"][0]["key"] = "runs/r0/0-0/valid/000000.json"
    with pytest.raises(DigestMismatchError):
        load(stack, "r1", judgement)


def test_rejected_rows_that_need_an_approval_load_nothing_without_one(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)]], rejected=1)
    with pytest.raises(DigestMismatchError, match="approv"):
        load(stack, "r1", judgement)
    assert stack.items("AddressesTable") == []


def test_a_part_that_would_not_fit_into_memory_says_what_to_do(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)]], claimed_bytes=10**9)
    with pytest.raises(EventError, match="smaller RowsPerPart"):
        load(stack, "r1", judgement)


def test_a_part_that_was_not_loaded_fails_the_run_by_name(stack: Stack) -> None:
    judgement = stack.convert(run_of("r1"), [[row(1)], [row(2)]])
    with pytest.raises(ReconciliationError, match=r"part 0 .* none of 1 rows"):
        reconcile_load.handler({"run": run_of("r1"), **judgement}, None)


@pytest.mark.parametrize(
    ("claim", "error"),
    [
        pytest.param({"owner": "arn:another"}, FenceLostError, id="another run has the file"),
        pytest.param({"state": "SETTLED"}, FenceLostError, id="the file is put away"),
        pytest.param({"state": "FAILED"}, ClaimReleasedError, id="the run was buried"),
        pytest.param({"state": "LEFT"}, ClaimReleasedError, id="the run was stopped"),
        pytest.param({"verdict": None}, FenceLostError, id="nobody has decided"),
    ],
)
def test_whoever_may_not_load_writes_no_row(
    stack: Stack, claim: dict[str, Any], error: type[Exception]
) -> None:
    run = run_of("r1")
    judgement = stack.convert(run, [[row(1)]])
    stack.to_be_loaded(run, judgement)
    stack.control.update(claim_key_of(judgement["file"]), "CLAIM", claim)
    with pytest.raises(error):
        load_parts(run, judgement)
    assert stack.items("AddressesTable") == []


@pytest.mark.parametrize("verdict", [{"decision": "refuse"}, {"report_sha256": "0" * 64}])
def test_only_the_verdict_on_this_very_report_lets_rows_in(
    stack: Stack, verdict: dict[str, str]
) -> None:
    run = run_of("r1")
    judgement = stack.convert(run, [[row(1)]])
    stack.to_be_loaded(run, judgement, **verdict)
    with pytest.raises(FenceLostError):
        load_parts(run, judgement)


def test_the_loader_learns_between_two_chunks_that_its_run_is_over(stack: Stack) -> None:
    run = run_of("r1")
    judgement = stack.convert(run, [[row(n) for n in range(3 * load_batch.CHECKPOINT_ROWS)]])
    stack.to_be_loaded(run, judgement)

    class Stopped(Context):
        """Time passes, and before the second chunk somebody stops the run."""

        def get_remaining_time_in_millis(self) -> int:
            if Loads(stack.control).get("r1", 0):
                stack.control.update("RUN#r1", "RUN", {"stop": {"by": "me"}})
            return super().get_remaining_time_in_millis()

    with pytest.raises(ClaimReleasedError):
        load_parts(run, judgement, Stopped())
    counted = Loads(stack.control).get("r1", 0)
    assert counted is not None
    assert counted.rows_done == len(stack.items("AddressesTable")) == load_batch.CHECKPOINT_ROWS


def test_of_a_file_that_the_run_may_not_load_no_part_is_touched(stack: Stack) -> None:
    run = run_of("r1")
    judgement = stack.convert(run, [[row(1)]]) | {"files": []}
    load_parts(run, judgement)
    assert stack.items("AddressesTable") == []
    counts = reconcile_load.handler({"run": run, **judgement}, None)["counts"]
    assert set(counts.values()) == {0}


def test_a_verdict_that_was_taken_over_needs_no_second_approval(stack: Stack) -> None:
    run = run_of("r1")
    judgement = stack.convert(run, [[row(1)]], rejected=1)
    stack.to_be_loaded(run, judgement, taken_over_from="r0")
    load_parts(run, judgement)
    assert [item["id"] for item in stack.items("AddressesTable")] == ["1"]


@pytest.mark.parametrize("other", [{"dataset": "customers"}, {"run_id": "r2"}])
def test_a_report_of_another_run_or_dataset_loads_nothing(
    stack: Stack, other: dict[str, str]
) -> None:
    run = run_of("r1")
    judgement = stack.convert(run, [[row(1)]])
    stack.to_be_loaded(run, judgement)
    with pytest.raises(DigestMismatchError):
        load_parts(run | other, judgement)
    assert stack.items("AddressesTable") == []


def claim_key_of(file: dict[str, Any]) -> str:
    return claim_key(file["bucket"], file["key"], file["version_id"])
