"""Every API of API Gateway under its id, of whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from localcloud.apis.exchange import Invoke, split_path
from localcloud.apis.http_apis import HttpApis
from localcloud.apis.rest_apis import RestApis
from localcloud.apis.rest_store import RestStore
from localcloud.clock import Clock
from localcloud.cloudwatch.vended import Vended
from localcloud.http.signatures import Signatures
from localcloud.http.wsgi import Environ, StartResponse


class Apis:
    """Serves the HTTP APIs and the REST APIs of one account."""

    def __init__(
        self,
        *,
        invoke: Invoke,
        signatures: Signatures,
        account_of: Callable[[str], str],
        clock: Clock,
        account: str,
        vended: Vended,
    ) -> None:
        """`account_of` tells whose an access key id is, `account` whose the APIs are."""
        self.rest_store = RestStore(account)
        self._vended = vended
        self._http = HttpApis(
            invoke=invoke,
            signatures=signatures,
            account_of=account_of,
            clock=clock,
            account=account,
            answered=vended.answered,
        )
        self._rest = RestApis(
            self.rest_store,
            invoke=invoke,
            clock=clock,
            account=account,
            answered=self._rest_answered,
        )

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request of an API."""
        is_rest = self._rest.serves(split_path(environ)[0])
        return (self._rest if is_rest else self._http)(environ, start_response)

    def serves(self, api_id: str) -> bool:
        """Whether there is an API with this id."""
        return self._rest.serves(api_id) or self._http.serves(api_id)

    def _rest_answered(self, api_id: str, *, status: int, duration_ms: float) -> None:
        api = self.rest_store.api(api_id)
        if api is not None:
            self._vended.rest_answered(api["name"], status=status, duration_ms=duration_ms)
