"""What lies in the landing zone and is no file yet, or lies where nobody looks for it.

Upload clients write under another name and rename, clusters leave marks beside their output, and
people misspell folders. The first two are left alone, the third is told.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from fnmatch import fnmatchcase

from pipeline import layout


def patterns_of(text: str) -> tuple[str, ...]:
    """Return the patterns of a comma-separated list, as the template's parameter has them.

    >>> patterns_of("_*, *.TMP,")
    ('_*', '*.tmp')
    """
    return tuple(found for part in text.split(",") if (found := part.strip().lower()))


def is_left_alone(key: str, patterns: Sequence[str]) -> bool:
    """True if a folder or the name in a key, below `incoming/`, matches one of the patterns.

    Cases do not count; `*`, `?` and `[…]` stand for what they do in a shell.

    >>> marks = patterns_of(".*,_*,*.filepart,*_$folder$")
    >>> [is_left_alone(f"incoming/addresses/{name}", marks)
    ...  for name in ("a.csv", "a.csv.FilePart", "_temporary/0/a.csv", ".a.csv", "b_$folder$")]
    [False, True, True, True, True]
    """
    parts = key.removeprefix(layout.INCOMING).lower().split("/")
    return any(fnmatchcase(part, pattern) for part in parts for pattern in patterns)


def nearest(name: str, known: Collection[str]) -> str | None:
    """Return the known name that was probably meant, or None.

    >>> nearest("adresses", ["addresses", "customers"]), nearest("invoices", ["addresses"])
    ('addresses', None)
    """
    found = difflib.get_close_matches(name.lower(), sorted(known), n=1, cutoff=0.7)
    return found[0] if found else None


def where_to(key: str, known: Collection[str]) -> str:
    """Say where a file of this key belongs: the folder that was probably meant, or all of them.

    >>> where_to("incoming/adresses/a.csv", ["addresses", "customers"])
    'did you mean incoming/addresses/?'
    >>> where_to("addresses/a.csv", ["addresses", "customers"])
    'did you mean incoming/addresses/?'
    >>> where_to("incoming/a.csv", ["addresses", "customers"])
    'drop files into one of incoming/addresses/, incoming/customers/'
    """
    folders = key.split("/")[:-1]
    for folder in reversed(folders):
        if meant := nearest(folder, known):
            return f"did you mean {layout.INCOMING}{meant}/?"
    places = ", ".join(f"{layout.INCOMING}{name}/" for name in sorted(known))
    return f"drop files into one of {places}"
