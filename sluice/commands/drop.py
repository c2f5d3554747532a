"""`sluice drop FILE`: put a file into the landing zone and leave."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from sluice.commands.dropping import FILE, choose_dataset, drops
from sluice.options import open_cloud, operator_options, settings
from sluice.runs.drops import Drop
from sluice.terminal.output import put, put_json


@click.command("drop")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=FILE)
@click.option("--dataset", metavar="NAME", help="Dataset, where a file's name does not tell.")
@operator_options
def command(files: Sequence[Path], dataset: str | None) -> None:
    """Drop FILEs into the landing zone and do not wait for their runs."""
    chosen = [(file, choose_dataset(file, dataset)) for file in files]
    dropped = list(drops(open_cloud(), chosen))
    if settings().json:
        documents = [_document(drop) for drop in dropped]
        put_json(documents if len(documents) > 1 else documents[0])
        return
    for drop in dropped:
        put(f"s3://{drop.bucket}/{drop.key} (version {drop.version_id})")


def _document(drop: Drop) -> dict[str, object]:
    return {
        "bucket": drop.bucket,
        "key": drop.key,
        "version_id": drop.version_id,
        "dataset": drop.dataset,
        "size_bytes": drop.size_bytes,
    }
