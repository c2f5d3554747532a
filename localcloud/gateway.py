"""The one door: finds the part of the local cloud that answers a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from localcloud.calls import CallLog, FunctionCall
from localcloud.faults.errors import ServiceError, respond_error
from localcloud.faults.requests import FaultyRequests
from localcloud.faults.rules import Plan
from localcloud.http.paths import APIS, CONTROL
from localcloud.http.wsgi import App, Environ, StartResponse
from localcloud.services import service_of


class Gateway:
    """Routes by path for what is not an AWS API, else by the service that was signed for."""

    def __init__(
        self,
        *,
        apis: App,
        control: App,
        services: Mapping[str, App],
        other_services: App,
        faults: Plan,
        calls: CallLog,
        after: Callable[[str, Environ], None],
        refusal: Callable[[FunctionCall], ServiceError | None],
        refusal_of_user: Callable[[Environ], tuple[str, ServiceError] | None],
    ) -> None:
        """`services` answer by signing name; `after` is told of each request answered.

        `refusal` is the error for what a function may not do, `refusal_of_user` that for a user.
        """
        self._apis = apis
        self._control = control
        self._services = services
        self._other_services = other_services
        self._aws = FaultyRequests(self._answer, faults)
        self._calls = calls
        self._after = after
        self._refusal = refusal
        self._refusal_of_user = refusal_of_user

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let the right part answer."""
        path = str(environ["PATH_INFO"])
        if path.startswith(APIS):
            return self._apis(environ, start_response)
        if path.startswith(CONTROL):
            return self._control(environ, start_response)
        call = self._calls.note(environ)
        if call is not None and (refused := self._refusal(call)) is not None:
            return respond_error(environ, start_response, call.service, refused)
        if call is None and (denied := self._refusal_of_user(environ)) is not None:
            return respond_error(environ, start_response, *denied)
        return self._aws(environ, start_response)

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        service = service_of(environ)
        answer = self._services.get(service, self._other_services)
        response = answer(environ, start_response)
        self._after(service, environ)
        return response
