"""Bodies that are not what they should be are the caller's fault."""

from __future__ import annotations

import pytest

from approval_page.http import Request, UnreadableBodyError


@pytest.mark.parametrize(
    "body",
    [
        pytest.param('{"comment":' + "[" * 10_000 + "]" * 10_000 + "}", id="deep"),
        pytest.param('{"comment":' + '{"a":' * 3_000 + "1" + "}" * 3_001, id="deep and whole"),
        pytest.param('{"comment": [["a"]]}', id="no text"),
        pytest.param('{"comment": "\\ud800"}', id="half a character"),
        pytest.param('{"\\udfff": "x"}', id="half a character in a name"),
        pytest.param('["approve"]', id="no object"),
        pytest.param("", id="empty"),
        pytest.param("decision=approve", id="a form"),
    ],
)
def test_a_body_that_is_no_json_object_is_unreadable(body: str) -> None:
    request = Request(parameters={}, headers={}, body=body, host="h", caller_arn="arn:aws:iam::1:x")
    with pytest.raises(UnreadableBodyError):
        request.json()
