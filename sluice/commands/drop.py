"""`sluice drop FILE`: put a file into the landing zone and leave."""

from __future__ import annotations

from pathlib import Path

import click

from sluice.commands.dropping import FILE, choose_dataset
from sluice.commands.dropping import drop as drop_now
from sluice.options import open_cloud, operator_options, settings
from sluice.output import put, put_json


@click.command("drop")
@click.argument("file", type=FILE)
@click.option("--dataset", metavar="NAME", help="Dataset, where the file's name does not tell.")
@operator_options
def command(file: Path, dataset: str | None) -> None:
    """Drop FILE into the landing zone and do not wait for its run."""
    chosen = choose_dataset(file, dataset)
    drop = drop_now(open_cloud(), file, chosen)
    document = {
        "bucket": drop.bucket,
        "key": drop.key,
        "version_id": drop.version_id,
        "dataset": drop.dataset,
        "size_bytes": drop.size_bytes,
    }
    if settings().json:
        put_json(document)
    else:
        put(f"s3://{drop.bucket}/{drop.key} (version {drop.version_id})")
