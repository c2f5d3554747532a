"""Text from outside in messages to people: one line that shows, is no link and begins no sentence.

Mail programs turn whatever looks like an address into a link, so a key or a header could bring its
own into a message that asks for a decision.
"""

import re
from urllib.parse import quote

from pipeline.printable import printable

MAX_CHARACTERS = 500

_LINKED_DOT = re.compile(r"(?<=\w)\.(?=(?!(?:csv|gz|json|jsonl)\b)[^\W\d_]{2})")
"""Dots as domain names have them: before two letters that are no ending of our own files."""


def remark(text: str) -> str:
    r"""Return what somebody said in one line, at most 500 characters, without a working link.

    >>> remark("see https://evil.example/x\n or orders.csv, line 2.5")
    'see https:[//]evil[.]example/x or orders.csv, line 2.5'
    """
    line = printable(" ".join(text.split()))[:MAX_CHARACTERS]
    return _LINKED_DOT.sub("[.]", line.replace("://", ":[//]"))


def key_text(key: str) -> str:
    """Return a key as one word: all but letters, digits and `-_./` is percent-encoded.

    >>> key_text("incoming/orders/Käufer 2026.01.csv")
    'incoming/orders/Käufer%202026.01.csv'
    >>> key_text("incoming/orders/approve at www.evil.example/now")
    'incoming/orders/approve%20at%20www%2Eevil%2Eexample/now'
    """
    dotless = _LINKED_DOT.sub("%2E", "".join(map(_encoded, key)))
    return dotless if len(dotless) <= MAX_CHARACTERS else f"{dotless[:MAX_CHARACTERS]}…"


def _encoded(character: str) -> str:
    if character.isalnum() and printable(character) == character:
        return character
    return quote(character, safe="-_./", errors="surrogatepass")
