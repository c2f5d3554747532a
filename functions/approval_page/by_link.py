"""The routes for people who hold a link: a page for everybody, facts and answers for the secret."""

from __future__ import annotations

from approval_page import render
from approval_page.answers import decide
from approval_page.facts import facts as facts_of
from approval_page.hindrances import not_found
from pages import frame
from pages.http import Request, Response, UnreadableBodyError
from pages.http import asset as file
from pages.http import page as html_page
from pipeline.gate import gate
from pipeline.gate.gate import Approval, Ballot
from pipeline.principal import Principal, UnusableNameError
from stores import clock
from stores.approvals import Approvals
from stores.control import ControlTable
from stores.runs import Runs

_STATUSES: dict[type[Exception], int] = {
    UnusableNameError: 422,
    gate.BadBallotError: 422,
    gate.NotAllowedError: 403,
    gate.AlreadyDecidedError: 409,
}


def page(request: Request, _control: ControlTable) -> Response:
    """Return the page without facts, the same for every id: nobody learns which ids exist."""
    if not request.id:
        return not_found()
    return html_page(200, render.shell(request.id))


def asset(request: Request, _control: ControlTable) -> Response:
    """Return a file that the page needs."""
    name = request.parameters.get("name", "")
    if name == render.SCRIPT:
        return file(render.FOLDER / name, frame.SCRIPT)
    return file(frame.FOLDER / name, frame.STYLE[name]) if name in frame.STYLE else not_found()


def facts(request: Request, control: ControlTable) -> Response:
    """Return the facts and the form, once the secret is right."""
    try:
        secret = request.form().get("secret", "")
    except UnreadableBodyError as error:
        return _unreadable(error)
    approval = _opened(request, control, secret)
    if approval is None:
        return not_found()
    return html_page(200, _facts(control, approval, secret))


def decision(request: Request, control: ControlTable) -> Response:
    """Count an answer and say what became of it."""
    try:
        form = request.form()
    except UnreadableBodyError as error:
        return _unreadable(error)
    secret = form.get("secret", "")
    approval = _opened(request, control, secret)
    if approval is None:
        return not_found()
    if request.is_from_elsewhere:
        return html_page(
            403, _facts(control, approval, secret, alert="The form came from another site.")
        )
    if approval.status == gate.PENDING and form.get("form_token") != gate.form_token(
        approval, secret
    ):
        alert = "Something changed since you opened this page. Look again, then decide."
        return html_page(409, _facts(control, approval, secret, alert=alert))
    typed = {"by": form.get("by", ""), "comment": form.get("comment", "")}
    try:
        answered = decide(control, approval.approval_id, _ballot(form.get("answer", ""), **typed))
    except (UnusableNameError, gate.GateError) as error:
        status = _STATUSES[type(error)]
        current = Approvals(control).find(approval.approval_id) or approval
        return html_page(status, _facts(control, current, secret, alert=str(error), **typed))
    return html_page(200, _facts(control, answered.approval, secret, alert=answered.note))


def _ballot(answer: str, *, by: str, comment: str) -> Ballot:
    return Ballot.parse(answer=answer, by=Principal.by_link(by), comment=comment, at=clock.now())


def _opened(request: Request, control: ControlTable, secret: str) -> Approval | None:
    approval = Approvals(control).find(request.id)
    return approval if approval is not None and approval.accepts(secret) else None


def _facts(
    control: ControlTable,
    approval: Approval,
    secret: str,
    *,
    alert: str = "",
    by: str = "",
    comment: str = "",
) -> str:
    form = render.form(approval, secret, by=by, comment=comment, now=clock.now())
    outcome = _outcome(control, approval)
    return render.facts(facts_of(approval), form=form, outcome=outcome, alert=alert)


def _outcome(control: ControlTable, approval: Approval) -> str:
    """How the run ended, once it has."""
    run = None if approval.status == gate.PENDING else Runs(control).get(approval.run_id)
    if run is None or not run.ended:
        return ""
    return f"The run ended as {run.status}{f': {run.why}' if run.why else ''}."


def _unreadable(error: UnreadableBodyError) -> Response:
    return html_page(415, render.message("That was no form", f"{error}."))
