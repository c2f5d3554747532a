"""The loader of most samples, under the same seed: what the promises are measured against.

It loads a file when its event comes, by BatchWriteItem, believes every answer, and knows no
versions.  A harness that finds nothing wrong with it would find nothing wrong with anything.
"""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.chaos.promises import Tally
from tests.chaos.scenario import Drop, Row, Scenario
from tests.support.cloud import Cloud

TABLE = "naive-addresses"


class NaiveLoader:
    """A table of its own on the same cloud."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.dynamodb = cloud.client("dynamodb")
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        )

    def run(self, scenario: Scenario) -> Tally:
        """Load what the seed drops, in the order in which its events come."""
        dice = random.Random(scenario.seed)  # noqa: S311 - a replayable choice, no secret
        rule = {"service": "dynamodb", "operation": "BatchWriteItem", "unprocessed": True}
        rules = [rule | {"resource": TABLE, "probability": 0.5}]
        self.cloud.post("/_localcloud/faults", {"rules": rules, "seed": scenario.seed})
        for drop in arrivals(scenario, dice):
            self._load(drop)
        self.cloud.post("/_localcloud/faults", {"rules": []})
        return self._judge(scenario)

    def _load(self, drop: Drop) -> None:
        rows = list(csv.DictReader(io.StringIO(drop.body().decode())))
        writes = [
            {"PutRequest": {"Item": {name: {"S": text or ""} for name, text in row.items()}}}
            for row in rows
        ]
        try:
            self.dynamodb.batch_write_item(RequestItems={TABLE: writes})
        except ClientError:
            return  # the sample logs it

    def _judge(self, scenario: Scenario) -> Tally:
        tally, wanted = Tally(), newest_rows(scenario)
        for key, row in wanted.items():
            answer = self.dynamodb.get_item(TableName=TABLE, Key={"id": {"S": key}})
            if "Item" not in answer:
                tally.add("lost", key)
            elif answer["Item"]["address_1"]["S"] != row.address:
                tally.add("stale", key)
        return tally


def arrivals(scenario: Scenario, dice: random.Random) -> Iterator[Drop]:
    """Yield the drops as their events come: some never, some twice, in any order."""
    actions: set[str] = {action for rule in scenario.rules for action in rule}
    drops: list[Any] = list(scenario.drops)
    if "drop_events" in actions:
        drops = [drop for drop in drops if dice.random() < 0.5]
    if "duplicate_events" in actions:
        drops *= 2
    if "delay_events" in actions or "duplicate_events" in actions:
        dice.shuffle(drops)
    yield from drops


def newest_rows(scenario: Scenario) -> dict[str, Row]:
    """The rows that the table should hold if every sound file was loaded in its order."""
    return {
        row.id: row
        for drop in scenario.drops
        if not drop.poisoned
        for row in drop.rows
        if row.valid
    }
