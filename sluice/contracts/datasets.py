"""The datasets of a checkout: a contract, two tables in `template.yaml`, a sample.

One table is DynamoDB's, the other the catalog's, of the rows that are published.

Each change is planned as the contents of files before the first of them is written.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.contracts.constraints import NUMERIC
from pipeline.contracts.contract import Contract
from pipeline.contracts.dialect import Dialect
from pipeline.text.csv_lines import line_state
from pipeline.text.decoding import decoded_head
from pipeline.text.header_rows import header_rows
from pipeline.text.record_reader import RecordReader
from sluice.stack.contracts import contract_path, known_contract
from sluice.stack.project import TEMPLATE, datasets
from sluice.template.published_tables import with_published, without_published
from sluice.template.tables import Attribute, with_table, without_table
from sluice.terminal.exits import OperatorError

SAMPLE_RECORDS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What becomes of files, by their paths below the checkout; `None` removes one."""

    contents: Mapping[str, bytes | None]

    def carry_out(self, project: Path) -> None:
        """Write and remove the files; the template comes last, so that it names what is there.

        Raises:
            OperatorError: a file cannot be written.
        """
        for path, content in self.contents.items():
            try:
                if content is None:
                    (project / path).unlink(missing_ok=True)
                else:
                    (project / path).write_bytes(content)
            except OSError as error:
                raise OperatorError(f"cannot write {path}: {error.strerror}") from error


def contract_text(document: Mapping[str, Any]) -> str:
    """A contract as its file holds it."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def sample_path(dataset: str) -> str:
    """Where a dataset's sample lies below the checkout."""
    return f"sample_data/{dataset}.csv"


def addition(project: Path, document: Mapping[str, Any], sample: bytes) -> Change:
    """The files of a new dataset: contract, sample, and the template with its tables.

    Raises:
        ContractError: the document cannot be honoured.
        OperatorError: there is such a dataset or table already.
    """
    contract = Contract.parse(document)
    if contract.dataset in datasets(project):
        raise OperatorError(
            f"there is a dataset {contract.dataset} already ({contract_path(contract.dataset)}); "
            "give the new one another --name"
        )
    template = with_table((project / TEMPLATE).read_text("utf-8"), contract.table, _key(contract))
    template = with_published(template, contract)
    return Change(
        contents={
            contract_path(contract.dataset): contract_text(document).encode(),
            sample_path(contract.dataset): sample,
            TEMPLATE: template.encode(),
        }
    )


def removal(project: Path, dataset: str) -> Change:
    """The files without a dataset.

    Raises:
        NotFoundError: there is no such dataset.
        OperatorError: its table is the only one.
    """
    table = known_contract(project, dataset).table
    others = (other for other in datasets(project) if other != dataset)
    shared = [other for other in others if known_contract(project, other).table == table]
    text = without_published((project / TEMPLATE).read_text("utf-8"), dataset)
    return Change(
        contents={
            TEMPLATE: (text if shared else without_table(text, table)).encode(),
            contract_path(dataset): None,
            sample_path(dataset): None,
        }
    )


def republished(project: Path, dataset: str) -> Change:
    """The template with a dataset's published table as its contract wants it now.

    Raises:
        NotFoundError: there is no such dataset.
    """
    contract = known_contract(project, dataset)
    template = with_published((project / TEMPLATE).read_text("utf-8"), contract)
    return Change(contents={TEMPLATE: template.encode()})


def first_records(text: bytes, dialect: Dialect, records: int = SAMPLE_RECORDS) -> bytes:
    r"""The header and the first whole records of a file's beginning, as they stand there.

    >>> first_records(b'a,b\n1,"x\ny"\n2,z\n', Dialect(delimiter=",", quote='"'), records=1)
    b'a,b\n1,"x\ny"\n'
    """
    if dialect.has_footer:
        return text
    if not dialect.is_canonical or dialect.header_rows != (1,):
        return _first_of_any(text, dialect, records)
    delimiter, quote = dialect.canonical_delimiter.encode(), dialect.canonical_quote.encode()
    end = whole = taken = 0
    is_open = False
    while taken <= records and end < len(text):
        start, end = end, (text.find(b"\n", end) + 1) or len(text)
        line = text[start:end].rstrip(b"\r\n")
        is_open = line_state(line, delimiter, quote, is_open=is_open).is_open
        if not is_open:
            whole, taken = end, taken + 1
    return text[:whole]


def _first_of_any(text: bytes, dialect: Dialect, records: int) -> bytes:
    """The same of a file of any dialect, in its own encoding; a byte order mark is left out."""
    whole, reader = decoded_head(text, dialect), RecordReader(dialect)
    at = 0
    for _ in range(header_rows(text, dialect).head_lines):
        at = whole.find("\n", at) + 1 or len(whole)
    for _ in range(records):
        found = reader.read(whole, at, is_last=False)
        if found is None:
            break
        at = found.end
    kept = whole[:at] if dialect.line_end == "\n" else whole[:at].replace("\n", "\r")
    return kept.encode(dialect.encoding)


def _key(contract: Contract) -> list[Attribute]:
    return [
        Attribute(name=name, kind="N" if kind in NUMERIC else "S")
        for name, kind in contract.key_types.items()
    ]
