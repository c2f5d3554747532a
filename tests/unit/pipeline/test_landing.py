from __future__ import annotations

from pathlib import Path

import pytest
from samtranslator.yaml_helper import yaml_parse

from pipeline.errors import FileRefusedError
from pipeline.runs.landing import is_left_alone, patterns_of
from pipeline.text.object_check import judge_object

TEMPLATE = yaml_parse((Path(__file__).parents[3] / "template.yaml").read_text())
DEFAULT = patterns_of(TEMPLATE["Parameters"]["LeftAloneNames"]["Default"])
GZIP = b"\x1f\x8b" + bytes(14)


@pytest.mark.parametrize(
    ("name", "left_alone"),
    [
        ("a.csv", False),
        ("2026/07/a.csv.gz", False),
        ("my_file.csv", False),
        ("parts.csv", False),
        ("a.csv.filepart", True),
        ("a.csv.part", True),
        ("a.TMP", True),
        ("Unconfirmed 1.crdownload", True),
        (".a.csv.swp", True),
        ("_SUCCESS", True),
        ("_temporary/0/part-0.csv", True),
        ("2026_$folder$", True),
        ("a.csv~", True),
    ],
)
def test_what_the_template_leaves_alone(name: str, left_alone: bool) -> None:
    assert is_left_alone(f"incoming/addresses/{name}", DEFAULT) is left_alone


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "aws-chunked,gzip", "x-gzip"])
def test_a_content_encoding_of_gzip_is_honoured(encoding: str) -> None:
    assert judge_object("incoming/addresses/a.csv", 16, GZIP, encoding) == "gzip"


@pytest.mark.parametrize("encoding", ["", "aws-chunked", "identity"])
def test_a_content_encoding_that_says_nothing_changes_nothing(encoding: str) -> None:
    assert judge_object("incoming/addresses/a.csv", 16, b"id,name\n1,a\n", encoding) is None


@pytest.mark.parametrize(
    ("encoding", "first_bytes", "code"),
    [
        ("br", b"id,name\n", "content_encoding"),
        ("gzip", b"id,name\n", "not_gzip"),
        ("", GZIP, "gzip_named_csv"),
    ],
)
def test_any_other_is_refused_by_name(encoding: str, first_bytes: bytes, code: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        judge_object("incoming/addresses/a.csv", 16, first_bytes, encoding)
    assert refused.value.code == code
