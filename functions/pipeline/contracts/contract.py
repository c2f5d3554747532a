"""The contract of a dataset: a Frictionless Data Resource with one custom object, `sluice`.

Described for authors in docs/reference/contract.md. Whatever the engines could not honour
identically is refused here, with the path and the reason.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pipeline.contracts.dialect import ROW_MEMBERS, Dialect
from pipeline.contracts.document import Section
from pipeline.contracts.field import GENERATED_KEY, Field
from pipeline.contracts.limits import Quality
from pipeline.layout import UNASSIGNED, mended_report_key
from pipeline.principal import is_identity, named_role

_RESOURCE_MEMBERS = (
    "$schema", "bytes", "description", "dialect", "encoding", "format", "hash", "homepage",
    "keywords", "licenses", "mediatype", "name", "path", "profile", "schema", "scheme", "sluice",
    "sources", "title", "type", "version",
)  # fmt: skip
_SCHEMA_MEMBERS = (
    "$schema", "description", "fields", "fieldsMatch", "missingValues", "primaryKey", "title",
)  # fmt: skip
_SLUICE_MEMBERS = (
    "approval", "extra_columns", "generated_key", "header_ignores", "leading_zeros",
    "on_duplicate_key", "quality", "table", "write_mode", *ROW_MEMBERS,
)  # fmt: skip
_FIELDS_MATCH = ("exact", "equal", "subset", "superset", "partial")
_EXTRA_COLUMNS = {"reject": "equal", "ignore": "subset"}
_HEADER_IGNORES = ("blanks", "case", "invisible")
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_KEY_TYPES = frozenset({"string", "integer", "number", "year", "date", "datetime", "time"})
MAX_NAME_CHARACTERS = 40
MAX_FIELDS = 500
MAX_KEY_FIELDS = 2
DAY_SECONDS = 86_400
YEAR_SECONDS = 365 * DAY_SECONDS


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
    fields_match: str
    """How the columns of a file must match the fields, in the words of Table Schema."""
    header_ignores: frozenset[str]
    """In what names of columns may differ: `blanks`, `case`, `invisible` characters."""
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    generated_key: str | None
    """What the key is made of where no field is: `content` or `position`."""
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

    def of_file(self, key: str) -> "Contract":
        """Return the contract as it is for a file: mended rows come back as canonical text."""
        return self.mended if mended_report_key(key) else self

    @property
    def mended(self) -> "Contract":
        """The contract of canonical text that has a header."""
        return replace(self, dialect=self.dialect.canonical)

    @property
    def key_types(self) -> dict[str, str]:
        """The type of each part of the key."""
        types = {field.name: field.type for field in self.fields}
        return {name: types.get(name, "string") for name in self.primary_key}

    @property
    def ignores_columns(self) -> bool:
        """Whether a file may have columns that no field knows."""
        return self.fields_match in {"subset", "partial"}

    @property
    def may_lack_columns(self) -> bool:
        """Whether a file may lack the columns of fields that need no value."""
        return self.fields_match in {"superset", "partial"}

    @classmethod
    def parse(cls, doc: object) -> "Contract":
        """Read a contract.

        Raises:
            ContractError: It cannot be honoured; the error says where and why.
        """
        root = Section.root(doc)
        root.allow_only(_RESOURCE_MEMBERS)
        schema, sluice = root.section("schema"), root.section("sluice")
        schema.allow_only(_SCHEMA_MEMBERS)
        sluice.allow_only(_SLUICE_MEMBERS)
        fields = _fields(schema, sluice)
        return cls(
            dataset=_dataset(root),
            table=sluice.text("table"),
            write_mode=sluice.choice("write_mode", ("newer-wins", "batch"), "newer-wins"),
            on_duplicate_key=sluice.choice(
                "on_duplicate_key", ("reject", "first", "last"), "reject"
            ),
            fields_match=_fields_match(schema, sluice),
            header_ignores=_header_ignores(sluice),
            fields=fields,
            primary_key=_primary_key(schema, sluice, fields),
            generated_key=_generated_key(sluice),
            missing_values=_missing_values(schema),
            dialect=Dialect.parse(root),
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


def _fields(schema: Section, sluice: Section) -> tuple[Field, ...]:
    keeps_zeros = sluice.choice("leading_zeros", ("warn", "reject"), "warn") == "warn"
    fields = tuple(
        Field.parse(section, keeps_zeros=keeps_zeros) for section in schema.sections("fields")
    )
    if len(fields) > MAX_FIELDS:
        raise schema.refuse("fields", f"more than {MAX_FIELDS} fields")
    seen: dict[str, str] = {}
    for position, field in enumerate(fields):
        if (folded := field.name.casefold()) in seen:
            raise schema.refuse(f"fields[{position}].name", f"repeats {seen[folded]}")
        seen[folded] = field.name
    return fields


def _generated_key(sluice: Section) -> str | None:
    if "generated_key" not in sluice.members:
        return None
    return sluice.choice("generated_key", ("content", "position"))


def _primary_key(schema: Section, sluice: Section, fields: tuple[Field, ...]) -> tuple[str, ...]:
    if "generated_key" in sluice.members:
        if "primaryKey" in schema.members:
            raise sluice.refuse("generated_key", "contradicts schema.primaryKey")
        return (GENERATED_KEY,)
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


def _fields_match(schema: Section, sluice: Section) -> str:
    """Return the rule; `extra_columns` is an older name for two of them."""
    alias = _EXTRA_COLUMNS[sluice.choice("extra_columns", tuple(_EXTRA_COLUMNS), "reject")]
    if "fieldsMatch" not in schema.members:
        return alias
    if "extra_columns" in sluice.members:
        raise sluice.refuse("extra_columns", "is said by schema.fieldsMatch already")
    [*rules] = schema.texts("fieldsMatch")
    if len(rules) != 1 or rules[0] not in _FIELDS_MATCH:
        raise schema.refuse("fieldsMatch", f"must be one of {', '.join(_FIELDS_MATCH)}")
    return rules[0]


def _header_ignores(sluice: Section) -> frozenset[str]:
    names = sluice.texts("header_ignores", ())
    if set(names) - set(_HEADER_IGNORES):
        raise sluice.refuse("header_ignores", f"may list {', '.join(_HEADER_IGNORES)}")
    return frozenset(names)


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
