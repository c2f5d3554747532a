"""The order to undo a run, on its record from before the first row is touched until all is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from pipeline import timestamps
from pipeline.rows import attributes
from pipeline.runs.identity import claim_key
from sluice.runs.run import Run, RunFile
from sluice.runs.undo_order import BEGUN, Order
from sluice.stack.cloud import Cloud
from sluice.stack.control import run_records
from sluice.terminal.exits import OperatorError


def find_order(cloud: Cloud, run_id: str) -> Order | None:
    """The order to undo a run; None if there is none."""
    return Order.parse(run_records(cloud, [run_id]).get(run_id, {}).get("undo"))


@dataclass(frozen=True, slots=True)
class Orders:
    """The order's place on the record of one run."""

    cloud: Cloud
    run: Run

    def begin(self, comment: str) -> Order:
        """Write the order before anything is done; one that stands there already goes on.

        Raises:
            OperatorError: the run is not, or no longer, one that was loaded.
        """
        known = find_order(self.cloud, self.run.run_id)
        if known is not None and known.state == BEGUN:
            return known
        at = timestamps.to_text(datetime.now(UTC))
        order = Order(by=self.cloud.caller_arn, at=at, comment=comment, state=BEGUN, counts={})
        self._write(order)
        return order

    def end(self, order: Order, state: str, counts: Mapping[str, int]) -> Order:
        """Write what has been done."""
        ended = replace(order, state=state, counts=dict(counts))
        self._write(ended)
        return ended

    def move(self, file: RunFile, order: Order, destination_uri: str) -> None:
        """Write where a file rests now, and that no verdict lets its rows in any more."""
        table = self.cloud.stack.control_table
        note = {"by": order.by, "at": order.at, "comment": order.comment}
        self.cloud.dynamodb.update_item(
            TableName=table,
            Key={
                "pk": {"S": claim_key(self.cloud.stack.landing_bucket, file.key, file.version_id)},
                "sk": {"S": "CLAIM"},
            },
            UpdateExpression="SET #to = :uri, #how = :quarantined, #undone = :note REMOVE #verdict",
            ConditionExpression="#owner = :me AND #state = :settled",
            ExpressionAttributeNames={
                "#to": "destination_uri",
                "#how": "disposition",
                "#undone": "undone",
                "#verdict": "verdict",
                "#owner": "owner",
                "#state": "state",
            },
            ExpressionAttributeValues=attributes.attributes(
                {
                    ":uri": destination_uri,
                    ":quarantined": "quarantined",
                    ":note": note,
                    ":me": self.run.execution_arn,
                    ":settled": "SETTLED",
                }
            ),
        )

    def place(self, files: Sequence[RunFile]) -> None:
        """Let the run's record say where its files rest."""
        self.cloud.dynamodb.update_item(
            TableName=self.cloud.stack.control_table,
            Key=_key(self.run.run_id),
            UpdateExpression="SET #files = :files",
            ExpressionAttributeNames={"#files": "files"},
            ExpressionAttributeValues=attributes.attributes(
                {":files": [asdict(file) for file in files]}
            ),
        )

    def _write(self, order: Order) -> None:
        client = self.cloud.dynamodb
        try:
            client.update_item(
                TableName=self.cloud.stack.control_table,
                Key=_key(self.run.run_id),
                UpdateExpression="SET #undo = :undo",
                ConditionExpression="#status = :loaded",
                ExpressionAttributeNames={"#undo": "undo", "#status": "status"},
                ExpressionAttributeValues=attributes.attributes(
                    {":undo": asdict(order), ":loaded": "LOADED"}
                ),
            )
        except client.exceptions.ConditionalCheckFailedException:
            raise OperatorError(f"{self.run.run_id} is not a run that was loaded") from None


def _key(run_id: str) -> dict[str, Any]:
    return {"pk": {"S": f"RUN#{run_id}"}, "sk": {"S": "RUN"}}
