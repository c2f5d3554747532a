"""A Step Functions service with functions made of Python callables."""

import itertools
import json
import threading

import pytest

from localcloud.clock import Clock
from localcloud.stepfunctions import ApiError, LambdaReply, StepFunctions
from localcloud.stepfunctions.engine.scheduler import BREATH

ROLE = "arn:aws:iam::000000000000:role/machine"
PATIENCE_SECONDS = 30


def invoke(function, **fields):
    """A Task that invokes a function with its input."""
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": function, "Payload.$": "$"},
        "OutputPath": "$.Payload",
        **fields,
    }


def chain(**states):
    """A machine of states that follow one another in their order."""
    names = list(states)
    for name, following in zip(names, [*names[1:], None], strict=True):
        state = states[name]
        if state["Type"] not in ("Choice", "Succeed", "Fail"):
            state.update({"Next": following} if following else {"End": True})
    return {"StartAt": names[0], "States": states}


class FunctionError(Exception):
    """What a function of the lab raises to fail with an error type."""

    def __init__(self, error_type, message=""):
        super().__init__(error_type, message)
        self.payload = {"errorType": error_type, "errorMessage": message}


class Lab:
    """A service, its clock, and functions by name."""

    def __init__(self, **options):
        self.clock = options.pop("clock", None) or Clock()
        self.functions = options.pop("functions", {})
        self.changes = []
        self._names = itertools.count()
        self.sfn = StepFunctions(
            self.clock,
            account="000000000000",
            region="us-east-1",
            invoke_lambda=self._invoke,
            client=options.pop("client", None),
            on_status_change=self.changes.append,
            **options,
        )
        self.sfn.resume()

    def close(self):
        self.sfn.close()
        self.clock.close()

    def call(self, action, **params):
        return self.sfn.call(action, params)

    def refused(self, action, **params):
        """The code of the error by which an action is refused."""
        with pytest.raises(ApiError) as error:
            self.call(action, **params)
        return error.value.code

    def machine(self, definition, **params):
        """Create a state machine and return its ARN."""
        name = params.pop("name", f"machine-{next(self._names)}")
        return self.call(
            "CreateStateMachine",
            name=name,
            definition=json.dumps(definition),
            roleArn=ROLE,
            **params,
        )["stateMachineArn"]

    def start(self, definition, value=None, **params):
        """Start an execution of a new state machine and return its ARN."""
        arn = self.machine(definition)
        text = json.dumps({} if value is None else value)
        return self.call("StartExecution", stateMachineArn=arn, input=text, **params)[
            "executionArn"
        ]

    def ended(self, arn):
        """The description of an execution once it has ended."""

        async def wait():
            await self.sfn.runtime.executions[arn].ended

        self.within(lambda: self.sfn.runtime.scheduler.call(wait))
        return self.call("DescribeExecution", executionArn=arn)

    def run(self, definition, value=None):
        """Run an execution to its end and return its description."""
        return self.ended(self.start(definition, value))

    def advance(self, seconds):
        """Move the clock once everything that can run has run until it waits."""

        async def settle():
            for _ in range(100):
                await BREATH

        self.sfn.runtime.scheduler.call(settle)
        self.clock.advance(seconds)

    def until(self, condition, *, seconds=0):
        """Let everything run, and so many seconds pass each time, until the condition holds."""

        def hurry():
            while not condition():
                self.advance(seconds)

        self.within(hurry)

    def output(self, definition, value=None):
        """The output of an execution that succeeds."""
        described = self.run(definition, value)
        assert described["status"] == "SUCCEEDED", described
        return json.loads(described["output"])

    def history(self, arn, **params):
        """All events of an execution."""
        return self.call("GetExecutionHistory", executionArn=arn, maxResults=1000, **params)[
            "events"
        ]

    def types(self, arn):
        """The types of all events of an execution."""
        return [event["type"] for event in self.history(arn)]

    @staticmethod
    def within(function, seconds=PATIENCE_SECONDS):
        """Run a function on a thread and fail if it does not end."""
        thread = threading.Thread(target=function, daemon=True)
        thread.start()
        thread.join(seconds)
        assert not thread.is_alive(), "it did not end"

    def _invoke(self, name, payload):
        function = self.functions[name.rpartition(":")[2]]
        try:
            value, error = function(json.loads(payload)), None
        except FunctionError as failure:
            value, error = failure.payload, "Unhandled"
        return LambdaReply(
            payload=json.dumps(value).encode(),
            function_error=error,
            executed_version="$LATEST",
            log_tail="END\n",
        )


@pytest.fixture
def lab():
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture
def new_lab():
    """Makes labs with options of their own."""
    labs = []

    def make(**options):
        labs.append(Lab(**options))
        return labs[-1]

    yield make
    for lab in labs:
        lab.close()
