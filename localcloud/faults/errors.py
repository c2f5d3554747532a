"""Error responses as each service writes them, in the protocol in which the client asked."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape

from localcloud.http.wsgi import Environ, StartResponse, respond, speaks_query


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error code with its HTTP status and what it says."""

    code: str
    status: int
    message: str = "a fault that was asked for"


_THROTTLES = {
    "dynamodb": ServiceError("ProvisionedThroughputExceededException", 400),
    "lambda": ServiceError("TooManyRequestsException", 429),
    "s3": ServiceError("SlowDown", 503),
    "sns": ServiceError("Throttled", 429),
    "sqs": ServiceError("RequestThrottled", 403),
}
_FAULTS = {
    "dynamodb": ServiceError("InternalServerError", 500),
    "lambda": ServiceError("ServiceException", 500),
    "s3": ServiceError("InternalError", 500),
    "sns": ServiceError("InternalError", 500),
}
_SIGNATURE_CODES = {
    # flaw: code of S3, of the Query protocol, of those that speak JSON
    "missing": (
        "AccessDenied",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
    ),
    "unknown key": ("InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
    "wrong": ("SignatureDoesNotMatch", "SignatureDoesNotMatch", "InvalidSignatureException"),
    "expired": ("RequestTimeTooSkewed", "SignatureDoesNotMatch", "InvalidSignatureException"),
}
_KNOWN_STATUS = {
    "TooManyRequestsException": 429,
    "ServiceUnavailable": 503,
    "SlowDown": 503,
    "InternalError": 500,
    "InternalFailure": 500,
    "InternalServerError": 500,
    "ServiceException": 500,
}


def service_error(service: str, error: str, status: int | None = None) -> ServiceError:
    """The error of that code; `throttle` and `fault` stand for what the service itself says."""
    match error:
        case "throttle":
            found = _THROTTLES.get(service, ServiceError("ThrottlingException", 400))
        case "fault":
            found = _FAULTS.get(service, ServiceError("InternalFailure", 500))
        case _:
            found = ServiceError(error, _KNOWN_STATUS.get(error, 400))
    return ServiceError(found.code, status or found.status)


def signature_error(environ: Environ, service: str, flaw: str, message: str) -> ServiceError:
    """What a service answers to a request that is not signed as it must be."""
    of_s3, of_query, of_json = _SIGNATURE_CODES[flaw]
    code = of_s3 if service == "s3" else of_query if speaks_query(environ) else of_json
    return ServiceError(code, HTTPStatus.FORBIDDEN, message)


def respond_error(
    environ: Environ, start_response: StartResponse, service: str, error: ServiceError
) -> Iterable[bytes]:
    """Answer a request of a service with an error, in the service's protocol."""
    content_type, headers = "application/x-amz-json-1.0", {"x-amzn-errortype": error.code}
    body = json.dumps({"__type": error.code, "message": error.message, "Message": error.message})
    if service == "s3" or speaks_query(environ):
        content_type, headers = "application/xml", {}
        code, message = escape(error.code), escape(error.message)
        inner = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
        body = inner if service == "s3" else f"<ErrorResponse>{inner}</ErrorResponse>"
    status = HTTPStatus(error.status)
    return respond(
        start_response, status, body.encode(), content_type=content_type, headers=headers
    )
