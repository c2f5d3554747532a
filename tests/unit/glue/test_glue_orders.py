import pytest

from localcloud.glue.run import JobOrder
from localcloud.glue.script import error_message

PYTHON_ERROR = """\
26/11/21 03:46:25 WARN NativeCodeLoader: Unable to load native-hadoop library
Traceback (most recent call last):
  File "job.py", line 3, in <module>
    main()
contract.ContractError: no column id
"""
JAVA = """\
Traceback (most recent call last):
  File "job.py", line 3, in <module>
py4j.protocol.Py4JJavaError: An error occurred while calling o38.csv.
: java.io.IOException: disk full
\tat org.apache.spark.Everything
"""
SILENT = "Traceback (most recent call last):\nKeyboardInterrupt\n"
CHAINED = """\
Traceback (most recent call last):
  File "job.py", line 3, in <module>
KeyError: 'id'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "job.py", line 9, in <module>
RuntimeError: the file has no column
with a second line
"""


@pytest.mark.parametrize(
    ("stderr", "code", "message"),
    [
        pytest.param(PYTHON_ERROR, 1, "contract.ContractError: no column id", id="an exception"),
        pytest.param(CHAINED, 1, "RuntimeError: the file has no column", id="the last one counts"),
        pytest.param(
            JAVA,
            1,
            "py4j.protocol.Py4JJavaError: An error occurred while calling o38.csv. "
            "java.io.IOException: disk full",
            id="an exception in Java",
        ),
        pytest.param(SILENT, 1, "KeyboardInterrupt", id="no text"),
        pytest.param("usage: job\njob: error: what?\n", 2, "job: error: what?", id="no traceback"),
        pytest.param("", 3, "the script ended with exit code 3", id="silence"),
        pytest.param("half", -9, "the script was ended by the signal 9 (Killed)", id="killed"),
    ],
)
def test_the_message_is_the_jobs_own(stderr: str, code: int, message: str) -> None:
    assert error_message(stderr, code) == message


def order(**arguments: str) -> JobOrder:
    return JobOrder(
        job_name="convert",
        run_id="jr_1",
        script_uri="s3://artifacts/job.py",
        arguments={f"--{name}": value for name, value in arguments.items()},
        uses_spark=True,
        timeout_minutes=5,
        environment={},
    )


def test_a_script_gets_glues_arguments_and_its_own() -> None:
    words = order(manifest_uri="s3://b/m.json").command_line
    assert words[:4] == ["--JOB_NAME", "convert", "--JOB_RUN_ID", "jr_1"]
    assert words[-2:] == ["--manifest_uri", "s3://b/m.json"]


def test_conf_holds_one_or_more_settings() -> None:
    given = order(conf="spark.a=1 --conf spark.b='x y'")
    assert given.spark_conf == (("spark.a", "1"), ("spark.b", "x y"))
    assert order().spark_conf == ()
