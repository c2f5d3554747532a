"""What the requests share that go straight into moto's tables, past its other layers."""

from __future__ import annotations

import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Self

from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from localcloud.account import ACCOUNT_ID
from localcloud.http.wsgi import StartResponse, respond
from localcloud.strict.headers import usual_headers

CONTENT_TYPE = "application/x-amz-json-1.0"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the table said."""

    status: HTTPStatus
    body: bytes

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """The answer to a request that was carried out."""
        return cls(HTTPStatus.OK, json.dumps(document).encode())

    def send(self, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request with it."""
        headers = usual_headers() | {"x-amz-crc32": str(binascii.crc32(self.body))}
        return respond(
            start_response, self.status, self.body, content_type=CONTENT_TYPE, headers=headers
        )


def table_of(name: str, region: str) -> Any:
    """The table of that name, or None."""
    return dynamodb_backends[ACCOUNT_ID][region].tables.get(name)


def met(table: Any, item: Mapping[str, Any]) -> Any:
    """The item that the table has under the same key, or None."""
    sort = DynamoType(item[table.range_key_attr]) if table.range_key_attr else None
    return table.get_item(DynamoType(item[table.hash_key_attr]), sort)


def described(item: Item) -> dict[str, Any] | None:
    """An item as the API gives it; None if something in it is not plain."""
    document = {name: _described(value) for name, value in item.attrs.items()}
    return document if all(map(is_plain, document.values())) else None


def _described(value: DynamoType) -> dict[str, Any]:
    content = value.value
    if value.is_map():
        content = {name: _described(part) for name, part in content.items()}
    elif value.is_list():
        content = [_described(part) for part in content]
    return {value.type: content}


def store(table: Any, item: dict[str, Any], *, over: bool) -> bool:
    """Put an item that keeps DynamoDB's rules, `over` another or only where there is none.

    Returns whether it was put.
    """
    partition = DynamoType(item[table.hash_key_attr])
    sort = DynamoType(item[table.range_key_attr]) if table.range_key_attr else None
    old = table.get_item(partition, sort)
    if old is not None and not over:
        return False
    new = Item(partition, sort, item)
    if sort is None:
        table.items[partition] = new
    else:
        table.items[partition][sort] = new
    if table.stream_shard is not None:
        table.stream_shard.add(old, new)
    return True


def is_plain(value: Mapping[str, Any]) -> bool:
    """Whether a value has one of the types that look the same to moto as in JSON."""
    if len(value) != 1:
        return False
    [(kind, content)] = value.items()
    match kind:
        case "S" | "N":
            return isinstance(content, str)
        case "BOOL":
            return isinstance(content, bool)
        case "M":
            return isinstance(content, dict) and all(map(is_plain, content.values()))
        case "L":
            return isinstance(content, list) and all(map(is_plain, content))
    return False
