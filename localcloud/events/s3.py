"""What S3 tells EventBridge about its objects: one event for each change, as AWS shapes it.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

from __future__ import annotations

import functools
import itertools
import threading
import time
from typing import Any
from uuid import uuid4

from moto.s3 import notifications
from moto.s3.models import S3Backend

from localcloud.clock import Clock
from localcloud.events.bus import Bus
from localcloud.events.event import Event, make_event

_CREATED_BY = {
    "Put": "PutObject",
    "Post": "POST Object",
    "Copy": "CopyObject",
    "CompleteMultipartUpload": "CompleteMultipartUpload",
}
_DELETED_BY = {"Delete": "Permanently Deleted", "DeleteMarkerCreated": "Delete Marker Created"}

_sequence = itertools.count(time.time_ns())


class ObjectEvents:
    """Publishes the changes of objects on a bus, in place of moto's own messages.

    moto announces an object before it has all its metadata, so events are kept back until the
    request that caused them was answered: call `flush` then, on the same thread.
    """

    def __init__(self, bus: Bus, clock: Clock) -> None:
        """Take over moto's notifications for the whole process."""
        self._bus = bus
        self._clock = clock
        self._kept = threading.local()
        moto: Any = notifications
        moto._send_event_bridge_message = self._announce  # noqa: SLF001
        backend: Any = S3Backend
        backend.delete_object = self._announcing(backend.delete_object)

    def flush(self, *, requester: str) -> None:
        """Publish what this thread has changed; tags that came with an object are no change.

        `requester` is the account whose key signed the request.
        """
        events: list[Event] = getattr(self._kept, "events", [])
        self._kept.events = []
        created = any(event["detail-type"] == "Object Created" for event in events)
        for event in events:
            if not (created and event["detail-type"] == "Object Tags Added"):
                event["detail"]["requester"] = requester
                self._bus.publish(event)

    def _announce(self, _account: str, bucket: Any, event_name: Any, key: Any) -> None:
        name = str(event_name.value)
        if not (bucket.is_versioned and name.startswith("s3:ObjectRemoved:")):
            self._keep(bucket, name, key)

    def _keep(self, bucket: Any, name: str, key: Any) -> None:
        event = object_event(bucket, name, key, at=self._clock.now())
        if event is not None:
            self._kept.events = [*getattr(self._kept, "events", []), event]

    def _announcing(self, delete_object: Any) -> Any:
        """Moto is silent about delete markers and most deleted versions."""
        original = getattr(delete_object, "__wrapped__", delete_object)

        @functools.wraps(original)
        def announcing(
            backend: Any, bucket_name: str, key_name: str, *args: Any, **kwargs: Any
        ) -> Any:
            bucket = backend.get_bucket(bucket_name)
            before = {key.version_id: key for key in _versions(bucket, key_name)}
            result = original(backend, bucket_name, key_name, *args, **kwargs)
            configuration = bucket.notification_configuration
            if bucket.is_versioned and configuration and configuration.event_bridge is not None:
                after = {key.version_id: key for key in _versions(bucket, key_name)}
                for version in after.keys() - before.keys():
                    name = "s3:ObjectRemoved:DeleteMarkerCreated"
                    self._keep(bucket, name, after[version])
                for version in before.keys() - after.keys():
                    self._keep(bucket, "s3:ObjectRemoved:Delete", before[version])
            return result

        return announcing


def _versions(bucket: Any, key_name: str) -> list[Any]:
    return list(bucket.keys.getlist(key_name, [])) if bucket.is_versioned else []


def object_event(bucket: Any, event_name: str, key: Any, *, at: float) -> Event | None:
    """The event for moto's `s3:<kind>:<how>`, without its requester; None if S3 would send none.

    The sequencer grows with every event, so that of two events for one key the later one
    compares greater.
    """
    _, kind, how = event_name.split(":")
    if kind == "ObjectCreated":
        if how == "Put" and key.multipart is not None:
            return None  # moto announces the parts' sum before it announces the upload
        facts = {"size": key.size, "etag": key.etag.strip('"')}
        detail_type, extra = "Object Created", {"reason": _CREATED_BY[how]}
    elif kind == "ObjectRemoved":
        etag = getattr(key, "etag", None)
        facts = {"etag": etag.strip('"')} if etag else {}
        detail_type = "Object Deleted"
        extra = {"reason": "DeleteObject", "deletion-type": _DELETED_BY[how]}
    elif kind == "ObjectTagging":
        facts = {"etag": key.etag.strip('"')}
        detail_type = "Object Tags Added" if how == "Put" else "Object Tags Deleted"
        extra = {}
    else:
        return None
    described = {"key": key.name, **facts}
    if bucket.is_versioned:
        described["version-id"] = key.version_id
    if kind != "ObjectTagging":
        described["sequencer"] = f"{next(_sequence):018X}"
    return make_event(
        source="aws.s3",
        detail_type=detail_type,
        detail={
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": described,
            "request-id": uuid4().hex[:16].upper(),
            "source-ip-address": "127.0.0.1",
            **extra,
        },
        account=bucket.account_id,
        region=bucket.region_name,
        resources=[bucket.arn],
        at=at,
    )
