"""A parsed state machine: every path, template and expression is compiled already.

    raw input -> state.flow.enter -> Scope
              -> state.flow.arguments(scope) -> the state's work -> result
              -> state.flow.finish(scope, result) -> Outcome(output, assigned)

A Choice calls `choose(state, scope)` (module `transitions`) in place of `finish`; an error that a
`Catcher` takes goes through `catcher.flow.finish(scope, {"Error": …, "Cause": …})`.

Source: https://states-language.net/spec.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from localcloud.stepfunctions.definition.resources import Resource
from localcloud.stepfunctions.query.scope import (
    CatchFlow,
    Condition,
    DataFlow,
    IntegerQuery,
    Query,
)


class QueryLanguage(StrEnum):
    """The language of a state's dynamic fields."""

    JSONPATH = "JSONPath"
    JSONATA = "JSONata"


class JitterStrategy(StrEnum):
    """Whether a retry waits the computed delay or a random part of it."""

    NONE = "NONE"
    FULL = "FULL"


class ProcessorMode(StrEnum):
    """Where the iterations of a Map state run."""

    INLINE = "INLINE"
    DISTRIBUTED = "DISTRIBUTED"


class ExecutionType(StrEnum):
    """The kind of the child executions of a distributed Map state."""

    STANDARD = "STANDARD"
    EXPRESS = "EXPRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrier:
    """One element of `Retry`; delays in seconds."""

    error_equals: tuple[str, ...]
    interval_seconds: int = 1
    max_attempts: int = 3
    backoff_rate: float = 2.0
    max_delay_seconds: int | None = None
    jitter: JitterStrategy = JitterStrategy.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Catcher:
    """One element of `Catch`."""

    error_equals: tuple[str, ...]
    next: str
    flow: CatchFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What all states have."""

    name: str
    query_language: QueryLanguage
    flow: DataFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class PassState(State):
    """Its result is `flow.arguments(scope)`; `next` None means the end."""

    next: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskState(State):
    """A call of an integration."""

    next: str | None
    resource: Resource
    timeout_seconds: IntegerQuery | None
    heartbeat_seconds: IntegerQuery | None
    credentials: Query | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceRule:
    """A top-level rule; its own `flow` finishes the state when it matches."""

    condition: Condition
    next: str
    flow: DataFlow


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceState(State):
    """`flow` finishes the state when the default is taken."""

    rules: tuple[ChoiceRule, ...]
    default: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitState(State):
    """Exactly one of `seconds` and `timestamp` is there.

    `seconds` gives whole seconds; `timestamp` gives seconds since the epoch (a float).
    """

    next: str | None
    seconds: IntegerQuery | None
    timestamp: Query | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SucceedState(State):
    """Its result is `flow.arguments(scope)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailState(State):
    """`error` and `cause` give strings."""

    error: Query | None
    cause: Query | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """States and where they start: a machine, a branch, or the processor of a Map."""

    start_at: str
    states: Mapping[str, State]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParallelState(State):
    """Each branch gets `flow.arguments(scope)`; the result is the list of their outputs."""

    next: str | None
    branches: tuple[Workflow, ...]
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemReader:
    """Where the items of a distributed Map come from; `config` gives a `maps.ReaderConfig`."""

    resource: Resource
    arguments: Query
    config: Query


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemBatcher:
    """`batch_input` is evaluated once; at least one of the limits is there."""

    max_items_per_batch: IntegerQuery | None
    max_input_bytes_per_batch: IntegerQuery | None
    batch_input: Query | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultWriter:
    """Where the results go (`resource` None: nowhere, only formatted by `config`).

    `arguments` gives `{"Bucket": …, "Prefix": …}`.
    """

    resource: Resource | None
    arguments: Query
    transformation: str
    output_type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MapState(State):
    """Runs `processor` for each item.

    Under JSONPath items come from `items(scope)`; it raises when they are no array.
    `item_selector` is called once per item with a scope whose context has `Map.Item`.
    `max_concurrency` gives 0 for "no limit of its own".
    """

    next: str | None
    mode: ProcessorMode
    execution_type: ExecutionType
    label: str | None
    processor: Workflow
    items: Query
    item_selector: Query | None
    item_reader: ItemReader | None
    item_batcher: ItemBatcher | None
    result_writer: ResultWriter | None
    max_concurrency: IntegerQuery
    tolerated_failure_count: IntegerQuery | None
    tolerated_failure_percentage: Query | None
    retry: tuple[Retrier, ...]
    catch: tuple[Catcher, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine:
    """A definition that passed validation."""

    workflow: Workflow
    query_language: QueryLanguage
    timeout_seconds: int | None
    comment: str | None
    version: str
