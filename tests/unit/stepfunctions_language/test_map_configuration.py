"""Readers, batchers and writers as a definition describes them."""

import pytest

from localcloud.stepfunctions.definition.model import ExecutionType, ProcessorMode
from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps.config import HeaderLocation, InputType, ReaderConfig

PROCESSOR = {
    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"},
    "StartAt": "Inner",
    "States": {"Inner": {"Type": "Pass", "End": True}},
}
MAP = {"Type": "Map", "ItemProcessor": PROCESSOR, "End": True}
GET = "arn:aws:states:::s3:getObject"


def test_modes(only_state):
    state = only_state({**MAP, "Label": "items"})
    assert state.mode is ProcessorMode.DISTRIBUTED
    assert state.execution_type is ExecutionType.EXPRESS
    assert state.label == "items"
    inline = {key: value for key, value in PROCESSOR.items() if key != "ProcessorConfig"}
    assert only_state({"Type": "Map", "Iterator": inline, "End": True}).mode is ProcessorMode.INLINE


def test_a_reader(only_state, scope):
    config = {
        "InputType": "CSV",
        "CSVHeaderLocation": "GIVEN",
        "CSVHeaders": ["a", "b"],
        "CSVDelimiter": "PIPE",
        "MaxItemsPath": "$.most",
    }
    reader = only_state(
        {
            **MAP,
            "ItemReader": {
                "Resource": GET,
                "ReaderConfig": config,
                "Parameters": {"Bucket.$": "$.b", "Key": "k"},
            },
        }
    ).item_reader
    here = scope({"b": "B", "most": 7})
    assert (reader.resource.service, reader.resource.action) == ("s3", "getObject")
    assert reader.arguments(here) == {"Bucket": "B", "Key": "k"}
    assert reader.config(here) == ReaderConfig(
        input_type=InputType.CSV,
        header_location=HeaderLocation.GIVEN,
        headers=("a", "b"),
        delimiter="|",
        max_items=7,
    )
    with pytest.raises(StatesError) as caught:
        reader.config(scope({"most": -1}))
    assert (caught.value.error, caught.value.cause) == (
        "States.ItemReaderFailed",
        "field MaxItems must be positive",
    )


@pytest.mark.parametrize(("most", "found"), [(0, None), (5, 5), (100_000_001, 100_000_000)])
def test_how_many_items(only_state, scope, most, found):
    config = {"InputType": "JSON", "MaxItems": "{% $states.input %}"}
    reader = only_state(
        {
            **MAP,
            "ItemReader": {"Resource": GET, "ReaderConfig": config, "Arguments": {"Bucket": "b"}},
        },
        QueryLanguage="JSONata",
    ).item_reader
    assert reader.config(scope(most)).max_items == found


def test_a_batcher(only_state, scope):
    batcher = only_state(
        {
            **MAP,
            "ItemBatcher": {
                "MaxItemsPerBatchPath": "$.n",
                "MaxInputBytesPerBatch": 1000,
                "BatchInput": {"x.$": "$.x"},
            },
        }
    ).item_batcher
    here = scope({"n": 3, "x": 1})
    assert batcher.max_items_per_batch(here) == 3
    assert batcher.max_input_bytes_per_batch(here) == 1000
    assert batcher.batch_input(here) == {"x": 1}


def test_a_writer(only_state, scope):
    writer = only_state(
        {
            **MAP,
            "ResultWriter": {
                "Resource": "arn:aws:states:::s3:putObject",
                "Parameters": {"Bucket": "b", "Prefix.$": "$.p"},
                "WriterConfig": {"Transformation": "FLATTEN", "OutputType": "JSONL"},
            },
        }
    ).result_writer
    assert writer.arguments(scope({"p": "x"})) == {"Bucket": "b", "Prefix": "x"}
    assert (writer.transformation, writer.output_type) == ("FLATTEN", "JSONL")
    plain = only_state({**MAP, "ResultWriter": {"WriterConfig": {"Transformation": "COMPACT"}}})
    assert plain.result_writer.resource is None
