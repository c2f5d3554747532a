"""Somebody who holds an invitation's link and no browser."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import uuid4


def multipart(fields: Mapping[str, str], content: bytes, *, files: int = 1) -> tuple[bytes, str]:
    """A form as browsers send it, the file last: its bytes and its content type."""
    edge = uuid4().hex
    parts = [f'name="{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
    parts += [
        b'name="file"; filename="mine.csv"\r\nContent-Type: text/csv\r\n\r\n' + content
    ] * files
    head = f"--{edge}\r\nContent-Disposition: form-data; ".encode()
    body = b"".join(head + part + b"\r\n" for part in parts) + f"--{edge}--\r\n".encode()
    return body, f"multipart/form-data; boundary={edge}"


@dataclass(frozen=True)
class Sender:
    """What a link lets a program do."""

    link: str

    @cached_property
    def key(self) -> str:
        """By which the door counts requests, as its page has it."""
        with urllib.request.urlopen(self.link.partition("#")[0]) as page:
            [key] = re.findall(r'data-key="([^"]+)"', page.read().decode())
        return str(key)

    def post(self, what: str, headers: Mapping[str, str] = {}, **body: object) -> tuple[int, Any]:
        """The status and the document that the door answers."""
        address, _, secret = self.link.partition("#")
        request = urllib.request.Request(
            f"{address}/{what}",
            data=json.dumps({"secret": secret, **body}).encode(),
            headers={"Content-Type": "application/json", "X-Api-Key": self.key, **headers},
        )
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def send(self, name: str, content: bytes) -> Any:
        """Send a file as the page does; what the door tells then."""
        status, form = self.post("form", name=name, size_bytes=len(content))
        assert status == 200, form
        body, kind = multipart(form["fields"], content)
        request = urllib.request.Request(form["url"], data=body, headers={"Content-Type": kind})
        with urllib.request.urlopen(request) as answer:
            version = answer.headers["x-amz-version-id"]
        return self.post("fate", version_id=version)[1]
