"""Every API of API Gateway under its id, of whichever kind it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from localcloud.apis.exchange import Invoke, split_path, timed
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
        )
        self._rest = RestApis(self.rest_store, invoke=invoke, clock=clock, account=account)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request of an API, and let CloudWatch count it."""
        api_id = split_path(environ)[0]
        rest = self.rest_store.api(api_id)
        if rest is None:
            serve = timed(self._http, partial(self._vended.answered, api_id))
        else:
            serve = timed(self._rest, partial(self._vended.rest_answered, rest["name"]))
        return serve(environ, start_response)

    def serves(self, api_id: str) -> bool:
        """Whether there is an API with this id."""
        return self.rest_store.api(api_id) is not None or self._http.serves(api_id)
