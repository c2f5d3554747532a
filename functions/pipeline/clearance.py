"""What the loader checks before it writes a row: is it this report, this part, with this approval?

Pure. The workflow has asked all of this before; the loader trusts none of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pipeline.contract import Contract
from pipeline.errors import DigestMismatchError
from pipeline.gate import APPROVED, Approval
from pipeline.quality import judge


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A report whose bytes are those that were judged, and the contract it was made under."""

    report: Mapping[str, Any]
    report_sha256: str
    contract: Contract

    @classmethod
    def parse(cls, *, report: bytes, report_sha256: str, manifest: bytes) -> Self:
        """Read both documents.

        Raises:
            DigestMismatchError: the report is another than the one that was judged, or the
                manifest holds another contract than the report was made under.
        """
        found = hashlib.sha256(report).hexdigest()
        if found != report_sha256:
            raise DigestMismatchError(
                f"the report has the sha256 {found}, but {report_sha256} was judged"
            )
        document = json.loads(report)
        contract = Contract.parse(json.loads(manifest)["contract"])
        if contract.version != document["contract_version"]:
            raise DigestMismatchError(
                f"the manifest holds the contract {contract.version}, "
                f"the report was made under {document['contract_version']}"
            )
        return cls(report=document, report_sha256=report_sha256, contract=contract)

    @property
    def needs_approval(self) -> bool:
        """True if the contract wants a person to see this report."""
        return judge(self.report, self.contract).verdict == "ask"

    def part(self, asked: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the part that the report lists under the index that is asked for.

        Raises:
            DigestMismatchError: the report lists no such part, or another one.
        """
        listed: Sequence[Mapping[str, Any]] = self.report["parts"]
        for part in listed:
            if part["index"] == asked["index"]:
                if part != asked:
                    raise DigestMismatchError(f"the report lists part {part['index']} otherwise")
                return part
        raise DigestMismatchError(f"the report lists no part {asked['index']}")

    def source_version(self, part: Mapping[str, Any]) -> str:
        """Return the version of the file that a part's rows come from."""
        versions = {file["index"]: file["source_version"] for file in self.report["files"]}
        return str(versions[part["file_index"]])

    def check_approval(self, approval: Approval | None) -> None:
        """Make sure that a person approved exactly this report, where one had to.

        Raises:
            DigestMismatchError: nobody did.
        """
        verdict = judge(self.report, self.contract).verdict
        if verdict == "refuse":
            raise DigestMismatchError("the contract refuses this report, whoever approved it")
        if verdict == "accept":
            return
        if (
            approval is None
            or approval.status != APPROVED
            or approval.report_sha256 != self.report_sha256
        ):
            raise DigestMismatchError(
                f"the contract wants an approval, and nobody approved {self.report_sha256}"
            )
