"""ItemReader, ItemBatcher and ResultWriter of a distributed Map state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from localcloud.stepfunctions.definition.compiling import Compiler
from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import ItemBatcher, ItemReader, ResultWriter
from localcloud.stepfunctions.definition.state_parser import resource_of
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps.config import (
    DELIMITERS,
    MOST_ITEMS,
    HeaderLocation,
    InputType,
    ManifestType,
    ReaderConfig,
)
from localcloud.stepfunctions.query.fields import FixedInteger
from localcloud.stepfunctions.query.scope import IntegerQuery, Query, Scope
from localcloud.stepfunctions.query.templates import Constant

MOST_BATCH_BYTES: Final = 262_144
MOST_PER_BATCH: Final = 100_000_000

_READER_CONFIG: Final = frozenset(
    {
        "CSVDelimiter",
        "CSVHeaderLocation",
        "CSVHeaders",
        "InputType",
        "ItemsPointer",
        "ManifestType",
        "MaxItems",
        "MaxItemsPath",
        "Transformation",
    }
)
TRANSFORMATIONS: Final = ("NONE", "COMPACT", "FLATTEN")
OUTPUT_TYPES: Final = ("JSON", "JSONL")


@dataclass(frozen=True, slots=True)
class ReaderConfigQuery:
    """A reader's configuration whose `MaxItems` depends on the scope."""

    fixed: ReaderConfig
    max_items: IntegerQuery

    def __call__(self, scope: Scope) -> ReaderConfig:
        """The configuration; zero items means all of them.

        Raises:
            StatesError: `States.ItemReaderFailed`, the number is negative.
        """
        most = self.max_items(scope)
        if most < 0:
            raise StatesError("States.ItemReaderFailed", "field MaxItems must be positive")
        return replace(self.fixed, max_items=min(most, MOST_ITEMS) or None)


def _arguments(compiler: Compiler) -> Query:
    name = "Arguments" if compiler.jsonata else "Parameters"
    return compiler.payload(name) or Constant({})


def parse_item_reader(state: Compiler) -> ItemReader | None:
    """`ItemReader`, when it is there."""
    inner = state.fields.inner("ItemReader")
    if inner is None:
        return None
    compiler = state.within(inner, "ItemReader")
    inner.allow({"Resource", "ReaderConfig", "Arguments" if state.jsonata else "Parameters"})
    config = inner.inner("ReaderConfig") or Fields({}, inner.location, inner.report)
    return ItemReader(
        resource=resource_of(inner, storage=True),
        arguments=_arguments(compiler),
        config=_reader_config(compiler.within(config, "ReaderConfig")),
    )


def _reader_config(compiler: Compiler) -> Query:
    fields = compiler.fields
    fields.allow(_READER_CONFIG - ({"MaxItemsPath"} if compiler.jsonata else set()))
    input_type = fields.choice("InputType", [*InputType])
    location = fields.choice("CSVHeaderLocation", [*HeaderLocation])
    if input_type == InputType.CSV:
        fields.require("CSVHeaderLocation")
    if location == HeaderLocation.GIVEN:
        fields.require("CSVHeaders")
    manifest = fields.choice("ManifestType", [*ManifestType])
    transformation = fields.choice("Transformation", ["NONE", "LOAD_AND_FLATTEN"])
    if transformation == "LOAD_AND_FLATTEN":
        fields.require("InputType")
    config = ReaderConfig(
        input_type=InputType(input_type) if input_type else None,
        header_location=HeaderLocation(location) if location else None,
        headers=fields.texts("CSVHeaders"),
        delimiter=DELIMITERS[fields.choice("CSVDelimiter", DELIMITERS) or "COMMA"],
        items_pointer=fields.text("ItemsPointer"),
        manifest_type=ManifestType(manifest) if manifest else None,
        flatten=transformation == "LOAD_AND_FLATTEN",
    )
    compiler.require_reference_paths("MaxItemsPath")
    most = compiler.integer("MaxItems", 0, 2**31 - 1, computed_low=-(2**31))
    if isinstance(most, FixedInteger) and most.value > MOST_ITEMS:
        fields.error(f"Maximum value is {MOST_ITEMS}", "MaxItems")
    return ReaderConfigQuery(config, most or _zero)


def _zero(_scope: Scope) -> int:
    return 0


def parse_item_batcher(state: Compiler) -> ItemBatcher | None:
    """`ItemBatcher`, when it is there."""
    inner = state.fields.inner("ItemBatcher")
    if inner is None:
        return None
    compiler = state.within(inner, "ItemBatcher")
    limits = ("MaxItemsPerBatch", "MaxInputBytesPerBatch")
    paths = () if state.jsonata else tuple(f"{name}Path" for name in limits)
    inner.allow({"BatchInput", *limits, *paths})
    if not any(name in inner for name in (*limits, *paths)):
        inner.error(f"One of these fields is required: [{', '.join(limits)}]")
    compiler.require_reference_paths("MaxItemsPerBatchPath", "MaxInputBytesPerBatchPath")
    return ItemBatcher(
        max_items_per_batch=compiler.integer("MaxItemsPerBatch", 0, MOST_PER_BATCH),
        max_input_bytes_per_batch=compiler.integer("MaxInputBytesPerBatch", 0, MOST_BATCH_BYTES),
        batch_input=compiler.payload("BatchInput"),
    )


def parse_result_writer(state: Compiler) -> ResultWriter | None:
    """`ResultWriter`, when it is there."""
    inner = state.fields.inner("ResultWriter")
    if inner is None:
        return None
    compiler = state.within(inner, "ResultWriter")
    inner.allow({"Resource", "WriterConfig", "Arguments" if state.jsonata else "Parameters"})
    if "WriterConfig" not in inner:
        inner.require("Resource")
    config = inner.inner("WriterConfig") or Fields({}, inner.location, inner.report)
    config.allow({"Transformation", "OutputType"})
    return ResultWriter(
        resource=resource_of(inner, storage=True) if "Resource" in inner else None,
        arguments=_arguments(compiler),
        transformation=config.choice("Transformation", TRANSFORMATIONS) or "NONE",
        output_type=config.choice("OutputType", OUTPUT_TYPES) or "JSON",
    )
