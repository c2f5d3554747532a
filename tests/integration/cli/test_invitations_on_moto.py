"""Links for people without an AWS account: what is printed once, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from click.testing import Result

from pipeline.door.invitation import Invitation
from sluice.stack.cloud import Cloud
from stores.control import ControlTable
from stores.invitations import Invitations

Sluice = Callable[..., Result]
KNOWN = ("customers", "addresses")


@pytest.fixture(autouse=True)
def door(cloud: Cloud) -> None:
    url = "https://abc.execute-api.eu-central-1.amazonaws.com/prod"
    cloud.stack = replace(cloud.stack, uploads_url=url, left_alone_names="_*,*.tmp")


def kept(cloud: Cloud, link: dict[str, Any]) -> Invitation:
    found = Invitations(ControlTable(cloud.dynamodb, "control-table")).find(link["invitation_id"])
    assert found
    return found


def test_a_link_is_printed_once_and_only_its_digest_is_kept(sluice: Sluice, cloud: Cloud) -> None:
    result = sluice("invite", "customers", "--for", "Acme", "--expires", "0.5", "--json")
    link = json.loads(result.stdout)
    address, _, secret = link["url"].partition("#")
    assert address == f"{cloud.stack.uploads_url}/uploads/{link['invitation_id']}"
    invitation = kept(cloud, link)
    assert invitation.accepts(secret)
    assert (invitation.dataset, invitation.sender) == ("customers", "Acme")
    assert invitation.left_alone == "_*,*.tmp"
    assert invitation.created_by.startswith("arn:aws:")
    assert invitation.created_at < invitation.expires_at == link["expires_at"]
    items = cloud.dynamodb.scan(TableName="control-table")["Items"]
    assert secret not in json.dumps(items)


def test_no_link_is_made_before_the_stack_knows_the_dataset(sluice: Sluice, cloud: Cloud) -> None:
    cloud.stack = replace(cloud.stack, tables={})
    result = sluice("invite", "customers")
    assert result.exit_code == 4
    assert "deploy it first" in result.stderr
    assert cloud.dynamodb.scan(TableName="control-table")["Items"] == []


def test_a_link_is_ended_by_its_id(sluice: Sluice, cloud: Cloud) -> None:
    link = json.loads(sluice("invite", "customers", "--json").stdout)
    assert sluice("invite", "customers", "--end", link["invitation_id"]).exit_code == 0
    ended = kept(cloud, link)
    assert ended.over(ended.expires_at)
    assert ended.expires_at < link["expires_at"]
    assert sluice("invite", "customers", "--end", "0000").exit_code == 4


def test_links_are_listed_without_their_keys(sluice: Sluice, cloud: Cloud) -> None:
    cloud.stack = replace(
        cloud.stack, tables=dict.fromkeys(("AddressesTable", "CustomersTable"), "")
    )
    old, new = (
        json.loads(sluice("invite", name, "--for", "Acme", "--json").stdout) for name in KNOWN
    )
    sluice("invite", old["dataset"], "--end", old["invitation_id"])
    before = kept(cloud, new)
    asked = before.asking("a.csv", now=before.created_at)
    Invitations(ControlTable(cloud.dynamodb, "control-table")).change(before, asked)
    listed = json.loads(sluice("invite", "--list", "--json").stdout)
    told = [(each["invitation_id"], each["for"], each["state"], each["tries"]) for each in listed]
    assert told == [
        (new["invitation_id"], "Acme", "OPEN", 1),
        (old["invitation_id"], "Acme", "EXPIRED", 0),
    ]
    shown = sluice("invite", new["dataset"], "--list").stdout
    assert new["invitation_id"] in shown
    assert old["invitation_id"] not in shown
    secrets = [link["url"].partition("#")[2] for link in (old, new)]
    digests = [kept(cloud, link).secret_sha256 for link in (old, new)]
    said = shown + json.dumps(listed)
    assert [each for each in (*secrets, *digests) if each in said] == []


def test_a_link_is_for_one_dataset(sluice: Sluice) -> None:
    assert sluice("invite").exit_code == 2


def test_nobody_is_invited_to_a_dataset_that_is_none(sluice: Sluice) -> None:
    result = sluice("invite", "customer")
    assert result.exit_code == 2
    assert "there is no dataset customer; did you mean customers?" in result.output


def test_a_stack_without_a_door_says_so(sluice: Sluice, cloud: Cloud) -> None:
    cloud.stack = replace(cloud.stack, uploads_url=None)
    result = sluice("invite", "customers")
    assert result.exit_code == 1
    assert "has no door for senders: deploy this version" in result.output
    found = {f["subject"]: f for f in json.loads(sluice("doctor", "--json").stdout)}
    assert not found["door"]["well"]
