"""The order for a conversion: files, contract and compiled rules in one document."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from pipeline.contracts.contract import Contract
from pipeline.contracts.rules import compile_rules

SCHEMA_VERSION = 1

Document = dict[str, Any]


def findings_document(
    file: Mapping[str, Any], header: Mapping[str, Any], content: Mapping[str, Any]
) -> Document:
    """Return what the validators found out about a file."""
    return {
        "file": dict(file),
        "columns": list(header["columns"]),
        "bom": header["bom"],
        "head_lines": header["lines"],
        **content,
    }


def manifest_document(
    *,
    run_id: str,
    contract: Contract,
    files: Sequence[tuple[str, Mapping[str, Any]]],
    rows_per_part: int,
    past: Sequence[Mapping[str, Any]] = (),
) -> Document:
    """Return the manifest for files given as (URI of the staged bytes, findings).

    `past` are the runs that were loaded last, where the contract compares with them: what is
    usual is fixed here, so that everybody who judges the report later judges it alike.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_id,
        "dataset": contract.dataset,
        "contract": dict(contract.doc),
        "contract_version": contract.version,
        "rules": compile_rules(contract),
        "files": [{"uri": uri, **_flat(findings)} for uri, findings in files],
        "rows_per_part": rows_per_part,
        "output_compression": "none",
        **({"past": list(past)} if past else {}),
        **({"counted": list(contract.field_names)} if contract.quality.compares_missing else {}),
    }


def manifest_digest(manifest: Mapping[str, Any]) -> str:
    """Return the sha256 of a manifest's canonical JSON: sorted keys, no blanks, in hex.

    >>> manifest_digest({"b": 1, "a": "ä"}) == manifest_digest({"a": "ä", "b": 1})
    True
    """
    text = json.dumps(manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _flat(findings: Mapping[str, Any]) -> Document:
    """Return findings with the members of `file` moved up."""
    rest = {name: value for name, value in findings.items() if name != "file"}
    return {**findings["file"], **rest}
