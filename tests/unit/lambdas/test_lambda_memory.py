import os
import subprocess
import sys

from localcloud.lambdas.memory import MEBIBYTE, MemoryGauge, _resident


def test_the_memory_of_a_process_is_what_the_system_says() -> None:
    gauge = MemoryGauge(os.getpid())
    held = gauge.read()
    assert MEBIBYTE < held <= gauge.peak_bytes
    assert abs(held - _resident(os.getpid())) < 16 * MEBIBYTE


def test_the_peak_survives_the_process() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as process:
        gauge = MemoryGauge(process.pid)
        held = gauge.read()
        process.communicate(b"\n")
    assert held > 0
    assert (gauge.read(), _resident(process.pid)) == (0, 0)
    assert gauge.peak_bytes >= held
