"""The gate's HTTP API with answers from a table."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any


@dataclass
class Gate:
    """Answers `METHOD /path` from a table; remembers who asked what."""

    url: str = ""
    answers: dict[str, tuple[int, dict[str, Any]]] = field(default_factory=dict)
    heard: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    on_decision: Callable[[], None] | None = None


class GateHandler(BaseHTTPRequestHandler):
    gate: Gate

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = f"{self.command} {self.path}"
        signature = self.headers.get("Authorization", "")
        self.gate.heard.append((request, json.loads(body or b"{}"), signature))
        status, document = self.gate.answers.get(request, (404, {}))
        if self.command == "POST" and status == 200 and self.gate.on_decision:
            self.gate.on_decision()
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _answer  # noqa: N815 - http.server looks for these names

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""
