"""What is wrong with a cell, together with what stands in it: for people who may see rows.

Messages in reports, mails and logs hold no value; this words them for a terminal or a file that
whoever may read the rejected rows asks for.
"""

import re

from pipeline.printable import printable

MAX_CHARACTERS = 40
"""Of a value that is shown."""

_BARE = re.compile(r"[\w.,:;/@+-]+")


def with_value(column: str | None, message: str, value: str | None) -> str:
    r"""Return a message with the cell's value; a rule on the whole row stays as it is.

    >>> with_value("credit_limit", "credit_limit is below 0", "-10.50")
    'credit_limit is -10.50, below 0'
    >>> with_value("name", "name does not match the pattern of the contract", "a b\n")
    'name is "a b\\n", does not match the pattern of the contract'
    >>> with_value("id", "id has no value", "")
    'id has no value'
    """
    if column is None or not value or not message.startswith(f"{column} "):
        return message
    rest = message.removeprefix(f"{column} ").removeprefix("is ")
    return f"{column} is {shown(value)}, {rest}"


def shown(value: str) -> str:
    """Return a value shortened and with nothing hidden, in quotes where it is no single word."""
    text = printable(value[:MAX_CHARACTERS])
    text = f"{text}…" if len(value) > MAX_CHARACTERS else text
    return text if _BARE.fullmatch(text) else f'"{text}"'
