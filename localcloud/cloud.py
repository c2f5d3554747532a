"""Puts the parts of the local cloud together, and takes them apart again in the right order."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from localcloud.account import ACCOUNT_ID, Account
from localcloud.deploy import DeployError
from localcloud.deploy.deployments import Deployments
from localcloud.door import Door
from localcloud.endpoint import Endpoint
from localcloud.faults.invocations import Invoke, faulty
from localcloud.glue import GlueRuns
from localcloud.lambdas import InvocationRefusedError, Lambdas, UnknownFunctionError
from localcloud.mappings import EventSourceMappings
from localcloud.spare_memory import give_back
from localcloud.stepfunctions import LambdaReply as StatesReply
from localcloud.stepfunctions import ServiceError, StepFunctions

__all__ = ["Cloud", "DeployError"]


class Cloud:
    """AWS on 127.0.0.1, from construction to `close`."""

    def __init__(
        self,
        door: Door,
        *,
        data_dir: Path | None = None,
        fsync: bool = False,
        judges_roles: bool = False,
    ) -> None:
        """`door` is closed at the end.

        `fsync` has what executions leave in `data_dir` survive a power cut, too;
        `judges_roles` refuses functions what their roles do not allow.
        """
        with contextlib.ExitStack() as started:
            self._endpoint = endpoint = Endpoint(door, data_dir=data_dir, judges_roles=judges_roles)
            region = endpoint.account.region
            started.callback(endpoint.close)
            lambdas = Lambdas(
                clock=endpoint.clock,
                account=ACCOUNT_ID,
                region=region,
                endpoint_url=endpoint.url,
                access_key=endpoint.account.keys.of_function,
                client=endpoint.account.client,
                named_by=self._functions_of,
                meter=endpoint.cloudwatch.vended,
                xray=endpoint.xray,
            )
            started.callback(lambdas.close)
            invoke_lambda = faulty(lambdas.invoke, endpoint.faults)
            glue = GlueRuns(
                clock=endpoint.clock,
                endpoint_url=endpoint.url,
                client=endpoint.account.client,
                ended=self._job_run_ended,
            )
            started.callback(glue.close)
            self._state_machines = state_machines = StepFunctions(
                endpoint.clock,
                account=ACCOUNT_ID,
                region=region,
                invoke_lambda=_as_task(invoke_lambda),
                expect_lambdas=lambdas.expect,
                client=endpoint.account.client,
                on_status_change=endpoint.announce_status_change,
                data_dir=data_dir,
                fsync=fsync,
            )
            started.callback(state_machines.close)
            mappings = EventSourceMappings(
                invoke=invoke_lambda, clock=endpoint.clock, account=ACCOUNT_ID, region=region
            )
            started.callback(mappings.close)
            self.deployments = Deployments(endpoint.account, endpoint.stack_work)
            endpoint.start(
                invoke_lambda=lambdas.invoke,
                state_machines=state_machines.wsgi,
                mock=state_machines.replace_mocks,
                deployments=self.deployments,
            )
            door.wake_at_first_visit(lambdas.get_ready)
            self._closing = started.pop_all()

    @property
    def account(self) -> Account:
        """Where it is, and clients for it."""
        return self._endpoint.account

    def deploy(self, template: Path, *, stack: str, parameters: dict[str, str]) -> dict[str, str]:
        """Create or update a stack; the result is its Outputs.

        Raises:
            DeployError: the template, a parameter or a resource is wrong; the message names it.
        """
        outputs = self.deployments.deploy(template, stack=stack, parameters=parameters)
        self._endpoint.stack = stack
        self.resume()
        return outputs

    def resume(self) -> None:
        """Go on with the executions of the last start; what the start needed is given back."""
        self._state_machines.resume()
        give_back()

    def _functions_of(self, state_machine_arn: str) -> tuple[str, ...]:
        return self._state_machines.functions_of(state_machine_arn)

    def _job_run_ended(self, detail: dict[str, Any]) -> None:
        """Tell whoever has a rule for it, and the task that waits for it."""
        self._endpoint.announce_job_run(detail)
        self._state_machines.job_run_ended(detail["jobRunId"])

    def close(self) -> None:
        """End everything that was started, the last first; the endpoint answers to the end."""
        self._closing.close()


def _as_task(invoke: Invoke) -> Callable[[str, bytes], StatesReply]:
    """Invocations as a Task state sees them: a refusal is an error of the service."""

    def attempt(function: str, payload: bytes) -> StatesReply:
        try:
            reply = invoke(function, payload)
        except UnknownFunctionError:
            raise
        except InvocationRefusedError as refusal:
            raise ServiceError(refusal.code, refusal.message) from refusal
        return StatesReply(
            payload=reply.payload,
            function_error=reply.function_error,
            executed_version=reply.executed_version,
            request_id=reply.request_id,
            log_tail=reply.log_tail,
        )

    return attempt
