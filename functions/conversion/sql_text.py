"""Texts in SQL."""


def text(value: str) -> str:
    """Return a text as an SQL literal.

    >>> text("it's")
    "'it''s'"
    """
    return "'" + value.replace("'", "''") + "'"
