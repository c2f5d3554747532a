"""Items of a distributed Map in each format."""

import csv
import gzip
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.stepfunctions.errors import StatesError
from localcloud.stepfunctions.maps.config import (
    HeaderLocation,
    InputType,
    ManifestType,
    ReaderConfig,
)
from localcloud.stepfunctions.maps.readers import read_items, read_objects

FIRST_ROW = {"input_type": InputType.CSV, "header_location": HeaderLocation.FIRST_ROW}


def read(body, files=None, **config):
    data = body if isinstance(body, bytes) else body.encode()
    return list(read_items(ReaderConfig(**config), data, lambda *name: (files or {})[name]))


def failure(body, **config):
    with pytest.raises(StatesError) as caught:
        read(body, **config)
    assert caught.value.error == "States.ItemReaderFailed"
    return caught.value.cause


def parquet(rows):
    buffer = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), buffer)
    return buffer.getvalue()


def test_json():
    assert read("[1, {}]", input_type=InputType.JSON) == [1, {}]
    nested = '{"a/b": {"~": [null, [7, 8]]}}'
    assert read(nested, input_type=InputType.JSON, items_pointer="/a~1b/~0/1") == [7, 8]
    assert failure("{}", input_type=InputType.JSON) == "Attempting to map over non-iterable node."
    assert failure("[", input_type=InputType.JSON).startswith("The file is not valid JSON")
    assert "does not match" in failure("{}", input_type=InputType.JSON, items_pointer="/a")


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        pytest.param(
            "C:\\\\Program Files\\\\a.exe,b", ["C:\\Program Files\\a.exe", "b"], id="backslash"
        ),
        pytest.param("a\\,b,c", ["a,b", "c"], id="an escaped delimiter"),
        pytest.param('"say \\"hi\\"",c', ['say "hi"', "c"], id="escaped quotation marks"),
        pytest.param("a\\qb,c", ["aqb", "c"], id="a backslash that escapes nothing is dropped"),
        pytest.param('{""a"":""b""},c', ['{"a":"b"}', "c"], id="doubled marks outside quotes"),
        pytest.param('"""a""",c', ['"a"', "c"], id="doubled marks at the ends"),
        pytest.param('"",c', ["", "c"], id="an empty quoted field"),
        pytest.param('a"b,c', ['a"b', "c"], id="a mark inside a field"),
    ],
)
def test_csv_escapes(line, cells):
    assert read(f"h1,h2\n{line}\n", **FIRST_ROW) == [dict(zip(("h1", "h2"), cells, strict=True))]


def test_the_csv_example_of_the_documentation():
    text = (
        'abc,123,"This string contains commas, a double quotation marks (""), and a newline (\n)",'
        '{""MyKey"":""MyValue""},"[1,2,3]"'
    )
    headers = {"header_location": HeaderLocation.GIVEN, "headers": tuple("abcde")}
    assert list(read(text, input_type=InputType.CSV, **headers)[0].values()) == [
        "abc",
        "123",
        'This string contains commas, a double quotation marks ("), and a newline (\n)',
        '{"MyKey":"MyValue"}',
        "[1,2,3]",
    ]


def test_all_files_of_a_listing():
    config = ReaderConfig(input_type=InputType.JSONL, flatten=True, max_items=3)
    assert list(read_objects(config, iter([b"1\n2\n", b"3\n4\n"]))) == [1, 2, 3]


def test_json_lines():
    assert read('{"a": 1}\r\n\n2\n', input_type=InputType.JSONL) == [{"a": 1}, 2]
    assert failure("1\n{", input_type=InputType.JSONL).startswith("Line 2 is not valid JSON")


def test_csv_headers():
    text = 'a,b\r\n1,"x, ""y"""\r\n\r\n,\n2\n3,4,5\n'
    rows = [
        {"a": "1", "b": 'x, "y"'},
        {"a": "", "b": ""},
        {"a": "2", "b": ""},
        {"a": "3", "b": "4"},
    ]
    assert read(text, **FIRST_ROW) == rows
    given_headers = {
        "input_type": InputType.CSV,
        "header_location": HeaderLocation.GIVEN,
        "headers": ("b", "a"),
    }
    assert read("1,2\n", **given_headers) == [{"b": "1", "a": "2"}]
    assert failure("a,a\n1,2\n", **FIRST_ROW) == "CSV headers cannot contain duplicates."
    assert failure("", **FIRST_ROW) == "CSV file has no header row."


def test_csv_details():
    assert read("a|b\n1|2\n", **FIRST_ROW, delimiter="|") == [{"a": "1", "b": "2"}]
    assert read("\ufeffa\né\n", **FIRST_ROW) == [{"a": "é"}]
    assert read('a\n"one\ntwo"\n', **FIRST_ROW) == [{"a": "one\ntwo"}]
    assert read("a\n" + "x" * 200_000, **FIRST_ROW) == [{"a": "x" * 200_000}]
    assert failure(b"a\n\xff\n", **FIRST_ROW).startswith("The file is not encoded as UTF-8")


@pytest.mark.parametrize(("most", "count"), [(None, 3), (2, 2), (9, 3)])
def test_at_most_so_many_items(most, count):
    assert len(read("[1, 2, 3]", input_type=InputType.JSON, max_items=most)) == count


def test_compressed_files():
    assert read(gzip.compress(b"[1]"), input_type=InputType.JSON) == [1]
    zstandard = pa.compress(b"a\n1\n", codec="zstd", asbytes=True)
    assert read(zstandard, **FIRST_ROW) == [{"a": "1"}]
    assert "decompressed" in failure(b"\x1f\x8b\x00", input_type=InputType.JSON)


def test_parquet():
    rows = [{"a": 1, "b": "x", "c": [1.5, None]}, {"a": None, "b": "y", "c": []}]
    assert read(parquet(rows), input_type=InputType.PARQUET) == rows
    assert "not valid Parquet" in failure(b"nothing", input_type=InputType.PARQUET)


def test_an_s3_inventory():
    manifest = {
        "sourceBucket": "source",
        "destinationBucket": "arn:aws:s3:::lists",
        "fileFormat": "CSV",
        "fileSchema": "Bucket, Key, Size",
        "files": [{"key": "one.csv.gz"}, {"key": "two.csv"}],
    }
    files = {
        ("lists", "one.csv.gz"): gzip.compress(b'"source","a","1"\n"source","b","2"\n'),
        ("lists", "two.csv"): b'"source","c","3"\n',
    }
    found = read(json.dumps(manifest), files, input_type=InputType.MANIFEST)
    assert [item["Key"] for item in found] == ["a", "b", "c"]
    assert found[0] == {"Bucket": "source", "Key": "a", "Size": "1"}
    manifest |= {"fileFormat": "Parquet", "files": [{"key": "p"}]}
    files = {("lists", "p"): parquet([{"Bucket": "source", "Key": "d"}])}
    found = read(json.dumps(manifest), files, manifest_type=ManifestType.S3_INVENTORY)
    assert found == [{"Bucket": "source", "Key": "d"}]
    assert "not an S3 inventory" in failure("{}", input_type=InputType.MANIFEST)
    orc = json.dumps({**manifest, "fileFormat": "ORC"})
    with pytest.raises(StatesError, match="ORC"):
        read(orc, files, input_type=InputType.MANIFEST)


def test_an_athena_manifest():
    files = {("out", "x/1"): b'{"a": 1}\n', ("out", "x/2"): b'{"a": 2}\n'}
    found = read(
        "s3://out/x/1\ns3://out/x/2\n",
        files,
        input_type=InputType.JSONL,
        manifest_type=ManifestType.ATHENA_DATA,
    )
    assert found == [{"a": 1}, {"a": 2}]


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=8)


@given(st.lists(st.tuples(cells, cells).filter(any)))
def test_whatever_was_written_as_csv_is_read_back(rows):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerows([("h1", "h2"), *rows])
    text = buffer.getvalue().replace("\\", "\\\\")  # a backslash escapes
    found = [tuple(item.values()) for item in read(text, **FIRST_ROW)]
    assert found == rows
