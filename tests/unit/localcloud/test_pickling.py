"""Models come back; what calls anything else does not."""

import collections
import os
import pickle
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.kms.models import KmsBackend
from moto.sqs.models import SQSBackend

from localcloud.glue.moto_glue import LocalJobRun
from localcloud.persistence.pickling import ForeignPickleError, dump, load


class _Call:
    """Pickles as the call of a function."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> Any:
        return self._call


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, b"x", ("t",), {"s"}]},
        collections.defaultdict(dict, {"k": {}}),
        collections.OrderedDict(a=1),
        datetime(2026, 7, 1, tzinfo=UTC),
    ],
)
def test_plain_values_come_back(value: object) -> None:
    assert load(dump(value)) == value


def test_a_model_comes_back_with_new_locks() -> None:
    backend = SQSBackend("eu-central-1", "123456789012")
    queue = backend.create_queue("letters", tags={})
    queue.condition = threading.Condition()
    again = load(dump({"eu-central-1": backend}))["eu-central-1"]
    assert list(again.queues) == ["letters"]
    with again.queues["letters"].condition:
        pass


@pytest.mark.parametrize("kind", ["SYMMETRIC_DEFAULT", "RSA_2048", "ECC_NIST_P256"])
def test_keys_of_kms_come_back(kind: str) -> None:
    backend = KmsBackend("eu-central-1", "123456789012")
    key = backend.create_key("", "SIGN_VERIFY", kind, "a key", [], multi_region=False)
    again = load(dump(backend)).keys[key.id]
    assert again.description == "a key"
    assert again.private_key.public_key() == key.private_key.public_key()


@pytest.mark.parametrize(
    "poison",
    [
        pytest.param(_Call(os.system, "true"), id="a command"),
        pytest.param(_Call(eval, "1"), id="an expression"),
        pytest.param(_Call(getattr, "a", "upper"), id="an attribute"),
        pytest.param(_Call(pickle.loads, b"N."), id="another pickle"),
        pytest.param(os.system, id="a function by itself"),
    ],
)
def test_nothing_else_is_read(poison: object) -> None:
    with pytest.raises(ForeignPickleError):
        load(pickle.dumps(poison))


@pytest.mark.parametrize(
    "name",
    ["moto.s3.models\nos.system", "moto.s3.models\nos", "moto.s3.models\ncopy", "os\nsystem"],
)
def test_a_name_within_moto_that_is_no_model_is_not_read(name: str) -> None:
    with pytest.raises(ForeignPickleError):
        load(b"c" + name.encode() + b"\n.")


def test_nothing_else_is_written() -> None:
    with pytest.raises(ForeignPickleError):
        dump([threading.Thread])


def test_runs_of_jobs_come_back() -> None:
    run = LocalJobRun.__new__(LocalJobRun)
    run.status = "SUCCEEDED"
    assert load(dump(run)).status == "SUCCEEDED"
