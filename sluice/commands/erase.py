"""`sluice erase DATASET KEY`: rows of a key, wherever they lie, but for senders' whole files."""

from __future__ import annotations

import click

from sluice.commands.find import lines, search_for
from sluice.erasure.erase import erase, refuse_while_runs_are_open
from sluice.erasure.places import FILES
from sluice.options import open_cloud, operator_options, settings
from sluice.terminal.output import put, put_json, put_lines, say


@click.command("erase")
@click.argument("dataset")
@click.argument("key", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@operator_options
def command(dataset: str, key: tuple[str, ...], *, yes: bool) -> None:
    """Erase rows of KEY: items, published, valid and rejected rows, samples, all their versions.

    Whole files in archive, quarantine and landing zone stay; those that hold KEY are named.
    """
    cloud = open_cloud()
    search = search_for(cloud, dataset, key)
    refuse_while_runs_are_open(cloud, dataset)
    items, places = search.items(), list(search.places())
    left = sorted({place.uri for place in places if place.kind in FILES})
    if not yes:
        put_lines(lines(len(items), places))
        click.confirm("erase all of it but the files that landed?", abort=True, err=True)
    done = erase(search, items, places)
    if settings().json:
        put_json({"erased": dict(done), "files_left": left}, indent=2)
        return
    put(
        f"erased: {', '.join(f'{rows} {kind}' for kind, rows in done.items() if rows) or 'nothing'}"
    )
    put_lines(f"still holds it: {uri}" for uri in left)
    if left:
        say("delete these files in all their versions, or drop them again without the rows")
