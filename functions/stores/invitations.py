"""Invitation records in the control table, and the forms by which their files come."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from pipeline.door.invitation import FORM_SECONDS, OPEN, Invitation, content_type
from stores.control import ControlTable

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Invitations:
    """The invitations of this stack."""

    control: ControlTable

    def find(self, invitation_id: str) -> Invitation | None:
        """Return an invitation, digest of the secret included."""
        item = self.control.get(_pk(invitation_id), "INVITATION")
        return Invitation.from_item(item) if item else None

    def known(self) -> list[Invitation]:
        """Return all that are remembered, the oldest first; the index learns of new ones late."""
        entries = self.control.open("INVITATION", before="9999")
        items = self.control.get_all([(entry["pk"], "INVITATION") for entry in entries])
        found = map(Invitation.from_item, items.values())
        return sorted(found, key=lambda each: (each.created_at, each.invitation_id))

    def keep(self, invitation: Invitation) -> bool:
        """Keep a new invitation; False if there is one with its id."""
        return self.control.update(
            _pk(invitation.invitation_id),
            "INVITATION",
            invitation.as_record() | {"open": "INVITATION", "open_since": invitation.created_at},
            condition="attribute_not_exists(pk)",
        )

    def end(self, invitation_id: str, dataset: str, *, at: str) -> bool:
        """Let an invitation of a dataset expire now; False if there is none."""
        return self.control.update(
            _pk(invitation_id),
            "INVITATION",
            {"expires_at": at},
            condition="dataset = :dataset",
            values={":dataset": dataset},
        )

    def change(self, before: Invitation, after: Invitation) -> bool:
        """Write what a request made of an invitation; False if another one came between."""
        told = after.as_record()
        return self.control.update(
            _pk(before.invitation_id),
            "INVITATION",
            {"status": told["status"], "tries": told["tries"]},
            condition="#status = :open AND #tries = :before",
            names={"#status": "status", "#tries": "tries"},
            values={":open": OPEN, ":before": before.as_record()["tries"]},
        )


@functools.cache
def signer() -> S3Client:
    """Return a client that signs forms in the one way that every region takes.

    They lead to the bucket's own region: a redirect would cost browsers the permission to read on.
    """
    config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    return boto3.client("s3", config=config)


def form_for(bucket: str, key: str, name: str, *, max_bytes: int) -> Mapping[str, Any]:
    """Return `{"url", "fields"}`: by it a browser puts one file of at most so many bytes at `key`.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
    """
    bound = {"Content-Type": content_type(name), "success_action_status": "201"}
    return signer().generate_presigned_post(
        bucket,
        key,
        Fields=dict(bound),
        Conditions=[
            *({field: value} for field, value in bound.items()),
            ["content-length-range", 1, max_bytes],
        ],
        ExpiresIn=FORM_SECONDS,
    )


def _pk(invitation_id: str) -> str:
    return f"INVITATION#{invitation_id}"
