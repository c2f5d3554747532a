"""The AWS endpoint: every service that is answered or delivered by moto and by the event bus.

Functions and state machines are served through it but come from elsewhere: both need the
endpoint's address before they exist, so they are handed to `start`.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localcloud import corrections
from localcloud.account import ACCOUNT_ID
from localcloud.apis.exchange import Invoke
from localcloud.apis.front import Apis
from localcloud.apis.rest_control import RestControl
from localcloud.calls import CallLog, FunctionCall
from localcloud.clock import Clock
from localcloud.cloudformation.api import CloudFormation
from localcloud.cloudwatch import CloudWatch
from localcloud.control import (
    Control,
    Redeployable,
    Route,
    clock_routes,
    deploy_routes,
    fault_routes,
)
from localcloud.deploy.stack_work import StackWork
from localcloud.door import Door
from localcloud.events.bus import Bus, take_over_rules
from localcloud.events.delivery import Delivery
from localcloud.events.event import make_event
from localcloud.events.s3 import ObjectEvents
from localcloud.events.schedules import Schedules
from localcloud.events.targets import Targets
from localcloud.faults.errors import ServiceError
from localcloud.faults.events import FaultyEvents
from localcloud.faults.rules import Plan
from localcloud.gateway import Gateway
from localcloud.guard import Guard
from localcloud.http.callers import KEY_ID
from localcloud.http.operations import is_read, operation_of
from localcloud.http.wsgi import App, Environ
from localcloud.messages import messages
from localcloud.permissions.roles import RolePermissions
from localcloud.permissions.users import UserPermissions
from localcloud.persistence.store import Directory, Nowhere, Store
from localcloud.resetting import reset
from localcloud.services import Services
from localcloud.strict.dynamodb import StrictDynamoDB
from localcloud.strict.s3 import StrictS3
from localcloud.xray import XRay
from localcloud.xray.api import XRayApi

_KEPT_ELSEWHERE = frozenset({"dynamodb", "states"})
_WITH_SCHEDULES = frozenset({"events", "scheduler"})


class Endpoint:
    """Answers from `start` to `close`.

    Its environment variables are set for this process, because moto reads them.
    """

    def __init__(
        self, door: Door, *, data_dir: Path | None = None, judges_roles: bool = False
    ) -> None:
        """`door` leads here from `start` on, and is closed at the end.

        `data_dir` keeps the state of the services; without it, the state ends with them.
        `judges_roles` refuses functions what their roles do not allow.
        """
        corrections.apply()
        self._store: Store = (
            Nowhere() if data_dir is None else Directory(data_dir, account=ACCOUNT_ID)
        )
        self.clock = Clock()
        self._door = door
        self.account = door.account
        os.environ.update(self.account.environment)
        self.stack_work = StackWork(
            self.account.client, account=ACCOUNT_ID, region=self.account.region
        )
        self._delivery = Delivery(Targets(self.account.client), self.clock)
        self.faults = Plan()
        self._calls = CallLog()
        self._refusal: Callable[[FunctionCall], ServiceError | None] = lambda _: None
        self._refusal_of_user: Callable[[Environ], tuple[str, ServiceError] | None]
        self._refusal_of_user = lambda _: None
        if judges_roles:
            where = {"account": ACCOUNT_ID, "region": self.account.region}
            self._refusal = RolePermissions(**where).refusal
            self._refusal_of_user = UserPermissions(**where).refusal
        self.cloudwatch = CloudWatch(
            clock=self.clock,
            account=ACCOUNT_ID,
            region=self.account.region,
            client=self.account.client,
        )
        self.xray = XRay()
        self._bus = Bus(
            self._delivery,
            self.clock,
            reroute=FaultyEvents(self.faults),
            matched=self.cloudwatch.vended.matched,
        )
        take_over_rules(self._bus, self.clock)
        self._objects = ObjectEvents(self._bus, self.clock)
        self._schedules = Schedules(self._bus, self._delivery, self.clock, account=ACCOUNT_ID)
        self._closing = contextlib.ExitStack()
        self._closing.callback(self._store.close)
        self._closing.callback(self.clock.close)
        self._closing.callback(self._delivery.close)
        self._closing.callback(self.cloudwatch.close)
        self._closing.callback(self.xray.close)
        self._started_at = time.time()
        self.stack: str | None = None

    @property
    def url(self) -> str:
        """Where clients find it."""
        return self.account.endpoint_url

    def start(
        self,
        *,
        invoke_lambda: Invoke,
        state_machines: App,
        mock: Callable[[Mapping[str, Any]], list[str]] | None = None,
        deployments: Redeployable | None = None,
    ) -> None:
        """Answer requests from now on; `mock` puts mocks of tasks in force."""
        emulated = Services()
        signatures = self._door.signatures
        apis = Apis(
            invoke=invoke_lambda,
            signatures=signatures,
            account_of=self.account.keys.account_of,
            clock=self.clock,
            account=ACCOUNT_ID,
            vended=self.cloudwatch.vended,
        )
        gateway = Gateway(
            apis=apis,
            control=Control(self._controls(deployments) | _mock_routes(mock)),
            services={
                "apigateway": RestControl(apis.rest_store, emulated),
                "cloudformation": CloudFormation(self.stack_work, self.account.client),
                "dynamodb": StrictDynamoDB(
                    emulated, now=self.clock.now, keep=self._store.keep_items
                ),
                "s3": StrictS3(emulated, keep=self._store.keep_objects),
                "states": state_machines,
                "xray": XRayApi(self.xray.store, emulated),
            },
            other_services=emulated,
            faults=self.faults,
            calls=self._calls,
            after=self._follow_up,
            refusal=self._refusal,
            refusal_of_user=self._refusal_of_user,
        )
        self._schedules.refresh()
        self.cloudwatch.start()
        self._door.lead_to(Guard(gateway, signatures, serves=apis.serves))
        self._closing.callback(self._door.close)

    def _controls(self, deployments: Redeployable | None) -> dict[str, Route]:
        client = self.account.client
        return {
            **clock_routes(self.clock),
            **fault_routes(self.faults),
            **(deploy_routes(deployments) if deployments is not None else {}),
            "GET calls": lambda _: {"calls": self._calls.seen()},
            "GET health": lambda _: self._health(),
            "GET messages": lambda _: messages(account=ACCOUNT_ID, now=self.clock.now),
            "POST reset": lambda document: {"reset": reset(document.get("service"), client)},
        }

    def announce_status_change(self, detail: dict[str, Any]) -> None:
        """Publish and count the change of an execution's status, as Step Functions does.

        Source: https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
        """
        self.cloudwatch.vended.execution(detail)
        self._announce(
            "aws.states",
            "Step Functions Execution Status Change",
            detail,
            resources=[detail["executionArn"]],
        )

    def announce_job_run(self, detail: dict[str, Any]) -> None:
        """Publish the end of a job run, as Glue does.

        Source: https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html
        """
        self._announce("aws.glue", "Glue Job State Change", detail, resources=[])

    def _announce(
        self, source: str, detail_type: str, detail: dict[str, Any], *, resources: list[str]
    ) -> None:
        self._bus.publish(
            make_event(
                source=source,
                detail_type=detail_type,
                detail=detail,
                account=ACCOUNT_ID,
                region=self.account.region,
                resources=resources,
                at=self.clock.now(),
            )
        )

    def close(self) -> None:
        """Stop answering, then drop what was to be delivered later."""
        self._closing.close()

    def _follow_up(self, service: str, environ: Environ) -> None:
        """Publish, fire and keep what a request has changed."""
        if service == "s3":
            requester = self.account.keys.account_of(str(environ[KEY_ID]))
            self._objects.flush(requester=requester)
        elif service not in _KEPT_ELSEWHERE and not is_read(operation_of(service, environ)):
            if service in _WITH_SCHEDULES:
                self._schedules.refresh()
            self._store.changed(service)

    def _health(self) -> dict[str, object]:
        return {
            "status": "deployed" if self.stack else "empty",
            "stack": self.stack,
            "pid": os.getpid(),
            "region": self.account.region,
            "started_at": self._started_at,
        }


def _mock_routes(mock: Callable[[Mapping[str, Any]], list[str]] | None) -> dict[str, Route]:
    return {} if mock is None else {"POST mocks": lambda document: {"cases": mock(document)}}
