"""`sluice find DATASET KEY`: where rows of a key lie."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sluice.erasure.places import Place, Search
from sluice.erasure.subject import Subject
from sluice.options import open_cloud, operator_options, settings
from sluice.rows.items import DatasetTable
from sluice.stack.cloud import Cloud
from sluice.stack.project import find_project
from sluice.terminal.output import put_json, put_lines, say
from sluice.terminal.render import table


@click.command("find")
@click.argument("dataset")
@click.argument("key", nargs=-1, required=True)
@operator_options
def command(dataset: str, key: tuple[str, ...]) -> None:
    """Print where rows of KEY lie: table, published, valid and rejected rows, whole files.

    Of a key of two fields the first alone means all rows that have it.
    """
    search = search_for(open_cloud(), dataset, key)
    items, places = search.items(), list(search.places())
    if settings().json:
        put_json({"items": len(items), "places": [_told(place) for place in places]}, indent=2)
    else:
        put_lines(lines(len(items), places))
    if not items and not places:
        say("nothing holds it")


def search_for(cloud: Cloud, dataset: str, key: Sequence[str]) -> Search:
    """The search for a key as a person types it.

    Raises:
        NotFoundError: there is no such dataset.
        OperatorError: it is no key of the dataset.
    """
    found = DatasetTable.find(cloud, find_project(Path.cwd()), dataset)
    subject = Subject.of(found.contract, key)
    return Search(cloud, subject, found)


def lines(items: int, places: Sequence[Place]) -> list[str]:
    """The places as a table, without a word of what they hold."""
    rows = [["item", "", str(items)]] if items else []
    rows += [
        [p.kind if p.is_latest else f"{p.kind}, an older version", p.uri, str(p.rows)]
        for p in places
    ]
    return list(table(["what", "where", "rows"], rows, right=["rows"])) if rows else []


def _told(place: Place) -> dict[str, object]:
    return {
        "kind": place.kind,
        "uri": place.uri,
        "version_id": place.version_id,
        "is_latest": place.is_latest,
        "rows": place.rows,
    }
