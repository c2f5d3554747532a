"""The door for senders: its page, its forms and what it tells, on moto."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

import receive_upload
from pipeline import layout
from pipeline.door.invitation import Invitation
from pipeline.gate.gate import digest_of
from stores.invitations import Invitations, signer
from tests.support.stack import LANDING, WORK, Stack, outage, run_of

SECRET = "s" * 43
HOST = "abc.execute-api.eu-central-1.amazonaws.com"
INVITATION = Invitation(
    invitation_id="7f3a",
    dataset="addresses",
    created_at="2026-07-01T00:00:00.000Z",
    created_by="arn:aws:iam::123456789012:user/ada",
    expires_at="2999-01-01T00:00:00.000Z",
    left_alone="_*,*.tmp",
    sender="Acme",
    secret_sha256=digest_of(SECRET),
)
KEY = "incoming/addresses/invited/7f3a/0/a.csv"
FILE = {"name": "a.csv", "size_bytes": 5}


@dataclass(frozen=True)
class Door:
    """The function behind the API, and the stack that it works on."""

    stack: Stack

    def get(self, path: str, **parameters: str) -> dict[str, Any]:
        return self._call("GET", path, parameters, None)

    def post(
        self,
        what: str,
        *,
        headers: Mapping[str, str] = {},
        invitation: str = "7f3a",
        **body: object,
    ) -> tuple[int, dict[str, Any]]:
        told = {"secret": SECRET, **body}
        answer = self._call("POST", f"/uploads/{{id}}/{what}", {"id": invitation}, told, headers)
        return answer["statusCode"], json.loads(answer["body"])

    @property
    def invitation(self) -> Invitation:
        found = Invitations(self.stack.control).find("7f3a")
        assert found
        return found

    def _call(
        self,
        method: str,
        resource: str,
        parameters: Mapping[str, str],
        body: object,
        headers: Mapping[str, str] = {},
    ) -> dict[str, Any]:
        event = {
            "httpMethod": method,
            "resource": resource,
            "pathParameters": dict(parameters) or None,
            "headers": {"Host": HOST, "Content-Type": "application/json", **headers},
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
            "stageVariables": {"MaxUploadBytes": "1000"},
            "requestContext": {"domainName": HOST},
        }
        return receive_upload.handler(event, None)

    # ---- what runs write

    def sent(self, content: bytes = b"id\n1\n") -> dict[str, Any]:
        """Ask for a form, put a file as S3 would, and say so; returns the file."""
        status, _ = self.post("form", **FILE)
        assert status == 200
        file = self.stack.drop(self.invitation.tries[-1].key, content)
        self.post("fate", version_id=file["version_id"])
        return file

    def ended(self, file: Mapping[str, Any], status: str, disposition: str, **more: Any) -> None:
        run = run_of(f"run-{file['version_id'][:8]}")
        self.stack.claim(file, run, state="SETTLED", disposition=disposition, **more)
        report = f"runs/{run['run_id']}/0-0/report.json"
        uri = layout.s3_uri(WORK, report)
        self.stack.put(
            f"RUN#{run['run_id']}",
            "RUN",
            **run,
            status=status,
            ended_at="2026-07-02",
            report_uri=uri,
        )

    def reported(self, file: Mapping[str, Any], lines: list[int]) -> None:
        """Write the report of a run with these rejected lines, and with another sender's file."""
        mine = {"key": file["key"], "version_id": file["version_id"]}
        other = {"key": "incoming/addresses/other.csv", "version_id": "v0"}
        folder = f"runs/run-{file['version_id'][:8]}/0-0/"
        parts = {
            f"{folder}rejected/0000-00000-0-00000.json": [(other, 99)],
            f"{folder}rejected/0001-00000-0-00001.json": [(mine, line) for line in lines],
        }
        for key, rows in parts.items():
            errors = [{"column": "id", "rule": "required", "message": "id has no value"}]
            text = "".join(
                json.dumps({"file": of["key"], "version_id": of["version_id"], "line": line,
                            "errors": errors, "raw": ",secret"}) + "\n"
                for of, line in rows
            )  # fmt: skip
            self.stack.s3.put_object(Bucket=WORK, Key=key, Body=text.encode())
        count = {"rows_in": len(lines) + 1, "valid": 1, "rejected": len(lines)}
        report = {
            "files": [
                {"index": 0, **other, "rows_in": 7, "valid": 6, "rejected": 1},
                {"index": 1, **mine, **count},
            ],
            "rejected_parts": [{"key": key} for key in parts],
        }
        body = json.dumps(report).encode()
        self.stack.s3.put_object(Bucket=WORK, Key=f"{folder}report.json", Body=body)


@pytest.fixture
def door(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setenv("METER_KEY", "meter")
    Invitations(stack.control).keep(INVITATION)
    yield Door(stack)
    signer.cache_clear()


def test_the_page_is_the_same_for_every_id_and_speaks_to_the_bucket_only(door: Door) -> None:
    known, unknown = (door.get("/uploads/{id}", id=one) for one in ("7f3a", "0000"))
    assert known["body"].replace("7f3a", "0000") == unknown["body"]
    assert known["statusCode"] == 200
    policy = known["headers"]["content-security-policy"]
    assert f"connect-src 'self' https://{LANDING}.s3.eu-central-1.amazonaws.com;" in policy
    assert "default-src 'none'" in policy
    assert door.get("/uploads/{id}", id="..%2f")["statusCode"] == 404


@pytest.mark.parametrize("name", ["upload.js", "gate.css", "page.css", "icon.svg"])
def test_the_page_gets_what_it_needs_and_nothing_else(door: Door, name: str) -> None:
    assert door.get("/uploads/assets/{name}", name=name)["statusCode"] == 200
    for other in ("page.py", "../receive_upload.py", f"../{name}"):
        assert door.get("/uploads/assets/{name}", name=other)["statusCode"] == 404


def test_a_form_binds_key_type_and_size(door: Door) -> None:
    status, form = door.post("form", **FILE)
    assert status == 200
    assert form["url"] == f"https://{LANDING}.s3.eu-central-1.amazonaws.com/"
    assert (form["fields"]["key"], form["fields"]["Content-Type"]) == (KEY, "text/csv")
    conditions = json.loads(base64.b64decode(form["fields"]["policy"]))["conditions"]
    assert {"key": KEY} in conditions
    assert {"bucket": LANDING} in conditions
    assert {"Content-Type": "text/csv"} in conditions
    assert ["content-length-range", 1, 1000] in conditions


def test_what_a_wrong_link_gets_does_not_tell_which_half_is_wrong(door: Door) -> None:
    wrong = [
        door.post(what, **FILE if what == "form" else {}, **half)
        for what in ("form", "fate")
        for half in ({"secret": "x" * 43}, {"invitation": "0000"}, {"secret": ""})
    ]
    assert {(status, told["error"]) for status, told in wrong} == {(404, "no_link")}
    assert len({told["message"] for _, told in wrong}) == 1


def test_the_page_of_another_site_is_refused(door: Door) -> None:
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        status, told = door.post("form", headers=foreign, **FILE)
        assert (status, told["error"]) == (403, "foreign_origin")
    assert door.post("form", headers={"Origin": f"https://{HOST}"}, **FILE)[0] == 200
    assert len(door.invitation.tries) == 1


@pytest.mark.parametrize(
    ("file", "said"),
    [
        pytest.param({"name": "a.csv", "size_bytes": 1001}, "at most 1.0 KB are taken", id="large"),
        pytest.param({"name": "a.csv", "size_bytes": 0}, "The file is empty.", id="empty"),
        pytest.param({"name": "_a.csv", "size_bytes": 1}, "Rename it", id="left alone"),
    ],
)
def test_a_file_that_is_not_taken_costs_no_try(
    door: Door, file: Mapping[str, Any], said: str
) -> None:
    status, told = door.post("form", **file)
    assert (status, told["error"]) == (422, "bad_file")
    assert said in told["message"]
    assert door.invitation.tries == ()


@pytest.mark.parametrize(
    "body", [{"name": 1, "size_bytes": 1}, {"name": "a"}, {"name": "a", "size_bytes": "1"}]
)
def test_what_no_model_has_looked_at_is_no_error_of_the_server(
    door: Door, body: Mapping[str, Any]
) -> None:
    assert door.post("form", **body)[0] == 400


def test_while_a_file_is_looked_at_no_other_is_taken(door: Door) -> None:
    door.sent()
    status, told = door.post("form", **FILE)
    assert (status, told["error"]) == (409, "under_way")


def test_the_fate_of_a_file_is_told_until_it_is_accepted(door: Door) -> None:
    assert door.post("fate")[1]["fate"] is None
    file = door.sent()
    assert door.post("fate")[1]["fate"]["state"] == "arrived"
    door.reported(file, [])
    door.ended(file, "LOADED", "archived")
    told = door.post("fate")[1]
    assert (told["fate"]["state"], told["may_send"]) == ("accepted", False)
    assert told["fate"]["heading"] == "The row was taken over."
    assert "used" in told["over"]
    status, refused = door.post("form", **FILE)
    assert (status, refused["error"]) == (410, "over")


def test_a_refused_file_is_told_by_line_and_column_and_may_come_again(door: Door) -> None:
    file = door.sent()
    reason = {"code": "too_many_rejected", "message": "2 of 3 rows are rejected"}
    rests = f"quarantine/addresses/r/{file['version_id']}/a.csv"
    body = json.dumps(reason).encode()
    door.stack.s3.put_object(Bucket=WORK, Key=f"{rests}.reason.json", Body=body)
    door.reported(file, [2, 3])
    door.ended(file, "REFUSED", "quarantined", destination_uri=layout.s3_uri(WORK, rests))
    told = door.post("fate")[1]
    assert told["fate"] == {
        "state": "refused",
        "heading": "The file was not taken over.",
        "todo": "Nothing of it was loaded. Please correct the file and send it again.",
        "reason": "2 of 3 rows are rejected",
        "counts": {"rows_in": 3, "valid": 1, "rejected": 2},
        "rows": [
            {"line": line, "columns": "id", "reason": "id has no value"} for line in ("2", "3")
        ],
    }
    assert told["may_send"]
    assert door.post("form", **FILE)[0] == 200
    assert door.invitation.tries[-1].key == KEY.replace("/0/", "/1/")


def test_nothing_of_other_senders_and_no_value_of_a_row_is_told(door: Door) -> None:
    file = door.sent()
    door.reported(file, [2])
    door.ended(file, "LOADED", "archived")
    told = json.dumps(door.post("fate")[1])
    assert "secret" not in told
    assert "other.csv" not in told
    assert '"99"' not in told


def test_another_senders_version_is_nobodys_fate(door: Door) -> None:
    theirs = door.stack.drop("incoming/addresses/other.csv")
    door.ended(theirs, "LOADED", "archived")
    door.post("form", **FILE)
    told = door.post("fate", version_id=theirs["version_id"])[1]
    assert told["fate"]["state"] == "arrived"


def test_rows_are_told_up_to_a_number(door: Door) -> None:
    file = door.sent()
    door.reported(file, list(range(2, 202)))
    door.ended(file, "LOADED", "archived")
    fate = door.post("fate")[1]["fate"]
    assert (fate["counts"]["rejected"], len(fate["rows"])) == (200, 100)


def test_two_pages_that_ask_at_once_get_one_form(door: Door) -> None:
    before = door.invitation
    assert door.post("form", **FILE)[0] == 200
    stale = before.asking("b.csv", now="2026-07-01T00:00:00.000Z")
    assert not Invitations(door.stack.control).change(before, stale)


def test_an_outage_is_later(door: Door) -> None:
    with outage(door.stack.dynamodb, "GetItem", "ThrottlingException", times=9):
        status, told = door.post("fate")
    assert (status, told["error"]) == (503, "busy")


def test_no_secret_is_logged(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    door.post("form", **FILE)
    door.post("form", name="_a", size_bytes=1)
    assert SECRET not in caplog.text
