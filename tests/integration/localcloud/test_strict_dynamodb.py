from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localcloud.world import World


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as failure:
        call()
    error = failure.value.response["Error"]
    return error["Code"], error["Message"]


def test_26_items_or_the_same_item_twice_are_refused_and_nothing_is_written(
    world: World, table: str
) -> None:
    client = world.client("dynamodb")

    def write(*keys: str) -> Any:
        puts = [{"PutRequest": {"Item": {"pk": {"S": key}}}} for key in keys]
        return client.batch_write_item(RequestItems={table: puts})

    code, message = refusal(lambda: write(*map(str, range(26))))
    assert code == "ValidationException"
    assert message == "Too many items requested for the BatchWriteItem call"
    assert refusal(lambda: write("a", "a"))[1] == "Provided list of item keys contains duplicates"
    assert client.scan(TableName=table)["Count"] == 0
    assert write(*map(str, range(25)))["UnprocessedItems"] == {}


def test_concurrent_updates_lose_nothing(world: World, table: str) -> None:
    client = world.client("dynamodb")

    def add(_: int) -> None:
        client.update_item(
            TableName=table,
            Key={"pk": {"S": "sum"}},
            UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(add, range(160)))
    item = client.get_item(TableName=table, Key={"pk": {"S": "sum"}})["Item"]
    assert Decimal(item["n"]["N"]) == 160


def test_of_many_conditional_puts_one_wins(world: World, table: str) -> None:
    dynamodb, s3, bucket = world.client("dynamodb"), world.client("s3"), world.bucket()

    def put_item(number: int) -> bool:
        try:
            dynamodb.put_item(
                TableName=table,
                Item={"pk": {"S": "claim"}, "owner": {"N": str(number)}},
                ConditionExpression="attribute_not_exists(pk)",
            )
        except dynamodb.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def put_object(number: int) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key="report", Body=b"%d" % number, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] != "PreconditionFailed":
                raise
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(put_item, range(16))) == 1
        assert sum(threads.map(put_object, range(16))) == 1


def test_a_request_token_carries_out_one_request_once(world: World, table: str) -> None:
    client, token = world.client("dynamodb"), world.name("token")

    def transact(key: str) -> Any:
        add = {
            "TableName": table,
            "Key": {"pk": {"S": key}},
            "UpdateExpression": "ADD n :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        return client.transact_write_items(
            TransactItems=[{"Update": add}], ClientRequestToken=token
        )

    transact("a")
    transact("a")
    assert client.get_item(TableName=table, Key={"pk": {"S": "a"}})["Item"]["n"] == {"N": "1"}
    assert refusal(lambda: transact("b"))[0] == "IdempotentParameterMismatchException"
