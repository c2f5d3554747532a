"""Map states, inline and distributed."""

from __future__ import annotations

import re
from typing import Final

from localcloud.stepfunctions.definition.compiling import Compiler
from localcloud.stepfunctions.definition.distributed_parser import (
    parse_item_batcher,
    parse_item_reader,
    parse_result_writer,
)
from localcloud.stepfunctions.definition.errors_parser import parse_catchers, parse_retriers
from localcloud.stepfunctions.definition.fields import Fields
from localcloud.stepfunctions.definition.model import (
    ExecutionType,
    MapState,
    ProcessorMode,
    State,
    Workflow,
)
from localcloud.stepfunctions.definition.state_parser import Draft
from localcloud.stepfunctions.query.fields import FixedInteger
from localcloud.stepfunctions.query.item_fields import ExpressionItems, PathItems
from localcloud.stepfunctions.query.jsonata_expression import Typed, is_expression
from localcloud.stepfunctions.query.scope import Query

MOST_CONCURRENCY: Final = 100_000_000
MOST_FAILURES: Final = 100_000_000

_DISTRIBUTED_ONLY: Final = (
    "ItemBatcher",
    "ItemReader",
    "Label",
    "ResultWriter",
)
_LABEL: Final = re.compile(r"[^\s?*<>{}\[\]:;,\\|^~$#%&`\"\x00-\x1f\x7f-\x9f]{1,40}")


def build_map(draft: Draft) -> State:
    """The Map state that the draft describes."""
    fields, compiler = draft.fields, draft.compiler
    processor, mode, execution_type = _processor(draft)
    if mode is ProcessorMode.INLINE:
        for name in _DISTRIBUTED_ONLY:
            if name in fields:
                fields.error(f"Field '{name}' is not supported for the INLINE mode")
    compiler.require_reference_paths(
        "MaxConcurrencyPath", "ToleratedFailureCountPath", "ToleratedFailurePercentagePath"
    )
    return MapState(
        name=draft.name,
        query_language=draft.language,
        flow=draft.flow(parameters=None),
        next=draft.next(),
        mode=mode,
        execution_type=execution_type,
        label=_label(fields),
        processor=processor,
        items=_items(compiler, mode),
        item_selector=_selector(compiler),
        item_reader=parse_item_reader(compiler),
        item_batcher=parse_item_batcher(compiler),
        result_writer=parse_result_writer(compiler),
        max_concurrency=compiler.integer("MaxConcurrency", 0, MOST_CONCURRENCY) or FixedInteger(0),
        tolerated_failure_count=compiler.integer("ToleratedFailureCount", 0, MOST_FAILURES),
        tolerated_failure_percentage=compiler.percentage("ToleratedFailurePercentage"),
        retry=parse_retriers(fields),
        catch=parse_catchers(compiler),
    )


def _processor(draft: Draft) -> tuple[Workflow, ProcessorMode, ExecutionType]:
    fields = draft.fields
    fields.exactly_one("ItemProcessor", "Iterator")
    inner = fields.inner("ItemProcessor") or fields.inner("Iterator")
    if inner is None:
        inner = Fields.of({}, fields.at("ItemProcessor"), fields.report)
        return Workflow(start_at="", states={}), ProcessorMode.INLINE, ExecutionType.STANDARD
    config = inner.inner("ProcessorConfig") or Fields({}, inner.location, inner.report)
    config.allow({"Mode", "ExecutionType"})
    mode = ProcessorMode(config.choice("Mode", [*ProcessorMode]) or "INLINE")
    execution_type = config.choice("ExecutionType", [*ExecutionType])
    if mode is ProcessorMode.DISTRIBUTED and "ExecutionType" not in config:
        config.error("These fields are required: [ExecutionType]")
    return draft.nested(inner), mode, ExecutionType(execution_type or "STANDARD")


def _items(compiler: Compiler, mode: ProcessorMode) -> Query:
    if not compiler.jsonata:
        return PathItems(compiler.path("ItemsPath"))
    takes_objects = mode is ProcessorMode.DISTRIBUTED
    if "Items" not in compiler.fields:
        return ExpressionItems(None, takes_objects)
    value = compiler.fields.value["Items"]
    if is_expression(value):
        expression = compiler.expression("Items")
        types = ("array", "object") if takes_objects else ("array",)
        return ExpressionItems(
            None if expression is None else Typed(expression, types), takes_objects
        )
    if not isinstance(value, list | dict if takes_objects else list):
        compiler.fields.error("Value must be an array or a JSONata expression", "Items")
    return ExpressionItems(compiler.expressions("Items", value), takes_objects)


def _selector(compiler: Compiler) -> Query | None:
    if compiler.jsonata:
        return compiler.payload("ItemSelector")
    compiler.fields.at_most_one("ItemSelector", "Parameters")
    return compiler.payload("ItemSelector") or compiler.payload("Parameters")


def _label(fields: Fields) -> str | None:
    label = fields.text("Label")
    if label is not None and _LABEL.fullmatch(label) is None:
        fields.report.error(
            f"Label '{label}' is not valid", fields.at("Label"), "INVALID_LABEL_NAME"
        )
    return label
