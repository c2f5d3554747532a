"""The one account of the local cloud: where it is, who its programs are, clients for it."""

from __future__ import annotations

import os
import threading
from functools import cached_property, partial
from typing import Any

from localcloud.http.keys import AccessKey, Keys
from localcloud.http.wsgi import App

ACCOUNT_ID = "123456789012"


class Account:
    """An endpoint and a region, with clients that are shared by all threads."""

    def __init__(
        self,
        *,
        endpoint_url: str,
        region: str,
        owner: AccessKey | None = None,
        app: App | None = None,
    ) -> None:
        """`owner` is the key of a cloud that runs elsewhere; without it, this is a new one.

        `app` is what answers at the endpoint, if that is in this process: clients ask it directly.
        """
        self.endpoint_url = endpoint_url
        self.region = region
        self.keys = Keys(account=ACCOUNT_ID, owner=owner or AccessKey.random())
        self._app = app
        self._lock = threading.Lock()
        self._clients: dict[str, Any] = {}

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which every AWS SDK and the aws CLI find the local cloud."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": self.keys.owner.id,
            "AWS_SECRET_ACCESS_KEY": self.keys.owner.secret,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
        }

    def client(self, service: str) -> Any:
        """The client of a service, by boto3's name for it."""
        with self._lock:
            if service not in self._clients:
                self._clients[service] = self._make_client(service)
            return self._clients[service]

    @cached_property
    def _make_client(self) -> Any:
        """Makes a client of a service; importing boto3 takes longer than opening the port."""
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        from localcloud.known_endpoint import session_without_rules  # noqa: PLC0415

        session = boto3.Session(
            self.keys.owner.id,
            self.keys.owner.secret,
            region_name=self.region,
            botocore_session=session_without_rules(),
        )
        config = Config(
            s3={"addressing_style": "path"},
            retries={"mode": "standard", "total_max_attempts": 2},
            max_pool_connections=64,
            read_timeout=910,  # a Lambda invocation may take 900 seconds
            inject_host_prefix=False,
            user_agent="localcloud",  # botocore's own takes as long as a signature
        )
        if (app := self._app) is not None:
            from localcloud.http.within import answer_within  # noqa: PLC0415  as above

            events: Any = session.events
            events.register("before-send", lambda request, **_: answer_within(app, request))
        make: Any = session.client
        return partial(make, endpoint_url=self.endpoint_url, config=config)


def chosen_region() -> str:
    """The region that the environment asks for, as SDKs would look for it."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
