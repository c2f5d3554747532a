r"""Text from outside made visible: nothing in it can steer a terminal or hide from a reader.

Escaped are control characters (C0, C1), line and paragraph ends, characters that change the
direction of what follows, and all that leave no mark, such as zero-width spaces.

>>> print(printable("a\x1b]52;c;YQ==\x07\u202eb\nc"))
a\x1b]52;c;YQ==\x07\u202eb\nc
>>> printable("Käufer 2026.csv")
'Käufer 2026.csv'
"""

import re

_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""What Python calls printable and leaves no mark of its own.

Source: https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
(Default_Ignorable_Code_Point), and the blank Braille pattern.
"""


def printable(text: str) -> str:
    """Return a text whose characters all show: those that do not are spelled out."""
    if text.isprintable() and not _UNSEEN.search(text):
        return text
    return "".join(one if is_seen(one) else _spelled(one) for one in text)


def is_seen(character: str) -> bool:
    """Tell whether a character shows and stays in its place."""
    return character.isprintable() and not _UNSEEN.match(character)


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
