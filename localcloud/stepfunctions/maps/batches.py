"""Batches of items, as an ItemBatcher makes them.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itembatcher.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from localcloud.stepfunctions.query.json_text import dumps
from localcloud.stepfunctions.query.scope import Json


def batches(
    items: Iterable[Json], max_items: int | None, max_bytes: int | None, batch_input: Json = None
) -> Iterator[Json]:
    """Inputs of child executions: `{"Items": […]}`, with `BatchInput` when there is one.

    Each holds as many items as `max_items` and, in bytes of its JSON text, `max_bytes` allow,
    but at least one: an item that is too large by itself is for the execution to refuse.
    A limit of zero is none.
    """
    frame: dict[str, Json] = {} if batch_input is None else {"BatchInput": batch_input}
    overhead = _size({**frame, "Items": []})
    batch: list[Json] = []
    size = overhead
    for item in items:
        added = _size(item) + 1 if max_bytes else 0  # and the comma
        full = max_items and len(batch) >= max_items
        if batch and (full or (max_bytes and size + added - 1 > max_bytes)):
            yield {**frame, "Items": batch}
            batch, size = [], overhead
        batch.append(item)
        size += added
    if batch:
        yield {**frame, "Items": batch}


def _size(value: Json) -> int:
    return len(dumps(value).encode("utf-8", "replace"))
