"""Python's reader of CSV, which refuses no cell for its length."""

import csv
from collections.abc import Iterable, Iterator

MAX_CELL_CHARACTERS = 2**31 - 1
"""Python's reader takes 131,072 by itself; the limit is one for the whole process."""


def csv_rows(lines: Iterable[str], delimiter: str, quote: str | None) -> Iterator[list[str]]:
    """Return the cells of each record of some lines; quotes that are astray are taken as they come.

    >>> list(csv_rows(['1,"a', 'b"c'], ",", '"'))
    [['1', 'abc']]
    """
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    return csv.reader(lines, delimiter=delimiter, quotechar=quote)
