r"""Names of columns that look alike: what they differ in, and how to compare them without it.

>>> fold = folding(frozenset({"case", "blanks", "invisible"}))
>>> fold("Customer\u00a0 ID\u200b") == fold("customerid")
True
>>> invisible_in("id\u200b")
('U+200B',)
"""

import re
from collections.abc import Callable

from pipeline.contracts.forms import KEY_CHARACTERS

_INVISIBLE = re.compile(KEY_CHARACTERS)
_BLANK_LOOKING = re.compile("[\u00a0\u2000-\u200a\u202f\u205f\u3000]")


def folding(ignores: frozenset[str]) -> Callable[[str], str]:
    """Return what makes names equal that differ in nothing but what is ignored.

    `blanks` are all kinds of blanks and tabs, `invisible` characters are those without width and
    those that change the direction; `case` is folded as Unicode says.
    """

    def fold(name: str) -> str:
        if "invisible" in ignores:
            name = _BLANK_LOOKING.sub(" ", _INVISIBLE.sub("", name)).strip(" \t")
        if "blanks" in ignores:
            name = "".join(name.split())
        return name.casefold() if "case" in ignores else name

    return fold


def invisible_in(name: str) -> tuple[str, ...]:
    """Return the code points of a name that nobody sees, or takes for a blank."""
    found = [*_INVISIBLE.findall(name), *_BLANK_LOOKING.findall(name)]
    return tuple(dict.fromkeys(f"U+{ord(character):04X}" for character in found))
