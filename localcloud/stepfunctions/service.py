"""The Step Functions service: the API in process and on the wire."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from uuid import uuid4
from wsgiref.types import StartResponse, WSGIEnvironment

from botocore.validate import ParamValidator

from localcloud.clock import Clock
from localcloud.service_model import service_model
from localcloud.stepfunctions.api import (
    execution_views,
    executions,
    map_runs,
    state_machines,
    tags,
    tasks,
    trials,
    versions,
)
from localcloud.stepfunctions.api.constraints import violations
from localcloud.stepfunctions.api.errors import ApiError, invalid
from localcloud.stepfunctions.definition.named_functions import named_functions
from localcloud.stepfunctions.durability.journal import Journal
from localcloud.stepfunctions.durability.store import COMPACT_BYTES, open_journal
from localcloud.stepfunctions.engine.execution import Execution
from localcloud.stepfunctions.engine.notifier import Notifier
from localcloud.stepfunctions.engine.runtime import LambdaReply
from localcloud.stepfunctions.engine.scheduler import Scheduler
from localcloud.stepfunctions.engine.status import Status
from localcloud.stepfunctions.engine.tokens import Tokens
from localcloud.stepfunctions.engine.workers import Workers
from localcloud.stepfunctions.errors import detected
from localcloud.stepfunctions.integrations.announcement import status_detail
from localcloud.stepfunctions.integrations.history_logs import HistoryLogs
from localcloud.stepfunctions.integrations.mocks import Mocks
from localcloud.stepfunctions.integrations.perform import perform, resume
from localcloud.stepfunctions.integrations.storage import Storage
from localcloud.stepfunctions.world import World

log = logging.getLogger(__name__)

Action = Callable[[World, Mapping[str, Any]], Any]

ACTIONS: Final[Mapping[str, Action]] = {
    **state_machines.ACTIONS,
    **versions.ACTIONS,
    **executions.ACTIONS,
    **execution_views.ACTIONS,
    **map_runs.ACTIONS,
    **tasks.ACTIONS,
    **tags.ACTIONS,
    **trials.ACTIONS,
}

_KEY_BYTES: Final = 32


class StepFunctions:
    """Step Functions of one account and region; its methods may be called from any thread."""

    def __init__(
        self,
        clock: Clock,
        *,
        account: str,
        region: str,
        invoke_lambda: Callable[[str, bytes], LambdaReply],
        expect_lambdas: Callable[[Sequence[str]], None] = lambda _names: None,
        client: Callable[[str], Any],
        on_status_change: Callable[[dict[str, Any]], None] | None = None,
        data_dir: Path | None = None,
        fsync: bool = False,
        compact_bytes: int = COMPACT_BYTES,
    ) -> None:
        """Start the service.

        Args:
            clock: drives every wait, timeout and timestamp.
            account: twelve digits.
            region: such as `us-east-1`.
            invoke_lambda: invokes a function (name or ARN, with or without qualifier) and
                blocks; raises `LookupError` when there is none, `ServiceError` when refused.
            expect_lambdas: is told at the start of an execution which functions it may invoke.
            client: a boto3 client for any other service; its calls block.
            on_status_change: gets the `detail` of each "Step Functions Execution Status Change".
            data_dir: where executions survive the process; None keeps them in memory only.
                What a former process left there goes on with `resume`.
            fsync: have every record there survive a power cut, at the price of a disk write.
            compact_bytes: how much may be written there before it is compacted.

        Raises:
            DataInUseError: another process has the directory open.
        """
        self._scheduler = Scheduler()
        self._workers = Workers(self._scheduler)
        self._notifier = Notifier(on_status_change)
        self._logs = HistoryLogs(client, settings_of=self._logging_of)
        mocks = Mocks(perform)
        self.runtime = World(
            clock=clock,
            account=account,
            region=region,
            invoke_lambda=invoke_lambda,
            expect_lambdas=expect_lambdas,
            client=client,
            announce=lambda execution: self._notifier.tell(status_detail(execution)),
            scheduler=self._scheduler,
            workers=self._workers,
            tokens=Tokens(secrets.token_bytes(_KEY_BYTES)),
            perform=mocks.perform,
            mocks=mocks,
            resume=resume,
            note=self._logs.note,
            storage=Storage(client),
        )
        self._dormant: list[Execution] = []
        if data_dir is not None:
            begin = partial(open_journal, fsync=fsync, compact_bytes=compact_bytes)
            try:
                self._scheduler.call(lambda: self._restore(begin(self.runtime, data_dir)))
            except BaseException:
                self.close()
                raise

    def resume(self) -> None:
        """Let executions go on that ran when a former process died.

        To be called once everything that they may call is there; until then they can be
        described, stopped and answered, but do nothing. Later calls change nothing.
        """
        self._scheduler.call(self._resume)

    def job_run_ended(self, run_id: str) -> None:
        """Let the task that follows a job run of Glue, if there is one, look at it now."""

        def tell() -> None:
            if ended := self.runtime.job_ends.get(run_id):
                ended.resolve(None)

        self._scheduler.post(tell)

    def functions_of(self, state_machine_arn: str) -> tuple[str, ...]:
        """Names or ARNs of the functions that a state machine names; none if there is none."""
        machine = self.runtime.machines.get(state_machine_arn)
        return () if machine is None else named_functions(machine.revision.definition)

    def _logging_of(self, execution: Execution) -> Mapping[str, Any]:
        machine = self.runtime.machines.get(execution.plan.state_machine_arn)
        return state_machines.NO_LOGGING if machine is None else machine.revision.logging

    def _restore(self, journal: Journal) -> None:
        self.runtime.journal = journal
        for execution in self.runtime.executions.values():
            execution.adopt(journal)
            if execution.status is Status.RUNNING:
                self._dormant.append(execution)

    def _resume(self) -> None:
        dormant, self._dormant = self._dormant, []
        for execution in dormant:
            execution.resume()

    def replace_mocks(self, document: Mapping[str, Any]) -> list[str]:
        """Put the test cases of a mock configuration in force; their names.

        Raises:
            ValueError: it is none; KeyError and TypeError likewise.
        """
        mocks = self.runtime.mocks
        self._scheduler.call(lambda: mocks.replace(document))
        return mocks.names

    def call(self, action: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Do an action of the API; blocks until it is done.

        Raises:
            ApiError: the request was refused.
        """
        act = ACTIONS.get(action)
        if act is None:
            raise ApiError("UnknownOperationException", f"Unknown operation: '{action}'")
        _check(action, params)
        result: dict[str, Any] = self._scheduler.call(lambda: act(self.runtime, params))
        return result

    def wsgi(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request of the AWS JSON 1.0 protocol."""
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        status, answer = self._answer(action, body)
        payload = json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")
        start_response(
            status,
            [
                ("Content-Type", "application/x-amz-json-1.0"),
                ("Content-Length", str(len(payload))),
                ("x-amzn-RequestId", str(uuid4())),
            ],
        )
        return [payload]

    def close(self) -> None:
        """End all threads; what runs is cut off where it stands."""
        self._scheduler.close()
        self._workers.close()
        self._notifier.close()
        self._logs.close()
        if self.runtime.journal is not None:
            self.runtime.journal.close()

    def _answer(self, action: str, body: bytes) -> tuple[str, dict[str, Any]]:
        try:
            return "200 OK", self.call(action, json.loads(body or b"{}"))
        except ApiError as error:
            return "400 Bad Request", {"__type": error.code, "message": error.message}
        except ValueError as error:
            return "400 Bad Request", {"__type": "SerializationException", "message": str(error)}
        except Exception as defect:
            log.exception("%s met a defect", action)
            return "500 Internal Server Error", {
                "__type": "InternalFailure",
                "message": repr(defect),
            }


def _check(action: str, params: Mapping[str, Any]) -> None:
    """Refuse parameters that are missing, unknown, or of the wrong type or length."""
    shape = service_model("stepfunctions").operation_model(action).input_shape
    report = ParamValidator().validate(params, shape)
    if report.has_errors():
        raise invalid(report.generate_report())
    if broken := list(violations(params, shape)):
        raise invalid(detected(broken))
