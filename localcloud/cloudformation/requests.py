"""What a request says of a stack: its template, parameters and tags."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.exceptions import ClientError

from localcloud.cloudformation.errors import invalid
from localcloud.cloudformation.wire import Request
from localcloud.deploy.stack_work import Wish
from localcloud.deploy.stacks import StackRecord

_HOSTED = re.compile(r"(?P<bucket>.+?)\.s3[.-][^/]*amazonaws\.com")


def wish_of(
    request: Request, *, stack: str, before: StackRecord | None, client: Callable[[str], Any]
) -> Wish:
    """What the request wants the stack to be.

    Raises:
        RefusedError: there is no template, or a parameter without a value.
    """
    return Wish(
        stack=stack,
        source=source_of(request, before=before, client=client),
        parameters=_parameters(request, before),
        tags=tuple((tag["Key"], tag["Value"]) for tag in request.get("Tags", [])),
        capabilities=tuple(request.get("Capabilities", [])),
    )


def source_of(request: Request, *, before: StackRecord | None, client: Callable[[str], Any]) -> str:
    """The template's text: from the request, from S3, or from the stack.

    Raises:
        RefusedError: there is none.
    """
    if body := request.get("TemplateBody"):
        return str(body)
    if url := request.get("TemplateURL"):
        return _fetch(str(url), client)
    if before is not None and request.get("UsePreviousTemplate") == "true":
        return before.source
    raise invalid("Either Template URL or Template Body must be specified.")


def _fetch(url: str, client: Callable[[str], Any]) -> str:
    bucket, key = place_of(url)
    try:
        body: bytes = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    except ClientError as error:
        raise invalid(f"S3 error: {error}") from error
    return body.decode()


def place_of(url: str) -> tuple[str, str]:
    """Bucket and key of a template's URL, in either style of S3, or of the local endpoint.

    >>> place_of("https://s3.eu-central-1.amazonaws.com/b/a/t.yaml")
    ('b', 'a/t.yaml')
    >>> place_of("https://b.s3.us-east-1.amazonaws.com/t%20.yaml?versionId=1")
    ('b', 't .yaml')
    >>> place_of("http://127.0.0.1:4566/b/t.yaml"), place_of("s3://b/t.yaml")
    (('b', 't.yaml'), ('b', 't.yaml'))
    """
    parts = urlsplit(url)
    path = unquote(parts.path.lstrip("/"))
    if parts.scheme == "s3":
        return parts.netloc, path
    if hosted := _HOSTED.fullmatch(parts.netloc):
        return hosted["bucket"], path
    bucket, _, key = path.partition("/")
    return bucket, key


def _parameters(request: Request, before: StackRecord | None) -> dict[str, str]:
    previous = dict(before.parameters) if before else {}
    values = {}
    for given in request.get("Parameters", []):
        name = given["ParameterKey"]
        if given.get("UsePreviousValue") == "true":
            if name not in previous:
                raise invalid(
                    f"Invalid input for parameter key {name}. Cannot specify usePreviousValue "
                    "as true for a parameter key not in the previous template"
                )
            values[name] = previous[name]
        else:
            values[name] = given.get("ParameterValue", "")
    return values
