"""What the loader checks before it writes a row: is it this report, this part, with this approval?

Pure. The workflow has asked all of this before; the loader trusts none of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pipeline import layout
from pipeline.contracts.contract import Contract
from pipeline.errors import DigestMismatchError
from pipeline.gate.gate import APPROVED, Approval
from pipeline.gate.quality import judge
from pipeline.runs.manifest import manifest_digest
from pipeline.runs.verdict import Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class Order:
    """A report whose bytes are those that were judged, and what it was made from."""

    report: Mapping[str, Any]
    report_sha256: str
    contract: Contract
    files: Sequence[Mapping[str, Any]]
    """The manifest's files."""
    mended: Mapping[str, Any]
    """Reports of the runs whose rows the files mend."""
    past: Sequence[Mapping[str, Any]] = ()
    """The runs that were loaded last, as the manifest has them."""

    @classmethod
    def parse(
        cls,
        *,
        report: bytes,
        report_sha256: str,
        manifest: bytes,
        mended: Mapping[str, Any] | None = None,
    ) -> Self:
        """Read the documents.

        Raises:
            DigestMismatchError: the report is another than the one that was judged, or was made
                from another manifest.
        """
        found = hashlib.sha256(report).hexdigest()
        if found != report_sha256:
            raise DigestMismatchError(
                f"the report has the sha256 {found}, but {report_sha256} was judged"
            )
        document, made_from = json.loads(report), json.loads(manifest)
        if manifest_digest(made_from) != document["manifest_sha256"]:
            raise DigestMismatchError("the report was made from another manifest")
        contract = Contract.parse(made_from["contract"])
        return cls(
            report=document,
            report_sha256=report_sha256,
            contract=contract,
            files=made_from["files"],
            mended=mended or {},
            past=made_from.get("past", ()),
        )

    @property
    def needs_approval(self) -> bool:
        """True if the contract wants a person to see this report."""
        return self._verdict == "ask"

    @property
    def _verdict(self) -> str:
        return judge(self.report, self.contract, self.mended, self.past).verdict

    def check_run(self, run: Mapping[str, Any]) -> None:
        """Make sure that the report is a run's own, and its files are of the run's dataset.

        Raises:
            DigestMismatchError: it is another run's, or the folder of a file names another dataset.
        """
        owned = {"run_id": self.report["run_id"], "dataset": self.report["dataset"]}
        if owned != {name: run[name] for name in owned}:
            raise DigestMismatchError(f"the report is that of {owned['run_id']}")
        folders = {layout.dataset_of(file["key"]) for file in self.files}
        if folders | {self.contract.dataset} != {run["dataset"]}:
            raise DigestMismatchError(f"the files are not of the dataset {run['dataset']}")

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

    def file(self, part: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the manifest's file that a part's rows come from."""
        return next(file for file in self.files if file["index"] == part["file_index"])

    def source_version(self, part: Mapping[str, Any]) -> str:
        """Return the version of the file that a part's rows come from."""
        versions = {file["index"]: file["source_version"] for file in self.report["files"]}
        return str(versions[part["file_index"]])

    def check_approval(self, approval: Approval | None, by: Verdict) -> None:
        """Make sure that a person approved exactly this report, where one had to.

        A verdict that was taken over is an earlier run's, which asked about the same rows.

        Raises:
            DigestMismatchError: nobody did.
        """
        verdict = self._verdict
        if verdict == "refuse":
            raise DigestMismatchError("the contract refuses this report, whoever approved it")
        if verdict == "accept" or by.taken_over_from:
            return
        if (
            approval is None
            or approval.status != APPROVED
            or approval.report_sha256 != self.report_sha256
        ):
            raise DigestMismatchError(
                f"the contract wants an approval, and nobody approved {self.report_sha256}"
            )
