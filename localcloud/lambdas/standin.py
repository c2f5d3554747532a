"""A Lambda runtime in plain Python, for machines where awslambdaric cannot be installed (macOS).

It behaves as AWS's runtime client does: the same error documents, log lines and exit codes. It
is loaded from its path by a forked worker, so it imports the standard library alone.
Source: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import decimal
import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

RUNTIME = "/2018-06-01/runtime"
FRAME_TEXT, FRAME_JSON = 0xA55A0003, 0xA55A0002
Handler = Callable[[Any, Any], Any]
Error = dict[str, Any]


class LoadError(Exception):
    """The handler cannot be loaded; `kind` is Lambda's name for the reason."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Identity:
    """Nobody: the local cloud has no Cognito."""

    cognito_identity_id: None = None
    cognito_identity_pool_id: None = None


@dataclass(frozen=True)
class LambdaContext:
    """What a handler gets as its second argument.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html
    """

    aws_request_id: str
    invoked_function_arn: str
    deadline_ms: int
    function_name: str
    function_version: str
    memory_limit_in_mb: str
    log_group_name: str
    log_stream_name: str
    client_context: Any = None
    tenant_id: None = None
    identity: Identity = field(default_factory=Identity)

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the timeout."""
        return max(self.deadline_ms - int(time.time() * 1000), 0)


class LogSink:
    """Writes whole messages as frames, so that those of several lines stay one event."""

    def __init__(self, descriptor: int, *, frame: int) -> None:
        self._file = os.fdopen(descriptor, "wb", 0)
        self._frame = frame

    def write(self, message: str) -> None:
        """One message."""
        data = message.encode()
        microseconds = time.time_ns() // 1000
        header = self._frame.to_bytes(4, "big") + len(data).to_bytes(4, "big")
        self._file.write(header + microseconds.to_bytes(8, "big") + data)


class JsonFormatter(logging.Formatter):
    """A record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """The record's text."""
        document = {
            "timestamp": self.formatTime(record, "%Y-%m-%dT%H:%M:%SZ"),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
            "requestId": getattr(record, "aws_request_id", ""),
        }
        if record.exc_info and record.exc_info[1] is not None:
            document["errorType"] = type(record.exc_info[1]).__name__
            document["errorMessage"] = str(record.exc_info[1])
            document["stackTrace"] = traceback.format_tb(record.exc_info[2])
        return json.dumps(document, ensure_ascii=False)


class SinkHandler(logging.Handler):
    """Sends log records to the sink, with the id of the present request."""

    def __init__(self, sink: LogSink) -> None:
        super().__init__()
        self.request_id = ""
        self._sink = sink

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        record.aws_request_id = self.request_id
        self._sink.write(self.format(record))


class Runtime:
    """Asks for invocations and answers them, for ever."""

    def __init__(self) -> None:
        address, _, self._word = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
        self._connection = http.client.HTTPConnection(address)
        self._json_logs = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        descriptor = int(os.environ.pop("_LAMBDA_TELEMETRY_LOG_FD"))
        self._sink = LogSink(descriptor, frame=FRAME_JSON if self._json_logs else FRAME_TEXT)
        self._log = SinkHandler(self._sink)
        self._set_up_logging()

    def run(self, name: str) -> None:
        """Load the handler `module.function` and serve; exits when it cannot be loaded."""
        try:
            handler = load(name)
        except LoadError as error:
            self._refuse(error_document(str(error), error.kind, []))
        except Exception as error:  # noqa: BLE001  (any error of the user's module)
            self._refuse(document_of(error, ""))
        while True:
            self._serve_one(handler)

    def _serve_one(self, handler: Handler) -> None:
        headers, body = self._request("GET", f"{RUNTIME}/invocation/next")
        request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self._log.request_id = request_id
        os.environ["_X_AMZN_TRACE_ID"] = headers.get("Lambda-Runtime-Trace-Id", "")
        answer = f"{RUNTIME}/invocation/{request_id}"
        try:
            result = handler(json.loads(body), context_of(headers))
            payload = serialise(result)
        except Exception as error:  # noqa: BLE001  (any error of the user's handler)
            document = document_of(error, request_id)
            self._log_error(document)
            self._request("POST", f"{answer}/error", json.dumps(document).encode())
        else:
            self._request("POST", f"{answer}/response", payload)

    def _request(self, method: str, path: str, body: bytes | None = None) -> tuple[Any, bytes]:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        self._connection.request(method, f"/{self._word}{path}", body, headers)
        reply = self._connection.getresponse()
        return reply.headers, reply.read()

    def _refuse(self, document: Error) -> None:
        self._log_error(document)
        self._request("POST", f"{RUNTIME}/init/error", json.dumps(document).encode())
        sys.exit(1)

    def _log_error(self, document: Error) -> None:
        if self._json_logs:
            stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            self._sink.write(json.dumps({"timestamp": stamp, "level": "ERROR", **document}))
            return
        lines = [f"[ERROR] {document['errorType']}: {document['errorMessage']}"]
        lines.append("Traceback (most recent call last):")
        lines += [line for frame in document["stackTrace"] for line in frame.splitlines()]
        self._sink.write("\n".join(lines))

    def _set_up_logging(self) -> None:
        logging.Formatter.converter = time.gmtime
        text = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n"
        plain = logging.Formatter(text, "%Y-%m-%dT%H:%M:%S")
        self._log.setFormatter(JsonFormatter() if self._json_logs else plain)
        root = logging.getLogger()
        root.addHandler(self._log)
        if level := os.environ.get("AWS_LAMBDA_LOG_LEVEL"):
            root.setLevel(level)


def load(name: str) -> Handler:
    """The function that `module.function` names.

    Raises:
        LoadError: there is none.
    """
    module_name, dot, function_name = name.rpartition(".")
    if not dot:
        raise LoadError("Runtime.MalformedHandlerName", f"Bad handler '{name}'")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        raise LoadError("Runtime.ImportModuleError", message) from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise LoadError("Runtime.UserCodeSyntaxError", message) from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError as error:
        message = f"Handler '{function_name}' missing on module '{module_name}'"
        raise LoadError("Runtime.HandlerNotFound", message) from error
    return handler


def context_of(headers: Any) -> LambdaContext:
    """The context that the headers of an invocation describe."""
    given = headers.get("Lambda-Runtime-Client-Context")
    return LambdaContext(
        aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
        invoked_function_arn=headers["Lambda-Runtime-Invoked-Function-Arn"],
        deadline_ms=int(headers["Lambda-Runtime-Deadline-Ms"]),
        function_name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        function_version=os.environ["AWS_LAMBDA_FUNCTION_VERSION"],
        memory_limit_in_mb=os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"],
        log_group_name=os.environ["AWS_LAMBDA_LOG_GROUP_NAME"],
        log_stream_name=os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
        client_context=json.loads(given) if given else None,
    )


def serialise(result: Any) -> bytes:
    """A handler's value as JSON; decimals as numbers, as AWS's runtime writes them."""

    def default(value: Any) -> Any:
        if isinstance(value, decimal.Decimal):
            return int(value) if value == value.to_integral_value() else float(value)
        raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")

    try:
        return json.dumps(result, ensure_ascii=False, default=default).encode()
    except (TypeError, ValueError) as error:
        raise MarshalError(f"Unable to marshal response: {error}") from error


class MarshalError(Exception):
    """The handler's value is no JSON."""


def document_of(error: BaseException, request_id: str) -> Error:
    """The error document of an exception, without the frames of this module."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__]
    kind = "Runtime.MarshalError" if isinstance(error, MarshalError) else type(error).__name__
    return error_document(str(error), kind, traceback.format_list(own), request_id)


def error_document(message: str, kind: str, stack: list[str], request_id: str = "") -> Error:
    """What Lambda's callers get as the payload of a failure."""
    return {
        "errorMessage": message,
        "errorType": kind,
        "requestId": request_id,
        "stackTrace": stack,
    }


def run(handler: str) -> None:
    """Serve invocations with the handler; never returns."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    Runtime().run(handler)
