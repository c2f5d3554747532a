"""The routes for operators, whose requests are signed: JSON, under the name of their ARN."""

from __future__ import annotations

from approval_page.answers import decide
from approval_page.facts import facts, summary
from pages.http import Request, Response, UnreadableBodyError, document
from pipeline.gate import gate
from pipeline.gate.gate import Ballot
from pipeline.principal import Principal
from stores import clock
from stores.approvals import Approvals
from stores.control import ControlTable

_REFUSALS: dict[type[Exception], tuple[int, str]] = {
    UnreadableBodyError: (415, "unreadable"),
    gate.BadBallotError: (422, "bad_ballot"),
    gate.NotAllowedError: (403, "not_allowed"),
    gate.AlreadyDecidedError: (409, "already_decided"),
}


def pending(request: Request, control: ControlTable) -> Response:
    """Return `{"approvals": […]}`: those that wait for an answer, the oldest first."""
    if not request.caller_arn:
        return _unsigned()
    found = control.open("APPROVAL", before=clock.now())
    approvals = [Approvals(control).find(item["approval_id"]) for item in found]
    listed = [
        summary(approval)
        for approval in approvals
        if approval is not None and approval.status == gate.PENDING
    ]
    return document(200, {"approvals": listed})


def show(request: Request, control: ControlTable) -> Response:
    """Return an approval with the rules that rows broke and a sample of the rejected rows."""
    if not request.caller_arn:
        return _unsigned()
    approval = Approvals(control).find(request.id)
    if approval is None:
        return document(404, {"error": "not_found", "message": "there is no such approval"})
    return document(200, facts(approval))


def decision(request: Request, control: ControlTable) -> Response:
    """Count an answer; returns the approval as it then stands."""
    if not request.caller_arn:
        return _unsigned()
    try:
        answered = decide(control, request.id, _ballot(request))
    except LookupError:
        return document(404, {"error": "not_found", "message": "there is no such approval"})
    except (UnreadableBodyError, gate.GateError) as error:
        status, code = _REFUSALS[type(error)]
        known: dict[str, object] = {}
        if code == "already_decided" and (current := Approvals(control).find(request.id)):
            known = facts(current)
        return document(status, {**known, "error": code, "message": str(error)})
    return document(200, facts(answered.approval) | {"message": answered.note})


def _ballot(request: Request) -> Ballot:
    body = request.json()
    answer, comment = body.get("decision", ""), body.get("comment") or ""
    if not (isinstance(answer, str) and isinstance(comment, str)):
        raise gate.BadBallotError("A decision and its comment are texts.")
    by = Principal.signed(request.caller_arn)
    return Ballot.parse(answer=answer, by=by, comment=comment, at=clock.now())


def _unsigned() -> Response:
    return document(403, {"error": "unsigned", "message": "operators sign their requests (SigV4)"})
