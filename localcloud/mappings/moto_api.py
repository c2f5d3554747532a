"""Moto's API of event source mappings, held to Lambda's rules and telling of each change."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import EventSourceMapping, LambdaBackend
from moto.sqs.models import sqs_backends

from localcloud.mappings.mapping import InvalidMappingError, check

_changed: list[Callable[[], None]] = []


def attach(changed: Callable[[], None]) -> None:
    """Call `changed` after each change of a mapping; the last caller wins."""
    _changed[:] = [changed]
    backend: Any = LambdaBackend
    if hasattr(backend.create_event_source_mapping, "__wrapped__"):
        return
    backend.create_event_source_mapping = _create(backend.create_event_source_mapping)
    backend.update_event_source_mapping = _update(backend.update_event_source_mapping)
    backend.delete_event_source_mapping = _telling(backend.delete_event_source_mapping)
    backend.list_event_source_mappings = _list


def _create(original: Any) -> Any:
    @functools.wraps(original)
    def create(backend: Any, spec: dict[str, Any]) -> EventSourceMapping:
        arn, function = str(spec.get("EventSourceArn")), str(spec.get("FunctionName"))
        if ":sqs:" in arn:
            _check(backend, spec, arn, function)
            for known in _list(backend, arn, function):
                raise _refusal(
                    "ResourceConflictException",
                    f'An event source mapping with SQS arn (" {arn} ") and function (" {function} '
                    f'") already exists. Please update or delete the existing mapping with UUID '
                    f"{known.uuid}",
                    status=409,
                )
        made: EventSourceMapping = original(backend, spec)
        _tell()
        return made

    return create


def _update(original: Any) -> Any:
    @functools.wraps(original)
    def update(backend: Any, uuid: str, spec: dict[str, Any]) -> EventSourceMapping | None:
        before = backend.get_event_source_mapping(uuid)
        if before is not None and ":sqs:" in before.event_source_arn:
            function = str(spec.get("FunctionName") or before.function_name)
            whole = before.get_configuration() | spec
            _check(backend, whole, before.event_source_arn, function)
            before.function_name = function
        made: EventSourceMapping | None = original(backend, uuid, spec)
        _tell()
        return made

    return update


def _telling(original: Any) -> Any:
    @functools.wraps(original)
    def telling(backend: Any, *args: Any) -> Any:
        result = original(backend, *args)
        _tell()
        return result

    return telling


def _list(
    backend: Any, event_source_arn: str | None, function_name: str | None
) -> list[EventSourceMapping]:
    """Mappings by source and function, whichever way either names the function."""
    return [
        each
        for each in list(backend._event_source_mappings.values())  # noqa: SLF001
        if event_source_arn in (None, "", each.event_source_arn)
        and (not function_name or _bare(function_name) == _bare(each.function_name))
    ]


def _bare(function: str) -> str:
    """A function's name with its qualifier, out of its ARN.

    >>> _bare("arn:aws:lambda:eu-central-1:123456789012:function:f:live"), _bare("f")
    ('f:live', 'f')
    """
    return function.rpartition(":function:")[2]


def _check(backend: Any, spec: dict[str, Any], arn: str, function: str) -> None:
    try:
        check(spec, queue_arn=arn)
    except InvalidMappingError as error:
        raise _refusal("InvalidParameterValueException", str(error)) from error
    queues = sqs_backends[backend.account_id][backend.region_name].queues
    queue: Any = queues.get(arn.rpartition(":")[2])
    if queue is None:
        return  # moto says so
    timeout = int(backend.get_function(function).timeout)
    if queue.visibility_timeout < timeout:
        raise _refusal(
            "InvalidParameterValueException",
            f"Queue visibility timeout: {queue.visibility_timeout} seconds is less than Function "
            f"timeout: {timeout} seconds",
        )


def _refusal(code: str, message: str, *, status: int = 400) -> LambdaClientError:
    error = LambdaClientError(code, message)
    error.code = status
    return error


def _tell() -> None:
    for changed in _changed:
        changed()
