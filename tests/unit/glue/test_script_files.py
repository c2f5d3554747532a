from pathlib import Path

import pytest

from localcloud.glue.script_files import texts_of, uses_spark_files

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("script", "uses"),
    [
        pytest.param("from pyspark.sql import SparkSession", True, id="a session"),
        pytest.param("import pyspark.sql as s\ns.SparkSession.builder", True, id="by module"),
        pytest.param("SparkContext().textFile('x')", True, id="a context that reads"),
        pytest.param("SparkContext().parallelize([1]).collect()", False, id="one that does not"),
        pytest.param("boto3.client('s3').get_object()['Body'].read()", False, id="an SDK"),
        pytest.param("not python at all", False, id="Python will say so"),
    ],
)
def test_scripts_that_use_files_through_spark(script: str, *, uses: bool) -> None:
    assert uses_spark_files(script, {}) is uses
    assert uses_spark_files(script, {"--extra-py-files": "s3://b/x.zip"})


def test_the_projects_job_leaves_files_to_the_sdk() -> None:
    assert not uses_spark_files((ROOT / "glue_jobs" / "csv_to_json.py").read_text(), {})


@pytest.mark.parametrize(
    ("script", "texts"),
    [
        pytest.param("a = 's3://b/x'", ["s3://b/x"], id="a text"),
        pytest.param("a = f's3://b/{day}/s3://c/'", ["s3://b/"], id="the beginning of an f-string"),
        pytest.param("a = f'{bucket}/s3://c/'", [], id="an f-string that begins with a value"),
        pytest.param("a = (", [], id="Python will say so"),
    ],
)
def test_texts_of_a_script(script: str, texts: list[str]) -> None:
    assert list(texts_of(script)) == texts
