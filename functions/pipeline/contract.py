"""The contract of a dataset: a Frictionless Data Resource with one custom object, `sluice`.

Described for authors in docs/reference/contract.md. Whatever the engines could not honour
identically is refused here, with the path and the reason.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.document import Section
from pipeline.errors import ContractError
from pipeline.field import Field
from pipeline.layout import UNASSIGNED
from pipeline.limits import Quality
from pipeline.principal import is_identity, named_role

_RESOURCE_MEMBERS = (
    "$schema", "bytes", "description", "dialect", "encoding", "format", "hash", "homepage",
    "keywords", "licenses", "mediatype", "name", "path", "profile", "schema", "scheme", "sluice",
    "sources", "title", "type", "version",
)  # fmt: skip
_SCHEMA_MEMBERS = ("$schema", "fields", "primaryKey", "missingValues", "title", "description")
_DIALECT_MEMBERS = ("$schema", "csv", "delimiter", "doubleQuote", "header", "quoteChar")
_SLUICE_MEMBERS = (
    "approval", "extra_columns", "on_duplicate_key", "quality", "table", "write_mode",
)  # fmt: skip
_DELIMITERS = (",", ";", "\t", "|", ":", "^", "~")
_QUOTES = ('"', "'")
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_KEY_TYPES = frozenset({"string", "integer", "number", "year", "date", "datetime", "time"})
MAX_NAME_CHARACTERS = 40
MAX_FIELDS = 500
MAX_KEY_FIELDS = 2
DAY_SECONDS = 86_400
YEAR_SECONDS = 365 * DAY_SECONDS


@dataclass(frozen=True, kw_only=True, slots=True)
class Dialect:
    """How cells are told apart; quotes inside quotes are doubled, the header is line 1."""

    delimiter: str
    quote: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Approval:
    """Who may open the gate, how many of them it takes, and for how long it stays open."""

    always: bool
    timeout_seconds: int
    approvers: tuple[str, ...]
    required: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Contract:
    """A parsed contract; `doc` is the document itself, `version` its fingerprint."""

    dataset: str
    table: str
    write_mode: str
    on_duplicate_key: str
    extra_columns: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    missing_values: tuple[str, ...]
    dialect: Dialect
    quality: Quality
    approval: Approval
    version: str
    doc: Mapping[str, Any]

    @property
    def field_names(self) -> tuple[str, ...]:
        """The names of the fields in the order of the contract."""
        return tuple(field.name for field in self.fields)

    @classmethod
    def parse(cls, doc: object) -> "Contract":
        """Read a contract.

        Raises:
            ContractError: It cannot be honoured; the error says where and why.
        """
        root = Section.root(doc)
        root.allow_only(_RESOURCE_MEMBERS)
        _check_encoding(root)
        schema, sluice = root.section("schema"), root.section("sluice")
        schema.allow_only(_SCHEMA_MEMBERS)
        sluice.allow_only(_SLUICE_MEMBERS)
        fields = _fields(schema)
        return cls(
            dataset=_dataset(root),
            table=sluice.text("table"),
            write_mode=sluice.choice("write_mode", ("newer-wins", "batch"), "newer-wins"),
            on_duplicate_key=sluice.choice(
                "on_duplicate_key", ("reject", "first", "last"), "reject"
            ),
            extra_columns=sluice.choice("extra_columns", ("reject", "ignore"), "reject"),
            fields=fields,
            primary_key=_primary_key(schema, fields),
            missing_values=_missing_values(schema),
            dialect=_dialect(root.section("dialect")),
            quality=Quality.parse(sluice.section("quality")),
            approval=_approval(sluice.section("approval")),
            version=contract_version(root.members),
            doc=root.members,
        )


def contract_version(doc: Mapping[str, Any]) -> str:
    """Return the first 12 hex digits of the sha256 of the contract's canonical JSON."""
    text = json.dumps(doc, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _dataset(root: Section) -> str:
    name = root.text("name")
    if not name or set(name) - _NAME_CHARACTERS or len(name) > MAX_NAME_CHARACTERS:
        reason = f"must be 1 to {MAX_NAME_CHARACTERS} characters of a-z, 0-9, _ and -"
        raise root.refuse("name", reason)
    if name == UNASSIGNED:
        raise root.refuse("name", "stands for files of no dataset")
    return name


def _check_encoding(root: Section) -> None:
    if root.text("encoding", "utf-8").lower().replace("_", "-") not in {"utf-8", "utf8"}:
        raise root.refuse("encoding", "only utf-8 is supported: convert files before you drop them")


def _fields(schema: Section) -> tuple[Field, ...]:
    fields = tuple(Field.parse(section) for section in schema.sections("fields"))
    if len(fields) > MAX_FIELDS:
        raise schema.refuse("fields", f"more than {MAX_FIELDS} fields")
    seen: dict[str, str] = {}
    for position, field in enumerate(fields):
        if (folded := field.name.casefold()) in seen:
            raise schema.refuse(f"fields[{position}].name", f"repeats {seen[folded]}")
        seen[folded] = field.name
    return fields


def _primary_key(schema: Section, fields: tuple[Field, ...]) -> tuple[str, ...]:
    key = schema.texts("primaryKey")
    if not 1 <= len(key) <= MAX_KEY_FIELDS or len(set(key)) != len(key):
        raise schema.refuse("primaryKey", "names one field, or two (partition and sort key)")
    types = {field.name: field.type for field in fields}
    for name in key:
        if name not in types:
            raise schema.refuse("primaryKey", f"{name} is not among the fields")
        if types[name] not in _KEY_TYPES:
            raise schema.refuse("primaryKey", f"{name}: a {types[name]} cannot be a table's key")
    return key


def _missing_values(schema: Section) -> tuple[str, ...]:
    values = schema.texts("missingValues", ("",))
    return tuple(dict.fromkeys(values))


def _dialect(section: Section) -> Dialect:
    section.allow_only(_DIALECT_MEMBERS)
    controls = section.section("csv") if "csv" in section.members else section
    controls.allow_only(_DIALECT_MEMBERS)
    if not (section.flag("header", default=True) and controls.flag("doubleQuote", default=True)):
        raise ContractError(section.path, "files have a header and double their inner quotes")
    return Dialect(
        delimiter=controls.choice("delimiter", _DELIMITERS, ","),
        quote=controls.choice("quoteChar", _QUOTES, '"'),
    )


def _approval(section: Section) -> Approval:
    section.allow_only(("always", "timeout_seconds", "approvers", "required"))
    timeout_seconds = section.count("timeout_seconds", DAY_SECONDS, least=1) or DAY_SECONDS
    if timeout_seconds > YEAR_SECONDS:
        raise section.refuse("timeout_seconds", "an execution lives for one year at most")
    required = section.count("required", 1, least=1) or 1
    approvers = _approvers(section)
    if approvers and required > len(approvers):
        raise section.refuse("required", "is more than there are approvers")
    return Approval(
        always=section.flag("always", default=False),
        timeout_seconds=timeout_seconds,
        approvers=approvers,
        required=required,
    )


def _approvers(section: Section) -> tuple[str, ...]:
    """Return the ARNs that may decide, each of them once."""
    texts = section.texts("approvers", ())
    for position, arn in enumerate(texts):
        if not is_identity(arn):
            reason = "must be the ARN of an IAM user or role: names and sessions prove nothing"
            raise section.refuse(f"approvers[{position}]", reason)
    return tuple(dict.fromkeys(map(named_role, texts)))
