"""Validate Header: the columns of the contract, by name, in any order.

Input:
    `{run, file}`; `file` as Validate Object returned it.
Output:
    `{columns, bom, lines}`; `columns` in the file's order, null for a column that the contract
    ignores; `lines` are those in front of the first record.
Errors:
    FileRefusedError, TransientError.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.contracts.contract_shelf import known_contract
from pipeline.text.file_text import head_of
from pipeline.text.header_check import judge_header
from stores import aws, traces
from stores.objects import PinnedObject

aws.at_init(aws.s3)


@traces.told
@aws.transient_named
def handler(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Return which column holds which field."""
    file = event["file"]
    contract = known_contract(event["run"]["dataset"]).of_file(file["key"])
    source = PinnedObject.of(aws.s3(), file)
    header = judge_header(head_of(source, file["compression"]), contract)
    return {"columns": list(header.columns), "bom": header.bom, "lines": header.lines}
