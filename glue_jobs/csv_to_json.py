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

BITS_PER_MASK = 62
"""Broken rules of a row are bits of 64-bit integers; the sign stays out of it."""

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
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


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

    def column(self, position: int) -> str:
        """The column that holds the value to deliver; a text without a form is its own value."""
        return f"value{position}" if self.form else f"text{position}"


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
    """Split the line into its cells, quotes still on."""
    d, q = rules.delimiter, rules.quote
    each = literal(rf"{re.escape(d)}({_cell_form(d, q)})")
    quoted = f"regexp_extract_all(concat({literal(d)}, line), {each}, 1)"
    plain = f"split(line, {literal(re.escape(d))}, -1)"
    return f"if(contains(line, {literal(q)}), {quoted}, {plain})"


def by_file(values: dict[int, str]) -> str:
    """Pick the expression that belongs to the row's file; itself where all files agree."""
    if len(set(values.values())) == 1:
        return next(iter(values.values()))
    pairs = ", ".join(f"{index}, {value}" for index, value in values.items())
    return f"map({pairs})[file]"


def widths(files: Sequence[SourceFile]) -> str:
    """Return how many cells the header of the row's file has."""
    return by_file({file.index: str(len(file.columns)) for file in files})


def positions(rules: Rules, files: Sequence[SourceFile]) -> str:
    """Return where each field of the contract stands in the row's file."""
    names = [rule.name for rule in rules.fields]
    return by_file(
        {f.index: f"array({', '.join(str(f.columns.index(n)) for n in names)})" for f in files}
    )


def cell_text(rules: Rules, position: int) -> str:
    """Return the field's text as in the file, without its quotes; null if it has no value."""
    raw = f"get(cells, positions[{position}])"
    q = literal(rules.quote)
    inner = f"replace(substr({raw}, 2, length({raw}) - 2), {literal(rules.quote * 2)}, {q})"
    text = f"if(startswith({raw}, {q}), {inner}, {raw})"
    return f"if({one_of(text, rules.missing_values)}, null, {text})"


def canonical_number(text: str) -> str:
    """Write a number in one way only: no ``+``, needless zero or ``-0``."""
    unsigned = f"trim(LEADING '+-0' FROM trim({text}))"
    whole = f"if({unsigned} = '', '0', {unsigned})"
    trimmed = f"trim(TRAILING '.' FROM trim(TRAILING '0' FROM {unsigned}))"
    digits = (
        f"case when not contains({text}, '.') then {whole} when {trimmed} = '' then '0'"
        f" when startswith({trimmed}, '.') then concat('0', {trimmed}) else {trimmed} end"
    )
    negative = f"startswith(trim({text}), '-') and {digits} != '0'"
    return f"concat(if({negative}, '-', ''), {digits})"


def delivered_text(rule: FieldRules, text: str) -> str:
    """Return the value as it is delivered and compared; null without a value of the type."""
    if rule.type == "boolean":
        value = f"if({one_of(text, rule.true_values or [])}, 'true', 'false')"
    elif rule.type in NUMERIC_TYPES:
        value = canonical_number(text)
    else:
        value = text
    return f"if({matches(text, rule.form)}, {value}, null)" if rule.form else value


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
    rules = manifest.rules
    d, q = rules.delimiter, rules.quote
    expected = widths(manifest.files)
    header = [f"text{i} = {literal(rule.name)}" for i, rule in enumerate(rules.fields)]
    broken = {
        "structure_quotes": f"contains(line, {literal(q)})"
        f" and not ({matches('line', well_quoted_form(d, q))})",
        "structure_fields": f"size(cells) != {expected}",
        "structure_header": f"coalesce({' and '.join(header)}, false)",
    }
    return [
        Check(column=None, rule="structure", message=rules.row_messages[name], broken=condition)
        for name, condition in broken.items()
    ]


def field_checks(rules: Rules, position: int) -> list[Check]:
    """Return the checks of one field, in the order in which a row's errors name them."""
    rule, text = rules.fields[position], f"text{position}"
    value = rule.column(position)

    def limit(operator: str, bound: str | None) -> str:
        if rule.compare == "number":
            whole = rule.type in WHOLE_TYPES and WHOLE_NUMBER.fullmatch(bound or "")
            exact = "bigint" if whole else DECIMAL
            return f"try_cast({value} as {exact}) {operator} cast({bound} as {exact})"
        return f"{value} {operator} {literal(bound or '')}"

    broken = {
        "required": f"{text} is null",
        "type": f"{text} is not null and {value} is null",
        "pattern": f"not ({matches(value, rule.pattern or '')})",
        "enum": f"not ({one_of(value, rule.enum or [])})",
        "minimum": limit("<", rule.minimum),
        "maximum": limit(">", rule.maximum),
        "minLength": f"length({value}) < {rule.min_length}",
        "maxLength": f"length({value}) > {rule.max_length}",
        "key_characters": found_in(value, rules.key_characters),
        "key_size": f"octet_length({value}) > {rule.max_key_bytes}",
    }
    return [
        Check(column=rule.name, rule=name, message=rule.messages[name], broken=condition)
        for name, condition in broken.items()
        if name in rule.messages
    ]


def size_check(rules: Rules) -> Check:
    """Return the check of what DynamoDB takes as one item."""
    sizes = [
        f"coalesce(octet_length(text{position}) + {len(rule.name.encode()) + 1}, 0)"
        for position, rule in enumerate(rules.fields)
    ]
    names = sum(len(rule.name.encode()) + 1 for rule in rules.fields)
    enough = rules.max_item_bytes - names  # a shorter record cannot make a larger item
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
    position = {rule.name: index for index, rule in enumerate(rules.fields)}
    found = [
        Uniqueness(
            column=rule.name,
            rule="unique",
            message=rule.messages["unique"],
            values=(rule.column(position[rule.name]),),
        )
        for rule in rules.fields
        if rule.unique
    ]
    if rules.key:
        values = tuple(rules.fields[position[n]].column(position[n]) for n in rules.key)
        message = rules.row_messages["primaryKey"]
        found.append(Uniqueness(column=None, rule="primaryKey", message=message, values=values))
    return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Everything that a row is judged by."""

    structure: list[Check]
    checks: list[Check]
    uniqueness: list[Uniqueness]

    @classmethod
    def from_manifest(cls, manifest: Manifest) -> Judge:
        """Compile the rules of the manifest."""
        rules = manifest.rules
        of_fields = [field_checks(rules, position) for position in range(len(rules.fields))]
        return cls(
            structure=structure_checks(manifest),
            checks=[*itertools.chain.from_iterable(of_fields), size_check(rules)],
            uniqueness=uniqueness(rules),
        )

    @property
    def masks(self) -> list[str]:
        """Each word of broken rules: bit i of word w is set if check ``w * 62 + i`` fails."""
        return [
            " | ".join(f"if({check.broken}, {1 << bit}L, 0L)" for bit, check in enumerate(chunk))
            for chunk in batched(self.checks, BITS_PER_MASK)
        ]

    @property
    def mask_names(self) -> list[str]:
        """The columns of ``masks``."""
        return [f"mask{word}" for word in range(len(self.masks))]

    @property
    def intact(self) -> str:
        """Whether a row breaks none of the rules that look at one row."""
        return " and ".join([f"structure = {WELL_FORMED}", *[f"{m} = 0" for m in self.mask_names]])

    @property
    def repeat_names(self) -> list[str]:
        """The columns that say which uniqueness a row breaks."""
        return [f"repeat{index}" for index in range(len(self.uniqueness))]


def batched(items: Sequence[Check], size: int) -> list[Sequence[Check]]:
    """Cut into pieces of at most ``size``."""
    return [items[start : start + size] for start in range(0, len(items), size)]


PLACE = ("line", "file", "split", "place")
"""Columns that stay with a row: the record as it stands, and where."""

WELL_FORMED, BLANK = 0, -1
"""Values of ``structure``; 1 and up is the number of the structure check that failed."""


def judged(records: DataFrame, manifest: Manifest, judge: Judge) -> DataFrame:
    """Add ``structure``, ``text*``, ``value*`` and ``mask*``; headers are dropped.

    Few and wide projections on purpose: each one copies the row.
    """
    rules = manifest.rules
    texts = [f"{cell_text(rules, i)} as text{i}" for i in range(len(rules.fields))]
    where = f"{positions(rules, manifest.files)} as positions"
    *of_line, repeated_header = judge.structure
    cases = [f"when {check.broken} then {i}" for i, check in enumerate(of_line, start=1)]
    printable = matches("line", PRINTABLE_FORM)
    plain = f"not contains(line, '\"') and not contains(line, '\\\\') and {printable} as plain"
    shape = f"case when line = '' then {BLANK} {' '.join(cases)} else {WELL_FORMED} end as shape"
    structure = (
        f"if(shape = {WELL_FORMED} and {repeated_header.broken}, {len(judge.structure)}, shape)"
    )
    values = [
        f"{delivered_text(rule, f'text{i}')} as value{i}"
        for i, rule in enumerate(rules.fields)
        if rule.form
    ]
    delivered = [rule.column(i) for i, rule in enumerate(rules.fields)]
    masks = [f"{mask} as mask{word}" for word, mask in enumerate(judge.masks)]
    return (
        records.selectExpr(*PLACE, f"{cells(rules)} as cells", where)
        .where("place > 0")
        .selectExpr(*PLACE, plain, shape, *texts)
        .selectExpr("*", *values)
        .selectExpr(*PLACE, "plain", f"{structure} as structure", *delivered, *masks)
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

    The judged rows are kept where they were computed and read twice from there: once for their
    values, once to be written. Only values travel between tasks, and back only the repeated ones
    (in a clean file none), so rows keep their task and their order.
    """
    rows = rows.localCheckpoint(eager=False)
    winner = F.max if last_wins else F.min
    for name, rule in zip(judge.repeat_names, judge.uniqueness, strict=True):
        shared = ["file", *rule.values]
        repeated = (
            rows.where(rule.competes)
            .groupBy(*shared)
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


# --------------------------------------------------------------------------- rows as text

PRINTABLE_FORM = r"[\x20-\x{10ffff}]*+"
"""A record of this form holds no control character; a single range is what Java does fast."""

CONTROL_FORM = r"[\x00-\x1f]"
CONTROL_CHARACTERS = {chr(code): json.dumps(chr(code))[1:-1] for code in range(0x20)}


def json_string(text: str, needs_escape: str) -> str:
    """Return the text as a JSON string as Python's json writes it, beyond ASCII unescaped."""
    slashes = f"replace({text}, {literal(chr(92))}, {literal(chr(92) * 2)})"
    quotes = f"replace({slashes}, {literal(chr(34))}, {literal(chr(92) + chr(34))})"
    pairs = ", ".join(f"{literal(k)}, {literal(v)}" for k, v in CONTROL_CHARACTERS.items())
    spelled = f"c -> coalesce(try_element_at(map({pairs}), c), c)"
    controls = f"array_join(transform(split({quotes}, ''), {spelled}), '')"
    has_control = f"{text} rlike {literal(CONTROL_FORM)}"
    escaped = f"if({has_control}, {controls}, {quotes})"
    return f"concat('\"', if({needs_escape}, {escaped}, {text}), '\"')"


def valid_row(rules: Rules) -> str:
    """Return the row as one JSON object, fields in the contract's order, absent ones left out."""
    members = []
    for position, rule in enumerate(rules.fields):
        value = rule.column(position)
        plain = rule.type in NUMERIC_TYPES or rule.type == "boolean"
        text = value if plain else json_string(value, "not plain")
        name = json.dumps(rule.name, ensure_ascii=False)
        members.append(f"concat({literal(name + ':')}, {text})")
    return f"concat('{{', concat_ws(',', {', '.join(members)}), '}}')"


def worded(rows: DataFrame, rules: Rules, judge: Judge) -> DataFrame:
    """Reduce rows to what is still needed: ``wording``, ``intact``, the unique values, ``line``.

    ``wording`` is the JSON of a row that breaks no rule, of others the numbers of the rules broken.
    """
    unique = dict.fromkeys(value for rule in judge.uniqueness for value in rule.values)
    words = ", ".join(["structure", *judge.mask_names])
    return rows.selectExpr(
        *PLACE,
        *unique,
        f"{judge.intact} as intact",
        f"if({judge.intact}, {valid_row(rules)}, concat_ws('\t', {words})) as wording",
    )


def as_output(rows: DataFrame, judge: Judge) -> DataFrame:
    """Return ``kind, file, split, value``: each row once, as valid or as something other.

    The others say place, structure, masks, repeats and the raw record, whose line breaks are
    escaped.
    """
    repeated = " or ".join(judge.repeat_names) or "false"
    none_broken = literal("\t".join("0" for _ in ["structure", *judge.mask_names]))
    repeats = [f"cast({name} as int)" for name in judge.repeat_names]
    raw = f"replace(line, {literal(chr(92))}, {literal(chr(92) * 2)})"
    raw = f"replace({raw}, {literal(chr(10))}, {literal(chr(92) + 'n')})"
    words = ", ".join(["place", f"if(intact, {none_broken}, wording)", *repeats, raw])
    valid = f"intact and not ({repeated})"
    return rows.selectExpr(
        f"if({valid}, 'valid', 'other') as kind",
        "file",
        "split",
        f"if({valid}, wording, concat_ws('\t', {words})) as value",
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
        rows = worded(judged(records, manifest, judge), manifest.rules, judge)
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
    """Read one line of the intermediate: place, what was broken, raw record; None if blank."""
    words = len(judge.mask_names) + len(judge.repeat_names) + 2
    *numbers, raw = line.split("\t", words)
    place, structure, *bits = map(int, numbers)
    if structure == BLANK:
        return None
    if structure:
        return place, [judge.structure[structure - 1]], unescaped(raw)
    masks, repeats = bits[: len(judge.mask_names)], bits[len(judge.mask_names) :]
    broken = [
        check
        for index, check in enumerate(judge.checks)
        if masks[index // BITS_PER_MASK] >> (index % BITS_PER_MASK) & 1
    ]
    repeated = [rule for rule, bit in zip(judge.uniqueness, repeats, strict=True) if bit]
    return place, [*broken, *repeated], unescaped(raw)


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
    if not cell.startswith(FORMULA_STARTS) or (is_numeric and SIGNED_NUMBER.fullmatch(cell)):
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
