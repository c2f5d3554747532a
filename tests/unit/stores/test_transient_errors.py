"""What a retry mends, told apart from what it does not."""

from __future__ import annotations

import errno

import pytest

from pipeline.errors import TransientError
from stores.aws import transient_named


@transient_named
def fail(error: Exception) -> None:
    raise error


def test_a_full_disk_is_tried_again_elsewhere() -> None:
    with pytest.raises(TransientError):
        fail(OSError(errno.ENOSPC, "No space left on device"))


def test_any_other_fault_of_the_system_stays_what_it_is() -> None:
    with pytest.raises(FileNotFoundError):
        fail(FileNotFoundError(errno.ENOENT, "No such file or directory"))
