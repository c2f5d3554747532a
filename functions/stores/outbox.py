"""Messages to people: published at least once, noted as sent afterwards."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline import timestamps
from pipeline.runs.records import RunRecord
from pipeline.words import notices
from pipeline.words.notices import Notice
from stores import clock
from stores.control import ControlTable
from stores.runs import Runs

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outbox:
    """A topic that tells people: how runs end, or what they are asked."""

    sns: SNSClient
    topic_arn: str
    control: ControlTable

    def tell_outcome(self, run: RunRecord) -> str:
        """Say how a run ended and note that it was said; returns the message's id.

        Nothing is said twice once it is noted; the id is then the empty text.
        """
        if run.notice == "SENT":
            return ""
        message_id = self.publish(notices.outcome(run))
        Runs(self.control).close(run)
        log.info("told the outcome", extra={"run_id": run.run_id, "status": run.status})
        return message_id

    def tell_astray(self, bucket: str, keys: Sequence[str], known: Collection[str]) -> None:
        """Say that files lie where nobody looks for them: once a day for each folder."""
        now = clock.now()
        by_folder: defaultdict[str, list[str]] = defaultdict(list)
        for key in keys:
            by_folder[key.rpartition("/")[0]].append(key)
        for folder, found in by_folder.items():
            record = (f"ASTRAY#{bucket}#{folder}", now[:10])
            if self.control.get(*record) is None:
                self.publish(notices.astray(found, folder=folder or bucket, known=known))
                self.control.update(*record, {"told_at": now})

    def tell_missed(self, dataset: str, *, hours: int, now: str) -> bool:
        """Say that nothing was loaded for so many hours, once until something is.

        Returns whether it was said now. Of a dataset that never had anything nothing is said.
        """
        record = (f"DATASET#{dataset}", "LAST")
        last = self.control.get(*record)
        if last is None or timestamps.later(last["ended_at"], hours * 3_600) >= now:
            return False
        since = last["ended_at"]
        if last.get("missed_since") == since:
            return False
        self.publish(notices.missed(dataset, since=since, hours=hours))
        return self.control.update(*record, {"missed_since": since})

    def publish(self, notice: Notice) -> str:
        """Publish a message; returns its id."""
        answer = self.sns.publish(
            TopicArn=self.topic_arn,
            Subject=notice.subject,
            Message=notice.message,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in notice.attributes.items()
            },
        )
        return answer["MessageId"]
