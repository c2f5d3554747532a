"""The checkout that a command works on: its template, its contracts, its local cloud's state."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

import click

from pipeline.contracts.contract import MAX_NAME_CHARACTERS
from pipeline.layout import UNASSIGNED
from sluice.terminal.exits import NotFoundError

TEMPLATE = "template.yaml"
DEFINITION = "statemachine/csv_pipeline.asl.json"
_SEPARATORS = re.compile(r"[_\-. ]")


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` that holds a template, else Sluice's own checkout.

    Raises:
        click.UsageError: there is neither.
    """
    own = Path(__file__).resolve().parents[2]
    for folder in (start, *start.parents, own):
        if (folder / TEMPLATE).is_file() and (folder / "functions" / "contracts").is_dir():
            return folder
    raise click.UsageError(f"no {TEMPLATE} at or above {start}; run this inside a Sluice checkout")


def datasets(project: Path) -> tuple[str, ...]:
    """The names of the datasets that have a contract, sorted."""
    return tuple(sorted(path.stem for path in (project / "functions" / "contracts").glob("*.json")))


def unknown_dataset(name: str, known: Iterable[str]) -> NotFoundError:
    """The error that names the datasets there are."""
    names = list(known)
    return NotFoundError(f"no dataset {name}; there are: {', '.join(names)}{meant(name, names)}")


def meant(text: str, known: Iterable[str]) -> str:
    """`; did you mean …?` where one or two known words are close to a text; else nothing.

    >>> meant("adresses", ["addresses", "customers"])
    '; did you mean addresses?'
    >>> meant("rnu", ["run", "runs", "drop"])
    '; did you mean run?'
    """
    near = get_close_matches(text, list(known), n=2, cutoff=0.65)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def dataset_name(path: Path) -> str:
    """A valid name of a dataset, made of a file's.

    >>> dataset_name(Path("Städte 2026 (neu).csv.gz")), dataset_name(Path("__.csv"))
    ('stadte_2026_neu', 'dataset')
    """
    stem = unicodedata.normalize("NFKD", path.name.partition(".")[0]).lower()
    ascii_stem = "".join(c for c in stem if not unicodedata.combining(c))
    name = re.sub(r"[^a-z0-9_-]+", "_", ascii_stem)[:MAX_NAME_CHARACTERS].strip("_-")
    return name if name and name != UNASSIGNED else "dataset"


def dataset_of(path: Path, known: Iterable[str]) -> str | None:
    """The dataset that a file's name gives, else its folder's, else None.

    The longest dataset name counts that is the stem or a beginning of it up to `_`, `-`, `.` or a
    blank; failing that, the name that `sluice dataset add` would make of the file's.

    >>> dataset_of(Path("customers_dirty.csv"), ["customers", "addresses"])
    'customers'
    >>> dataset_of(Path("order_lines-2026.csv.gz"), ["order", "order_lines"])
    'order_lines'
    >>> dataset_of(Path("customers (1).csv"), ["customers", "addresses"])
    'customers'
    >>> dataset_of(Path("addresses/export.csv"), ["customers", "addresses"])
    'addresses'
    >>> dataset_of(Path("Städte 2026.csv"), ["stadte_2026"])
    'stadte_2026'
    >>> dataset_of(Path("customersdirty.csv"), ["customers"]) is None
    True
    """
    names = frozenset(known)
    ends = [match.start() for match in _SEPARATORS.finditer(path.name)]
    beginnings = [path.name, *(path.name[:end] for end in reversed(ends))]
    candidates = [*beginnings, dataset_name(path), path.absolute().parent.name]
    return next((name for name in candidates if name in names), None)
