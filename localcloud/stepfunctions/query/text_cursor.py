"""A position in a text, for the hand-written parsers."""

from __future__ import annotations

import re
from typing import NoReturn


class Cursor:
    """Reads a text from left to right; `failure` is the exception that bad text raises."""

    def __init__(self, text: str, failure: type[ValueError]) -> None:
        self.text = text
        self.position = 0
        self._failure = failure

    def at_end(self) -> bool:
        """Whether all text has been read."""
        return self.position >= len(self.text)

    def looking_at(self, token: str) -> bool:
        """Whether the text goes on with `token`."""
        return self.text.startswith(token, self.position)

    def accept(self, token: str) -> bool:
        """Read `token` if the text goes on with it."""
        if not self.looking_at(token):
            return False
        self.position += len(token)
        return True

    def expect(self, token: str) -> None:
        """Read `token`, which has to be there."""
        self.skip_space()
        if not self.accept(token):
            self.fail(f"expected {token!r}")

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches here, if it does."""
        found = pattern.match(self.text, self.position)
        if found is not None:
            self.position = found.end()
        return found

    def skip_space(self) -> None:
        """Read white space."""
        while self.position < len(self.text) and self.text[self.position].isspace():
            self.position += 1

    def quoted(self) -> str:
        r"""Read a string in single or double quotes; a backslash takes the next character."""
        quote = self.text[self.position : self.position + 1]
        if quote not in {"'", '"'}:
            self.fail("a quoted string is missing")
        self.position += 1
        characters: list[str] = []
        while not self.accept(quote):
            self.accept("\\")
            if self.at_end():
                self.fail("a quote is not closed")
            characters.append(self.text[self.position])
            self.position += 1
        return "".join(characters)

    def quoted_name(self) -> str:
        r"""Read a quoted name: a backslash takes its own quote or a backslash, else it stays."""
        start = self.position
        self.quoted()
        quote, raw = self.text[start], self.text[start + 1 : self.position - 1]
        return re.sub(rf"\\([\\{quote}])", r"\1", raw)

    def fail(self, problem: str) -> NoReturn:
        """Raise the failure, saying where."""
        raise self._failure(f"{problem} at position {self.position} of {self.text!r}")
