"""The Glue job Convert CSV To JSON: staged CSV files to typed JSON Lines, each file read once.

Arguments:
    --manifest_uri  the job's order: files, compiled rules, rows per part
    --output_uri    the folder of this attempt; ``report.json`` in it is written last

The formats of both are in docs/reference/formats.md, what the rules mean is in
docs/reference/contract.md, how the job works in docs/reference/glue_job.md.

Errors:
    ConversionError  the last line of the log is one line that says what went wrong

The script needs pyspark and the standard library alone and runs unchanged on Spark 3.5 (Glue 5.1)
and Spark 4.1, with ANSI mode on or off, on ``s3://`` and on ``file://``.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import io
import itertools
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import reduce
from typing import Any
from urllib.parse import unquote as percent_decoded
from urllib.parse import urlsplit

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812 - the name every Spark programmer knows

SINGLE_TASK_BYTES = 8 << 20
"""Up to here one task does all the work: no shuffle, no second Spark job, one wave."""

INTERPRETED_BYTES = 1 << 20
"""Up to here compiling expressions costs more than it saves (measured: 5.2 s against 2.3 s)."""

SMALLEST_SPLIT_BYTES, LARGEST_SPLIT_BYTES = 16 << 20, 128 << 20
"""Bounds of what one task reads: below, starting tasks costs more than it brings."""

OPEN_PARTS = 120
"""Parts that a task writes at the same time, so that Spark need not sort rows by their part."""

REJECTED_ROWS_PER_PART = 50_000
REJECTED_CHARACTERS_PER_PART = 16 << 20
SAMPLE_ROWS = 20
LARGEST_CELL = (1 << 31) - 1
"""Characters; Python's csv gives up at 131,072 otherwise."""

WHOLE_DIGITS = 18
"""A whole number of so many characters has the form of an integer and fits 64 bits."""

LINE_BITS = 33
LINE_OF_SPLIT = (1 << LINE_BITS) - 1
"""Where the line within its piece stands in ``place`` (and in Spark's own row ids)."""

STORAGE_THREADS = 8
"""Renames and digests wait for S3 more than they compute."""

DECIMAL = "decimal(29,9)"
"""Holds every number that the form of a number lets through."""

EXPANSION = {None: 1, "gzip": 8}
"""How much larger a compressed file is likely to be when it is read."""

ROW_RULES = ("item_size", "primaryKey")
"""Rules on a whole row that stand behind those of its fields."""

WHOLE_TYPES = frozenset({"integer", "year"})
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}")
NUMERIC_TYPES = frozenset({"integer", "number", "year"})
SIGNED_NUMBER = re.compile(r" *[+-]?[0-9]{1,20}(?:\.[0-9]{1,9})? *")
FORMULA = re.compile(
    "'*(?:[\t\r\n]|[\\s\\x00-\\x1f\\xad\u200b-\u200f\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b])"
)


class ConversionError(Exception):
    """The conversion cannot go on; the message is one line for the operator."""


# --------------------------------------------------------------------------- the order


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldRules:
    """What the contract demands of one field, compiled: see ``rules`` in the manifest."""

    name: str
    type: str
    form: str | None
    required: bool
    pattern: str | None
    enum: list[str] | None
    minimum: str | None
    maximum: str | None
    compare: str | None
    min_length: int | None
    max_length: int | None
    true_values: list[str] | None
    unique: bool
    max_key_bytes: int | None
    messages: dict[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The whole contract, compiled by the Lambda that wrote the manifest."""

    delimiter: str
    quote: str
    missing_values: list[str]
    on_duplicate_key: str
    key: list[str]
    max_item_bytes: int
    key_characters: str
    row_messages: dict[str, str]
    fields: list[FieldRules]

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Rules:
        """Read the member ``rules`` of a manifest."""
        names = FieldRules.__dataclass_fields__
        fields = [FieldRules(**{n: each[n] for n in names}) for each in document["fields"]]
        own = {n: document[n] for n in cls.__dataclass_fields__ if n != "fields"}
        return cls(fields=fields, **own)


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceFile:
    """One staged CSV file; ``columns`` are field names in the file's order, None is ignored."""

    uri: str
    index: int
    key: str
    version_id: str
    source_version: str
    size_bytes: int
    compression: str | None
    columns: list[str | None]
    newline: str
    multiline: bool
    records: int

    @property
    def splits(self) -> bool:
        """Whether several tasks can share the file: gzip can only be read from its start."""
        return self.compression is None


@dataclass(frozen=True, kw_only=True, slots=True)
class Manifest:
    """The job's order."""

    run_id: str
    dataset: str
    contract_version: str
    rows_per_part: int
    output_compression: str
    rules: Rules
    files: list[SourceFile]

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Read ``manifest.json``.

        Raises:
            ConversionError: it is not JSON or lacks a member.
        """
        try:
            document = json.loads(text)
            names = SourceFile.__dataclass_fields__
            files = [SourceFile(**{n: each[n] for n in names}) for each in document["files"]]
            plain = ("run_id", "dataset", "contract_version", "rows_per_part")
            return cls(
                **{name: document[name] for name in plain},
                output_compression=document["output_compression"],
                rules=Rules.from_document(document["rules"]),
                files=sorted(files, key=lambda file: file.index),
            )
        except (ValueError, KeyError, TypeError) as error:
            reason = f"lacks {error}" if isinstance(error, KeyError) else str(error)
            raise ConversionError(f"the manifest cannot be used: {reason}") from error


# --------------------------------------------------------------------------- storage


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A file in storage and its length."""

    uri: str
    size_bytes: int


class JavaStream(io.RawIOBase):
    """A stream of the JVM to be read in Python."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as there are bytes."""
        chunk = self._stream.readNBytes(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)

    def close(self) -> None:
        """Close the stream of the JVM too."""
        if not self.closed:
            self._stream.close()
        super().close()


class Storage:
    """Files by Hadoop's FileSystem, so that every URI Spark understands works alike."""

    def __init__(self, spark: SparkSession) -> None:
        self._jvm: Any = spark._jvm  # noqa: SLF001 - pyspark has no public way to Hadoop
        self._conf = spark._jsc.hadoopConfiguration()  # noqa: SLF001

    def _at(self, uri: str) -> tuple[Any, Any]:
        path = self._jvm.org.apache.hadoop.fs.Path(uri)
        return path.getFileSystem(self._conf), path

    def exists(self, uri: str) -> bool:
        """Whether something is stored there."""
        fs, path = self._at(uri)
        return bool(fs.exists(path))

    def read(self, uri: str) -> bytes:
        """The whole content."""
        fs, path = self._at(uri)
        stream = fs.open(path)
        try:
            return bytes(stream.readAllBytes())
        finally:
            stream.close()

    def create(self, uri: str, content: bytes) -> None:
        """Write a new file; an existing one is an error, never overwritten."""
        fs, path = self._at(uri)
        stream = fs.create(path, False)
        stream.write(bytearray(content))
        stream.close()

    def files_below(self, uri: str) -> list[Stored]:
        """Every file at any depth; none when there is no such folder."""
        fs, path = self._at(uri)
        if not fs.exists(path):
            return []
        found, listing = [], fs.listFiles(path, True)
        while listing.hasNext():
            status = listing.next()
            found.append(Stored(uri=status.getPath().toString(), size_bytes=status.getLen()))
        return found

    def make_folder(self, uri: str) -> None:
        """Make a folder, where the storage has such a thing."""
        fs, path = self._at(uri)
        fs.mkdirs(path)

    def move(self, source: str, target: str) -> None:
        """Rename a file; its bytes stay."""
        fs, path = self._at(source)
        if not fs.rename(path, self._jvm.org.apache.hadoop.fs.Path(target)):
            raise ConversionError(f"cannot move {source} to {target}")

    def delete_folder(self, uri: str) -> None:
        """Delete a folder with all that is in it; a missing one is fine."""
        fs, path = self._at(uri)
        fs.delete(path, True)

    def lines(self, uri: str) -> Iterator[str]:
        """Yield the lines of a text without their line feeds, a bounded piece at a time."""
        fs, path = self._at(uri)
        binary: Any = io.BufferedReader(JavaStream(fs.open(path)), 1 << 20)
        with gzip.open(binary) if uri.endswith(".gz") else binary as text:
            for line in text:
                yield line.removesuffix(b"\n").decode()

    def count_and_digest(self, uri: str) -> tuple[int, str]:
        """Lines (of the decompressed text) and SHA-256 (of the bytes), read once inside the JVM."""
        fs, path = self._at(uri)
        digest = self._jvm.java.security.MessageDigest.getInstance("SHA-256")
        digesting = self._jvm.java.security.DigestInputStream(fs.open(path), digest)
        zipped = uri.endswith(".gz")
        text = self._jvm.java.util.zip.GZIPInputStream(digesting) if zipped else digesting
        reader = self._jvm.java.io.InputStreamReader(text, "ISO-8859-1")
        rows = self._jvm.java.io.BufferedReader(reader).lines().count()
        digesting.transferTo(self._jvm.java.io.OutputStream.nullOutputStream())
        digesting.close()
        return int(rows), bytes(digest.digest()).hex()


# --------------------------------------------------------------------------- reading


def split_bytes(total_bytes: int, cores: int) -> int:
    """How much of a file one task reads: three waves of tasks, within bounds."""
    return min(max(total_bytes // (3 * cores), SMALLEST_SPLIT_BYTES), LARGEST_SPLIT_BYTES)


def physical_lines(spark: SparkSession, files: Sequence[SourceFile], split_size: int) -> DataFrame:
    """Return ``line, file, split, place`` of every line, the header at place 0.

    ``split`` numbers the pieces of a file, ``place`` orders its lines: the piece, and the line
    within it from 0 in the lowest bits. A line keeps its carriage return.
    """
    text = spark.read.option("lineSep", "\n").text([file.uri for file in files])
    stem = F.substring_index(F.substring_index(F.input_file_name(), "/", -1), ".", 1)
    index = F.lit(files[0].index) if len(files) == 1 else stem.cast("int")
    split = f"cast(input_file_block_start() div {split_size} as int)"
    ordinal = f"(monotonically_increasing_id() & {LINE_OF_SPLIT})"
    return text.select(
        F.col("value").alias("line"),
        index.alias("file"),
        F.expr(f"{split} as split"),
        F.expr(f"shiftleft(cast({split} as bigint), {LINE_BITS}) | {ordinal} as place"),
    )


def records_of_lines(lines: DataFrame, quote: str) -> DataFrame:
    """Join the lines of records whose quoted cells hold line breaks.

    A record begins where the number of quotes before is even, which is exact because the content
    validator refuses stray quotes in such files. ``place`` becomes the record's number, from 1,
    blank lines not counted; ``split`` becomes 0.
    """
    in_file = Window.partitionBy("file").orderBy("place")
    quotes = F.length("line") - F.length(F.replace("line", F.lit(quote), F.lit("")))
    counted = lines.where("place > 0").withColumn("quotes", quotes)
    before = F.sum("quotes").over(in_file) - F.col("quotes")
    placed = counted.withColumn("inside", before % 2 == 1)
    blank = ~F.col("inside") & F.col("line").isin("", "\r")
    starts = (~F.col("inside") & ~blank).cast("bigint")
    numbered = placed.withColumn("record", F.sum(starts).over(in_file)).where(~blank)
    pieces = F.array_sort(F.collect_list(F.struct("place", "line")))
    joined = numbered.groupBy("file", "record").agg(pieces.alias("pieces"))
    return joined.sortWithinPartitions("file", "record").select(
        F.array_join("pieces.line", "\n").alias("line"),
        "file",
        F.lit(0).alias("split"),
        F.col("record").alias("place"),
    )


def source_records(
    spark: SparkSession, manifest: Manifest, split_size: int, *, single_task: bool
) -> DataFrame:
    """Return every line or record of all files as ``line, file, split, place``."""
    frames = []
    for multiline in (False, True):
        files = [file for file in manifest.files if file.multiline is multiline]
        if not files:
            continue
        lines = physical_lines(spark, files, split_size)
        if single_task:
            lines = lines.coalesce(1)
        frames.append(records_of_lines(lines, manifest.rules.quote) if multiline else lines)
    records = reduce(DataFrame.unionByName, frames)
    if any(file.newline != "\n" for file in manifest.files):
        records = records.withColumn("line", F.expr("trim(TRAILING '\r' FROM line)"))
    return records.coalesce(1) if single_task and len(frames) > 1 else records


# --------------------------------------------------------------------------- expressions
#
# Expressions are Spark SQL text over these columns: the same text on every Spark version,
# one call to the JVM each, and readable in a test without a JVM.


def literal(text: str) -> str:
    """Return the text as a SQL literal, whatever is in it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def matches(text: str, form: str) -> str:
    r"""Whether the whole text has the form; ``$`` would let a final line break through."""
    anchored = rf"\A(?:{form})\z"
    return f"{text} rlike {literal(anchored)}"


def found_in(text: str, form: str) -> str:
    """Whether the form is found somewhere in the text."""
    found = f"{text} rlike {literal(form)}"
    if any(re.search(form, chr(code)) for code in range(0x80)):
        return found
    return f"octet_length({text}) != length({text}) and {found}"  # ASCII alone is quickly told


def one_of(text: str, values: Sequence[str]) -> str:
    """Whether the text is one of the values."""
    return f"{text} in ({', '.join(map(literal, values))})" if values else "false"


def well_quoted_form(delimiter: str, quote: str) -> str:
    """Return what a line matches as a whole unless a quote is out of place.

    Possessive throughout: linear time, and no recursion whatever the line's length.
    """
    one = _cell_form(delimiter, quote)
    return rf"{one}(?:{re.escape(delimiter)}{one})*+"


def _cell_form(delimiter: str, quote: str) -> str:
    d, q = re.escape(delimiter), re.escape(quote)
    return rf"(?:{q}[^{q}]*+(?:{q}{q}[^{q}]*+)*+{q}|[^{q}{d}]*+)"


def cells(rules: Rules) -> str:
    """Split the line into its cells, without the quotes around them."""
    d, q = rules.delimiter, rules.quote
    each = literal(rf"{re.escape(d)}({_cell_form(d, q)})")
    inner = f"replace(substr(c, 2, length(c) - 2), {literal(q * 2)}, {literal(q)})"
    quoted = (
        f"transform(regexp_extract_all(concat({literal(d)}, line), {each}, 1),"
        f" c -> if(startswith(c, {literal(q)}), {inner}, c))"
    )
    plain = f"split(line, {literal(re.escape(d))}, -1)"
    return f"if(contains(line, {literal(q)}), {quoted}, {plain})"


def by_file(values: dict[int, str]) -> str:
    """Pick the expression that belongs to the row's file; itself where all files agree."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    pairs = ", ".join(f"{index}, {value}" for index, value in values.items())
    return f"map({pairs})[file]"


def position_of(rule: FieldRules, files: Sequence[SourceFile]) -> str:
    """Return where the field stands among the cells of the row's file."""
    return by_file({file.index: str(file.columns.index(rule.name)) for file in files})


def has_type(rule: FieldRules, text: str) -> str:
    """Whether a text has the form of the type; most integers need no regular expression."""
    if rule.form is None:
        return "true"
    formed = matches(text, rule.form)
    if rule.type != "integer":
        return formed
    unchanged = f"cast(try_cast({text} as bigint) as string) <=> {text}"
    return f"(octet_length({text}) <= {WHOLE_DIGITS} and {unchanged} or {formed})"


def uncompiled(name: str, value: str, expression: str) -> str:
    """Name a value in an expression that Spark interprets: for what few rows need.

    Spark generates no code for functions of arrays, and code costs time to generate and compile.
    """
    return f"get(transform(array({value}), {name} -> {expression}), 0)"


def canonical_number(text: str) -> str:
    """Write a number in one way only: no ``+``, needless zero or ``-0``."""
    fraction = "trim(TRAILING '.' FROM trim(TRAILING '0' FROM n))"
    short = f"if(contains(n, '.'), {fraction}, n)"
    whole = "if(n = '' or n like '.%', concat('0', n), n)"
    unsigned = uncompiled("n", f"trim(LEADING '+-0' FROM trim({text}))", short)
    digits = uncompiled("n", unsigned, whole)
    signed = f"if(startswith(trim({text}), '-') and n != '0', concat('-', n), n)"
    return uncompiled("n", digits, signed)


def is_plainly_canonical(text: str) -> str:
    """Whether a number is canonical at a glance: from its first digit, 1 to 9, to its last one."""
    needless = f"endswith({text}, ' ') or contains({text}, '.') and endswith({text}, '0')"
    return f"{text} >= '1' and {text} < ':' and not ({needless})"


def delivered(rule: FieldRules, text: str) -> str:
    """Return a text of the field's type as it is delivered and compared."""
    if rule.type == "boolean":
        return f"if({one_of(text, rule.true_values or [])}, 'true', 'false')"
    if rule.type in NUMERIC_TYPES:
        return f"if({is_plainly_canonical(text)}, {text}, {canonical_number(text)})"
    return text


# --------------------------------------------------------------------------- judging


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A rule and, as SQL, when a row breaks it."""

    column: str | None
    rule: str
    message: str
    broken: str


def structure_checks(manifest: Manifest) -> list[Check]:
    """Return the checks that make every other one of the row pointless; the first one counts."""
    rules, files = manifest.rules, manifest.files
    d, q = rules.delimiter, rules.quote
    expected = by_file({file.index: str(len(file.columns)) for file in files})
    header = [
        f"get(cells, {position_of(rule, files)}) = {literal(rule.name)}" for rule in rules.fields
    ]
    broken = {
        "structure_quotes": f"contains(line, {literal(q)})"
        f" and not ({matches('line', well_quoted_form(d, q))})",
        "structure_fields": f"size(cells) != {expected}",
        "structure_header": " and ".join(header),
    }
    return [
        Check(column=None, rule="structure", message=rules.row_messages[name], broken=condition)
        for name, condition in broken.items()
    ]


def value_conditions(rules: Rules, rule: FieldRules, text: str) -> dict[str, str]:
    """Return when a text of the field's type breaks a rule on values."""
    value = delivered(rule, text)

    def limit(operator: str, bound: str | None) -> str:
        if rule.compare == "number":
            whole = rule.type in WHOLE_TYPES and WHOLE_NUMBER.fullmatch(bound or "")
            exact = "bigint" if whole else DECIMAL
            return f"try_cast(trim({text}) as {exact}) {operator} cast({bound} as {exact})"
        return f"{text} {operator} {literal(bound or '')}"

    return {
        "pattern": f"not ({matches(text, rule.pattern or '')})",
        "enum": f"not ({one_of(value, rule.enum or [])})",
        "minimum": limit("<", rule.minimum),
        "maximum": limit(">", rule.maximum),
        "minLength": f"length({text}) < {rule.min_length}",
        "maxLength": f"length({text}) > {rule.max_length}",
        "key_characters": found_in(text, rules.key_characters),
        "key_size": f"octet_length({text}) > {rule.max_key_bytes}",
    }


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldJudge:
    """One field as SQL over the row's cells: its value, and what it may break.

    ``of_value`` look at values of the type only, so ``of_presence`` and ``of_type`` come first.
    The same conditions judge twice: ``kept`` stops at the first broken one, which is all that a
    good row costs; ``broken`` names each of them, of a row that is known to be bad.
    """

    name: str
    is_text: bool
    position: str
    absent: str
    value: str
    of_presence: list[Check]
    of_type: list[Check]
    of_value: list[Check]

    @classmethod
    def from_rules(cls, rules: Rules, rule: FieldRules, position: str) -> FieldJudge:
        """Compile one field, in the order in which a row's errors name its rules."""
        text = f"get(cells, {position})"
        absent, typed = one_of(text, rules.missing_values), has_type(rule, text)

        def checks(conditions: dict[str, str]) -> list[Check]:
            return [
                Check(column=rule.name, rule=name, message=rule.messages[name], broken=condition)
                for name, condition in conditions.items()
                if name in rule.messages
            ]

        return cls(
            name=rule.name,
            is_text=rule.type not in NUMERIC_TYPES and rule.type != "boolean",
            position=position,
            absent=absent,
            value=delivered(rule, text),
            of_presence=checks({"required": absent}),
            of_type=checks({"type": f"not ({typed})"}),
            of_value=checks(value_conditions(rules, rule, text)),
        )

    def of_cells(self, cells: str) -> str:
        """Return the field's text among such cells."""
        return f"get({cells}, {self.position})"

    @property
    def checks(self) -> list[Check]:
        """Every check of the field."""
        return [*self.of_presence, *self.of_type, *self.of_value]

    @property
    def kept(self) -> str:
        """Whether no check is broken."""
        good = [f"not ({check.broken})" for check in (*self.of_type, *self.of_value)]
        whole = " and ".join(good) or "true"
        return (
            f"not ({self.absent}) and {whole}" if self.of_presence else f"{self.absent} or {whole}"
        )

    def broken(self, first: int) -> str:
        """Return the numbers of the broken checks, where ``first`` is the number of the first."""
        numbers = {check.rule: first + n for n, check in enumerate(self.checks)}
        each = [f"if({check.broken}, '{numbers[check.rule]}', null)" for check in self.of_value]
        absent = [f"'{numbers[check.rule]}'" for check in self.of_presence]
        untyped = [f"when {c.broken} then '{numbers[c.rule]}'" for c in self.of_type]
        return (
            f"case when {self.absent} then {absent[0] if absent else 'null'} {''.join(untyped)}"
            f" else {listed(each)} end"
        )


def listed(numbers: Sequence[str]) -> str:
    """Join texts by commas; those that are null leave no trace."""
    return f"concat_ws(',', {', '.join(numbers)})" if numbers else "''"


def size_check(rules: Rules, fields: Sequence[FieldJudge]) -> Check:
    """Return the check of what DynamoDB takes as one item."""
    names = [len(each.name.encode()) + 1 for each in fields]
    sizes = [
        f"if({each.absent}, 0, octet_length({each.of_cells('cells')}) + {name})"
        for each, name in zip(fields, names, strict=True)
    ]
    enough = rules.max_item_bytes - sum(names)  # a shorter record cannot make a larger item
    return Check(
        column=None,
        rule="item_size",
        message=rules.row_messages["item_size"],
        broken=f"octet_length(line) > {enough} and {' + '.join(sizes)} > {rules.max_item_bytes}",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Uniqueness:
    """Values that no two rows of a file may share, and the columns that hold them."""

    column: str | None
    rule: str
    message: str
    values: tuple[str, ...]

    @property
    def competes(self) -> str:
        """Whether a row takes part: it breaks no other rule and has the values."""
        return " and ".join(["intact", *[f"{value} is not null" for value in self.values]])


def uniqueness(rules: Rules) -> list[Uniqueness]:
    """Return the rules that look at more than one row."""
    columns = {rule.name: f"value{position}" for position, rule in enumerate(rules.fields)}
    found = [
        Uniqueness(
            column=rule.name,
            rule="unique",
            message=rule.messages["unique"],
            values=(columns[rule.name],),
        )
        for rule in rules.fields
        if rule.unique
    ]
    if rules.key:
        values = tuple(columns[name] for name in rules.key)
        message = rules.row_messages["primaryKey"]
        found.append(Uniqueness(column=None, rule="primaryKey", message=message, values=values))
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Everything that a row is judged by."""

    structure: list[Check]
    fields: list[FieldJudge]
    size: Check
    uniqueness: list[Uniqueness]

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Judge:
        """Compile the rules of the manifest."""
        rules = manifest.rules
        fields = [
            FieldJudge.from_rules(rules, rule, position_of(rule, manifest.files))
            for rule in rules.fields
        ]
        return cls(
            structure=structure_checks(manifest),
            fields=fields,
            size=size_check(rules, fields),
            uniqueness=uniqueness(rules),
        )

    @property
    def checks(self) -> list[Check]:
        """The checks of well-formed rows, in the order of a row's errors."""
        return [*itertools.chain.from_iterable(field.checks for field in self.fields), self.size]

    @property
    def intact(self) -> str:
        """Whether a row breaks none of the rules that look at one row."""
        good = [f"not ({check.broken})" for check in (*self.structure, self.size)]
        kept = [f"({field.kept})" for field in self.fields]
        return f"coalesce(line != '' and {' and '.join([*good, *kept])}, false)"

    @property
    def broken(self) -> str:
        """Return what a bad row breaks: the number of its structure check, or those of others."""
        first, numbers = 0, []
        for each in self.fields:
            numbers.append(each.broken(first))
            first += len(each.checks)
        numbers.append(f"if({self.size.broken}, '{first}', null)")
        cases = [f"when {c.broken} then '{n}\t'" for n, c in enumerate(self.structure, start=1)]
        every = f"concat('{WELL_FORMED}\t', {listed(numbers)})"
        structure = f"case when line = '' then '{BLANK}\t' {' '.join(cases)} else {every} end"
        return uncompiled("row", "line", structure)

    @property
    def unique_values(self) -> dict[str, str]:
        """The values of intact rows that no two rows may share; null where one is absent."""
        fields = {f"value{position}": each for position, each in enumerate(self.fields)}
        named = dict.fromkeys(name for rule in self.uniqueness for name in rule.values)
        return {name: f"if({fields[name].absent}, null, {fields[name].value})" for name in named}

    @property
    def repeat_names(self) -> list[str]:
        """The columns that say which uniqueness a row breaks."""
        return [f"repeat{index}" for index in range(len(self.uniqueness))]


PLACE = ("line", "file", "split", "place")
"""Columns that stay with a row: the record as it stands, and where."""

WELL_FORMED, BLANK = 0, -1
"""What is said of a row's structure; 1 and up is the number of the structure check that failed."""


def judged(records: DataFrame, manifest: Manifest, judge: Judge) -> DataFrame:
    """Return records with ``intact``, ``wording`` and ``value*``; headers are dropped.

    ``wording`` is the JSON of a row that breaks no rule, of others the numbers of the rules broken.
    Few projections on purpose: each one copies the row.
    """
    rules = manifest.rules
    intact = F.expr(judge.intact)  # evaluated once per row, however often it stands below
    wording = F.when(intact, F.expr(valid_row(judge))).otherwise(F.expr(judge.broken))
    unique = [F.when(intact, F.expr(v)).alias(name) for name, v in judge.unique_values.items()]
    in_cells = (f"{cells(rules)} as cells", f"{escaped_cells(rules)} as escaped_cells")
    return (
        records.selectExpr(*PLACE, *in_cells)
        .where("place > 0")
        .select(*PLACE, intact.alias("intact"), wording.alias("wording"), *unique)
    )


# --------------------------------------------------------------------------- uniqueness


def with_repeats_in_one_task(rows: DataFrame, judge: Judge, *, last_wins: bool) -> DataFrame:
    """Add ``repeat*``: another intact row of the file won the value. For rows in one partition."""
    order = F.desc("place") if last_wins else F.asc("place")
    for name, rule in zip(judge.repeat_names, judge.uniqueness, strict=True):
        same = [f"if({rule.competes}, {value}, null)" for value in rule.values]
        alone = f"if({rule.competes}, null, place)"
        rivals = Window.partitionBy("file", *map(F.expr, [*same, alone])).orderBy(order)
        rows = rows.withColumn(name, F.row_number().over(rivals) > 1)
    return rows


def with_repeats(rows: DataFrame, judge: Judge, *, last_wins: bool) -> DataFrame:
    """Add ``repeat*``: another intact row of the file won the value.

    The judged rows are kept where they were computed and read from there: once for the hashes of
    their values, once to be written, and once more only where hashes repeat. Rows keep their task
    and their order: only hashes travel between tasks, and back only the values that repeat.
    """
    rows = rows.localCheckpoint(eager=False)
    winner = F.max if last_wins else F.min
    for name, rule in zip(judge.repeat_names, judge.uniqueness, strict=True):
        shared = ["file", *rule.values]
        competing = rows.where(rule.competes)
        if not any_repeats(competing, shared):
            rows = rows.withColumn(name, F.lit(False))
            continue
        repeated = (
            competing.groupBy(*shared)
            .agg(F.count(F.lit(1)).alias("rivals"), winner("place").alias("won"))
            .where("rivals > 1")
            .select(*[F.col(column).alias(f"won_{column}") for column in shared], "won")
        )
        same = " and ".join([rule.competes, *[f"{column} = won_{column}" for column in shared]])
        rows = (
            rows.join(F.broadcast(repeated), F.expr(same), "left")
            .withColumn(name, F.expr("coalesce(place != won, false)"))
            .drop("won", *[f"won_{column}" for column in shared])
        )
    return rows


def any_repeats(rows: DataFrame, columns: Sequence[str]) -> bool:
    """Whether the hashes of some columns repeat: never false if the columns' values do."""
    hashes = rows.selectExpr(f"xxhash64({', '.join(columns)}) as hash").groupBy("hash").count()
    return not hashes.where("count > 1").isEmpty()


# --------------------------------------------------------------------------- rows as text

PRINTABLE_FORM = r"[\x20-\x{10ffff}]*"
"""A record of this form holds no control character; a single range is what Java does fast."""

CONTROL_FORM = r"[\x00-\x1f]"
CONTROL_CHARACTERS = {chr(code): json.dumps(chr(code))[1:-1] for code in range(0x20)}


def escaped(text: str) -> str:
    """Return what stands between the quotes of a JSON string, as Python's json writes it."""
    slashes = f"replace({text}, {literal(chr(92))}, {literal(chr(92) * 2)})"
    quotes = f"replace({slashes}, {literal(chr(34))}, {literal(chr(92) + chr(34))})"
    pairs = ", ".join(f"{literal(k)}, {literal(v)}" for k, v in CONTROL_CHARACTERS.items())
    spelled = f"x -> coalesce(try_element_at(map({pairs}), x), x)"
    controls = f"array_join(transform(split({quotes}, ''), {spelled}), '')"
    return f"if({text} rlike {literal(CONTROL_FORM)}, {controls}, {quotes})"


def escaped_cells(rules: Rules) -> str:
    """Return the cells with JSON's escapes; null if a well-formed line has nothing to escape.

    The few lines that have are cut into cells once more: cheaper than one more copy of every row.
    """
    quote = rules.quote * 2 if rules.quote == '"' else '"'  # a quote inside quotes is doubled
    absent = [f"not contains(line, {literal(character)})" for character in (quote, "\\")]
    is_plain = " and ".join([*absent, matches("line", PRINTABLE_FORM)])
    return f"if({is_plain}, null, transform({cells(rules)}, c -> {escaped('c')}))"


def valid_row(judge: Judge) -> str:
    """Return the row as one JSON object, fields in the contract's order, absent ones left out.

    One ``concat`` copies each text once.
    """
    pieces = []
    leads = bool(judge.fields[0].of_presence)  # else every member that is there brings a comma
    for position, each in enumerate(judge.fields):
        comma = "" if leads and position == 0 else ","
        name = f"{comma}{json.dumps(each.name, ensure_ascii=False)}:"
        member = [literal(name), each.value]
        if each.is_text:
            member = [literal(name + '"'), each.of_cells("ifnull(escaped_cells, cells)"), "'\"'"]
        if not each.of_presence:
            member = [f"if({each.absent}, '', concat({', '.join(member)}))"]
        pieces += member
    if leads:
        return f"concat('{{', {', '.join(pieces)}, '}}')"
    return f"concat('{{', substr(concat({', '.join(pieces)}), 2), '}}')"


def as_output(rows: DataFrame, judge: Judge) -> DataFrame:
    """Return ``kind, file, split, value``: each row once, as valid or as something other.

    The others say place, structure, broken checks, repeats and the raw record, whose line breaks
    are escaped.
    """
    repeated = " or ".join(judge.repeat_names) or "false"
    repeats = [f"cast({name} as int)" for name in judge.repeat_names]
    raw = f"replace(line, {literal(chr(92))}, {literal(chr(92) * 2)})"
    raw = f"replace({raw}, {literal(chr(10))}, {literal(chr(92) + 'n')})"
    words = ["place", f"if(intact, '{WELL_FORMED}\t', wording)", *repeats, raw]
    valid = f"intact and not ({repeated})"
    return rows.selectExpr(
        f"if({valid}, 'valid', 'other') as kind",
        "file",
        "split",
        f"if({valid}, wording, concat_ws('\t', {', '.join(words)})) as value",
    )


def write_rows(spark: SparkSession, manifest: Manifest, judge: Judge, target: str) -> None:
    """Read every file once, judge every row once, write every row once.

    ``target/kind=<valid|other>/file=<index>/split=<n>/part-…`` holds the rows of one piece of one
    file in their order, at most ``rows_per_part`` in a file.
    """
    total = sum(file.size_bytes * EXPANSION[file.compression] for file in manifest.files)
    single_task = total <= SINGLE_TASK_BYTES and 2 * len(manifest.files) <= OPEN_PARTS
    interpreted = single_task and total <= INTERPRETED_BYTES
    cores = spark.sparkContext.defaultParallelism
    split_size = split_bytes(total, cores)
    last_wins = manifest.rules.on_duplicate_key == "last"
    settings = {
        "spark.sql.files.maxPartitionBytes": str(split_size),
        "spark.sql.files.openCostInBytes": str(split_size),  # one piece a partition
        "spark.sql.maxConcurrentOutputFileWriters": str(OPEN_PARTS),
        "spark.sql.sources.partitionOverwriteMode": "static",
        "spark.sql.shuffle.partitions": str(1 if single_task else 4 * cores),
        "spark.sql.codegen.wholeStage": str(not interpreted).lower(),
        "spark.sql.codegen.factoryMode": "NO_CODEGEN" if interpreted else "FALLBACK",
        "spark.sql.codegen.hugeMethodLimit": "8000",  # the JVM never compiles larger methods
        "spark.sql.variable.substitute": "false",  # a pattern may hold ${
    }
    with applied(spark, settings):
        records = source_records(spark, manifest, split_size, single_task=single_task)
        rows = judged(records, manifest, judge)
        if single_task:
            rows = with_repeats_in_one_task(rows, judge, last_wins=last_wins)
            rows = rows.sortWithinPartitions("file", "place")
        elif judge.uniqueness:
            rows = with_repeats(rows, judge, last_wins=last_wins)
        writer = as_output(rows, judge).write.partitionBy("kind", "file", "split")
        writer.options(
            compression=manifest.output_compression, maxRecordsPerFile=manifest.rows_per_part
        ).mode("error").text(target)


@contextmanager
def applied(spark: SparkSession, settings: dict[str, str]) -> Iterator[None]:
    """Set options of the session, and set them back."""
    before = {name: spark.conf.get(name, None) for name in settings}
    for name, value in settings.items():
        spark.conf.set(name, value)
    try:
        yield
    finally:
        for name, old in before.items():
            spark.conf.unset(name) if old is None else spark.conf.set(name, old)


# --------------------------------------------------------------------------- what was written

PART_PATH = re.compile(
    r"/kind=(?P<kind>valid|other)/file=(?P<file>[0-9]+)/split=(?P<split>[0-9]+)"
    r"/part-(?P<task>[0-9]+)-[^/]*?(?:\.c|-c)(?P<number>[0-9]+)\.txt(?:\.gz)?\Z"
)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class WrittenPart:
    """A file of Spark's output; parts sort in the order of the source's rows."""

    kind: str
    file: int
    split: int
    task: int
    number: int
    uri: str
    size_bytes: int

    @classmethod
    def from_stored(cls, stored: Stored) -> WrittenPart | None:
        """Read the path; None for what is no part (``_SUCCESS``)."""
        found = PART_PATH.search(stored.uri)
        if not found:
            return None
        numbers = {name: int(found[name]) for name in ("file", "split", "task", "number")}
        return cls(kind=found["kind"], uri=stored.uri, size_bytes=stored.size_bytes, **numbers)


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """A finished part as the report names it."""

    index: int
    file_index: int | None
    key: str
    size_bytes: int
    rows: int
    sha256: str

    def as_document(self) -> dict[str, Any]:
        """Return the part's entry in the report."""
        of_file = {} if self.file_index is None else {"file_index": self.file_index}
        return {
            "index": self.index,
            **of_file,
            "key": self.key,
            "bytes": self.size_bytes,
            "rows": self.rows,
            "sha256": self.sha256,
        }


def object_key(uri: str) -> str:
    """Return the key of ``s3://bucket/key``; of a ``file:`` URI its path without the root."""
    return percent_decoded(urlsplit(uri).path).lstrip("/")


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedRow:
    """A row that is not delivered, where it stands and which rules it broke."""

    file: int
    number: int
    broken: list[Check | Uniqueness]
    raw: str


def parse_other(line: str, judge: Judge) -> tuple[int, list[Check | Uniqueness], str] | None:
    """Read one line of the intermediate: place, what was broken, raw record; None if blank.

    Raises:
        ConversionError: nothing was broken.
    """
    place, structure, numbers, *repeats, raw = line.split("\t", 3 + len(judge.uniqueness))
    if int(structure) == BLANK:
        return None
    broken: list[Check | Uniqueness] = []
    if int(structure) != WELL_FORMED:
        broken.append(judge.structure[int(structure) - 1])
    broken += [judge.checks[int(number)] for number in numbers.split(",") if number]
    broken += [rule for rule, bit in zip(judge.uniqueness, repeats, strict=True) if int(bit)]
    if not broken:
        raise ConversionError("a row was set aside that breaks no rule")
    return int(place), broken, unescaped(raw)


def unescaped(raw: str) -> str:
    r"""Undo the escapes of the intermediate: ``\\`` and ``\n``."""
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], raw)


# --------------------------------------------------------------------------- rejected rows


def lines_before(parts: Sequence[WrittenPart], rows: dict[str, int]) -> dict[tuple[int, int], int]:
    """Return how many lines of its file stand before each (file, split).

    Every line but the header was written as one row, so the rows of the earlier splits say it.
    """
    of_split: Counter[tuple[int, int]] = Counter()
    for part in parts:
        of_split[part.file, part.split] += rows[part.uri]
    before: dict[tuple[int, int], int] = {}
    read: Counter[int] = Counter()
    for file, split in sorted(of_split):
        header = 1 if split else 0
        before[file, split] = read[file] + header
        read[file] += of_split[file, split]
    return before


def rejected_rows(
    storage: Storage,
    others: Sequence[WrittenPart],
    before: dict[tuple[int, int], int],
    multiline: frozenset[int],
    judge: Judge,
) -> Iterator[RejectedRow]:
    """Yield what Spark set aside, in the order of files and rows; blank lines are passed over."""
    for part in others:
        for text in storage.lines(part.uri):
            found = parse_other(text, judge)
            if found is None:
                continue
            place, broken, raw = found
            line = before[part.file, part.split] + (place & LINE_OF_SPLIT) + 1
            number = place if part.file in multiline else line
            yield RejectedRow(file=part.file, number=number, broken=broken, raw=raw)


@dataclass(frozen=True, kw_only=True, slots=True)
class RejectedWriter:
    """Words rejected rows for machines (JSON) and for a person who mends them (CSV)."""

    manifest: Manifest

    def cells(self, row: RejectedRow) -> list[str]:
        """Read the raw record leniently: what cannot be right is still shown."""
        rules = self.manifest.rules
        text = io.StringIO(row.raw, newline="")
        return next(csv.reader(text, delimiter=rules.delimiter, quotechar=rules.quote), [""])

    def document(self, row: RejectedRow, file: SourceFile) -> dict[str, Any]:
        """Return the row as ``rejected/`` has it."""
        fields = len(self.cells(row)) if row.broken[0].rule == "structure" else 0
        errors = [
            {
                "column": rule.column,
                "rule": rule.rule,
                "message": rule.message.format(fields=fields, expected=len(file.columns))
                if rule.rule == "structure"
                else rule.message,
            }
            for rule in row.broken
        ]
        return {
            "file": file.key,
            "version_id": file.version_id,
            "line": None if file.multiline else row.number,
            "record": row.number if file.multiline else None,
            "errors": errors,
            "raw": row.raw,
            "contract_version": self.manifest.contract_version,
        }

    def mendable(self, row: RejectedRow, file: SourceFile) -> list[str]:
        """Return the row's cells in the contract's order, surplus ones behind, safe to open.

        A row of the wrong width keeps a wrong width: dropped again unmended, it is rejected again.
        """
        found, fields = self.cells(row), self.manifest.rules.fields
        given: dict[str | None, str] = dict(zip(file.columns, found, strict=False))
        cells = [
            disarmed(given.get(rule.name, ""), is_numeric=rule.type in NUMERIC_TYPES)
            for rule in fields
        ]
        if len(found) >= len(file.columns):
            surplus = found[len(file.columns) :]
            return [*cells, *(disarmed(cell, is_numeric=False) for cell in surplus)]
        in_order = file.columns == [rule.name for rule in fields]
        return cells[: len(found)] if in_order else [*cells, ""]

    def csv_text(self, rows: Sequence[Sequence[str]]) -> str:
        r"""Return the rows below the contract's header, in the contract's dialect.

        The writer is told to end lines with ``\r\n``, because only then it quotes a lone ``\r``.
        """
        rules, text = self.manifest.rules, io.StringIO(newline="")
        writer = csv.writer(text, delimiter=rules.delimiter, quotechar=rules.quote)
        for row in ([rule.name for rule in rules.fields], *rows):
            writer.writerow(row)
            text.seek(text.tell() - 2)
            text.write("\n")
            text.truncate()
        return text.getvalue()


def disarmed(cell: str, *, is_numeric: bool) -> str:
    """Return a cell that no spreadsheet takes for a formula; numbers stay numbers."""
    if not FORMULA.match(cell) or (is_numeric and SIGNED_NUMBER.fullmatch(cell)):
        return cell
    return f"'{cell}"


def in_parts(rows: Iterator[RejectedRow]) -> Iterator[list[RejectedRow]]:
    """Cut the rows into parts that fit in memory, by number and by size."""
    part: list[RejectedRow] = []
    characters = 0
    for row in rows:
        part.append(row)
        characters += len(row.raw)
        if len(part) == REJECTED_ROWS_PER_PART or characters >= REJECTED_CHARACTERS_PER_PART:
            yield part
            part, characters = [], 0
    if part:
        yield part


@dataclass(kw_only=True, slots=True)
class RejectedSummary:
    """What the report says of the rejected rows."""

    parts: list[Part] = field(default_factory=list)
    csv_parts: list[Part] = field(default_factory=list)
    sample: list[dict[str, Any]] = field(default_factory=list)
    rows_of_file: Counter[int] = field(default_factory=Counter)
    rows_of_rule: Counter[tuple[str | None, str]] = field(default_factory=Counter)


def write_rejected(
    storage: Storage, rows: Iterator[RejectedRow], manifest: Manifest, target: str
) -> RejectedSummary:
    """Write ``rejected/`` and ``rejected_csv/`` part by part, however many rows there are."""
    summary, writer = RejectedSummary(), RejectedWriter(manifest=manifest)
    files = {file.index: file for file in manifest.files}
    for index, part in enumerate(in_parts(rows)):
        documents = [writer.document(row, files[row.file]) for row in part]
        lines = "".join(compact_json(document) + "\n" for document in documents)
        table = writer.csv_text([writer.mendable(row, files[row.file]) for row in part])
        zipped = manifest.output_compression == "gzip"
        content = gzip.compress(lines.encode(), mtime=0) if zipped else lines.encode()
        suffix = ".json.gz" if zipped else ".json"
        for uri, data, parts in (
            (f"{target}/rejected/{index:06d}{suffix}", content, summary.parts),
            (f"{target}/rejected_csv/{index:06d}.csv", table.encode(), summary.csv_parts),
        ):
            parts.append(store_part(storage, uri, data, index=index, rows=len(part)))
        summary.sample += documents[: SAMPLE_ROWS - len(summary.sample)]
        summary.rows_of_file.update(row.file for row in part)
        summary.rows_of_rule.update((r.column, r.rule) for row in part for r in row.broken)
    return summary


def store_part(storage: Storage, uri: str, content: bytes, *, index: int, rows: int) -> Part:
    """Write a part from memory."""
    storage.create(uri, content)
    return Part(
        index=index,
        file_index=None,
        key=object_key(uri),
        size_bytes=len(content),
        rows=rows,
        sha256=hashlib.sha256(content).hexdigest(),
    )


# --------------------------------------------------------------------------- the report


def compact_json(document: object) -> str:
    """Return JSON as the formats want it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def rules_in_order(judge: Judge, manifest: Manifest) -> list[tuple[str | None, str]]:
    """Return every (column, rule) in the contract's order."""
    every: list[Check | Uniqueness] = [*judge.structure, *judge.checks, *judge.uniqueness]
    names = [None, *[field.name for field in manifest.rules.fields]]
    of_column = [
        (rule.column, rule.rule)
        for name in names
        for rule in every
        if rule.column == name and rule.rule not in ROW_RULES
    ]
    of_row = [(None, rule) for rule in ROW_RULES]
    return list(dict.fromkeys([*of_column, *of_row]))


def report_document(
    manifest: Manifest,
    judge: Judge,
    parts: Sequence[Part],
    rejected: RejectedSummary,
) -> dict[str, Any]:
    """Return the report but for the engine, the time and where ``parts.json`` is.

    Raises:
        ConversionError: the rows of a file are not those that the validator counted.
    """
    valid: Counter[int] = Counter()
    for part in parts:
        valid[part.file_index or 0] += part.rows
    entries = []
    for file in manifest.files:
        rows_in = valid[file.index] + rejected.rows_of_file[file.index]
        if rows_in != file.records:
            raise ConversionError(
                f"{file.key}: {rows_in} rows were converted where the validator counted"
                f" {file.records} records"
            )
        identity = {n: getattr(file, n) for n in ("index", "key", "version_id", "source_version")}
        counts = {"valid": valid[file.index], "rejected": rejected.rows_of_file[file.index]}
        entries.append({**identity, "rows_in": rows_in, **counts})
    totals = {
        name: sum(entry[name] for entry in entries) for name in ("rows_in", "valid", "rejected")
    }
    broken = [rule for rule in rules_in_order(judge, manifest) if rejected.rows_of_rule[rule]]
    return {
        "schema_version": 1,
        "run_id": manifest.run_id,
        "dataset": manifest.dataset,
        "contract_version": manifest.contract_version,
        "counts": totals,
        "files": entries,
        "rules": [
            {"column": rule[0], "rule": rule[1], "rows": rejected.rows_of_rule[rule]}
            for rule in broken
        ],
        "sample": rejected.sample,
        "parts": [part.as_document() for part in parts],
        "rejected_parts": [part.as_document() for part in rejected.parts],
        "rejected_csv": [part.as_document() for part in rejected.csv_parts],
    }


# --------------------------------------------------------------------------- the whole


def publish_valid(
    storage: Storage, written: Sequence[WrittenPart], manifest: Manifest, target: str
) -> tuple[list[Part], dict[str, int]]:
    """Digest Spark's parts and move them to ``valid/``; also return the rows of every part."""
    suffix = ".json.gz" if manifest.output_compression == "gzip" else ".json"
    valid = [part for part in written if part.kind == "valid"]
    places = [f"{target}/valid/{index:06d}{suffix}" for index in range(len(valid))]
    if valid:
        storage.make_folder(f"{target}/valid")
    with ThreadPoolExecutor(STORAGE_THREADS) as threads:
        measured = dict(
            zip(
                [part.uri for part in written],
                threads.map(storage.count_and_digest, [part.uri for part in written]),
                strict=True,
            )
        )
        list(threads.map(storage.move, [part.uri for part in valid], places))
    parts = [
        Part(
            index=index,
            file_index=part.file,
            key=object_key(place),
            size_bytes=part.size_bytes,
            rows=measured[part.uri][0],
            sha256=measured[part.uri][1],
        )
        for index, (part, place) in enumerate(zip(valid, places, strict=True))
    ]
    return parts, {uri: rows for uri, (rows, _) in measured.items()}


def convert(spark: SparkSession, manifest_uri: str, output_uri: str) -> dict[str, Any]:
    """Convert what the manifest lists and return the report, which is stored last.

    Raises:
        ConversionError: the manifest cannot be used, the folder already has a report, or the rows
            are not those that the validator counted.
    """
    started = time.monotonic()
    csv.field_size_limit(LARGEST_CELL)
    storage, target = Storage(spark), output_uri.rstrip("/")
    manifest = Manifest.from_json(storage.read(manifest_uri))
    report_uri, parts_uri, rows_uri = (
        f"{target}/{n}" for n in ("report.json", "parts.json", "rows")
    )
    if storage.exists(report_uri):
        raise ConversionError(f"{report_uri} exists already: an attempt is never repeated in place")
    judge = Judge.from_manifest(manifest)
    if manifest.files:
        write_rows(spark, manifest, judge, rows_uri)
    found = [WrittenPart.from_stored(stored) for stored in storage.files_below(rows_uri)]
    written = sorted(part for part in found if part)
    parts, rows = publish_valid(storage, written, manifest, target)
    multiline = frozenset(file.index for file in manifest.files if file.multiline)
    others = [part for part in written if part.kind == "other"]
    set_aside = rejected_rows(storage, others, lines_before(written, rows), multiline, judge)
    rejected = write_rejected(storage, set_aside, manifest, target)
    report = report_document(manifest, judge, parts, rejected)
    listing = compact_json(report["parts"]).encode()
    report |= {
        "engine": "spark",
        "engine_version": spark.version,
        "parts_key": object_key(parts_uri),
        "parts_sha256": hashlib.sha256(listing).hexdigest(),
        "seconds": round(time.monotonic() - started, 3),
    }
    storage.delete_folder(rows_uri)
    storage.create(parts_uri, listing)
    storage.create(report_uri, compact_json(report).encode())
    return report


def one_line(error: BaseException) -> str:
    """Return what went wrong, without the stack that Spark prints into its messages."""
    text = str(getattr(error, "java_exception", None) or error)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no message'}"


def main(argv: Sequence[str]) -> None:
    """Run the job; Glue adds arguments of its own, which are ignored."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--manifest_uri", required=True)
    parser.add_argument("--output_uri", required=True)
    arguments, _ = parser.parse_known_args(argv)
    spark = SparkSession.builder.appName("csv_to_json").getOrCreate()
    try:
        report = convert(spark, arguments.manifest_uri, arguments.output_uri)
    except ConversionError:
        raise
    except Exception as error:
        raise ConversionError(one_line(error)) from error
    finally:
        spark.stop()
    sys.stdout.write(compact_json(report["counts"] | {"seconds": report["seconds"]}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
