"""The archive of Spark's classes, made and given up."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from localcloud.glue.archive import make_archive
from localcloud.glue.java import find_java
from localcloud.glue.jvm import JvmError, SparkJvm

pytestmark = pytest.mark.spark


def test_nothing_is_left_of_one_that_is_given_up(tmp_path: Path) -> None:
    before = set(psutil.Process().children(recursive=True))
    with pytest.raises(JvmError, match="did not start"):
        make_archive(find_java(), tmp_path, keep=SparkJvm.kill)
    assert set(psutil.Process().children(recursive=True)) <= before
    assert not list(tmp_path.iterdir())
