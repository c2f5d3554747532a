"""The one way to the terminal: data to stdout, remarks to stderr, and no text that steers either.

What comes from outside (headers, keys, comments, causes) may hold escape sequences: by them a file
name could write the clipboard or hide a line. Whatever does not show is therefore spelled out,
line by line, right before it is written. Colours are told apart from such text by marks that
`paint` alone sets; NO_COLOR, or an output that is no terminal, leaves them out.
Source: https://no-color.org/
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any, Final, TextIO

import click

from pipeline.printable import is_seen, printable

_COLOURS: Final = ("red", "green", "yellow", "blue", "cyan", "dim")
# Noncharacters: no text may hold them, so `paint` drops those that one holds all the same.
# Source: https://www.unicode.org/faq/private_use.html#nonchar4
_FIRST_MARK, _LAST_MARK = 0xFDD0, 0xFDEF
_MARK_OF: Mapping[str, str] = {
    colour: chr(_FIRST_MARK + number) for number, colour in enumerate(_COLOURS)
}
_END_MARK = chr(_LAST_MARK)
_MARK = re.compile(f"[{chr(_FIRST_MARK)}-{chr(_LAST_MARK)}]")
_CODE_OF: Mapping[str, str] = {
    mark: click.style("", dim=True, reset=False)
    if colour == "dim"
    else click.style("", fg=colour, reset=False)
    for colour, mark in _MARK_OF.items()
} | {_END_MARK: click.style("")}
_CLEAR_LINE = "\r\x1b[K"


def put(*lines: str) -> None:
    """Write lines of data."""
    put_lines(lines)


def put_lines(lines: Iterable[str]) -> None:
    """Write lines of data as they come."""
    for line in lines:
        click.echo(_written(line))


def put_json(document: Any, *, indent: int | None = None) -> None:
    """Write one JSON document: ASCII for scripts, or indented and legible for people."""
    if indent is None:
        click.echo(json.dumps(document))
    else:
        click.echo(seen_json(json.dumps(document, ensure_ascii=False, indent=indent)))


def say(*lines: str) -> None:
    """Progress and remarks: never on stdout."""
    for line in lines:
        click.echo(_written(line), err=True)


def redraw(stream: TextIO, lines: Iterable[str], live: str) -> None:
    """Write lines in the place of the live line before; then the next one, which stays open.

    Where the stream is no terminal there is no live line.
    """
    text = "".join(f"{_written(line)}\n" for line in lines)
    if stream.isatty():
        text = f"{_CLEAR_LINE}{text}{_written(live)}"
    if text:
        click.echo(text, file=stream, nl=False)
        stream.flush()


def paint(text: str, colour: str | None) -> str:
    """Return a text that is written in a colour (or `dim`)."""
    if colour is None:
        return text
    return f"{_MARK_OF[colour]}{unpainted(text)}{_END_MARK}"


def unpainted(text: str) -> str:
    """Return a text without its colours."""
    return _MARK.sub("", text)


def seen(text: str) -> str:
    r"""Return text of several lines whose characters all show.

    >>> print(seen("first\nse\x07cond"))
    first
    se\x07cond
    """
    return "\n".join(map(printable, text.split("\n")))


def seen_json(text: str) -> str:
    r"""Return the same JSON with what does not show as JSON's own escapes.

    >>> seen_json('["\x9b", "é", "\U000e0001"]')
    '["\\u009b", "é", "\\udb40\\udc01"]'
    """
    if printable(text) == text:
        return text
    return "".join(one if one == "\n" or is_seen(one) else json.dumps(one)[1:-1] for one in text)


def _written(line: str) -> str:
    pieces = _MARK.split(line)
    marks = _MARK.findall(line)
    shown = [printable(piece) for piece in pieces]
    if not marks or os.environ.get("NO_COLOR"):
        return "".join(shown)
    codes = [_CODE_OF.get(mark, "") for mark in marks]
    return "".join(chain(*zip(shown, codes, strict=False), shown[-1:], [_CODE_OF[_END_MARK]]))
