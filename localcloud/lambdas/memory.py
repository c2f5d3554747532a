"""How much memory a process holds and has held."""

from __future__ import annotations

import contextlib
from pathlib import Path

import psutil

MEBIBYTE = 1024 * 1024


class MemoryGauge:
    """Resident memory of one process; the peak survives the process."""

    def __init__(self, pid: int) -> None:
        self._status = Path(f"/proc/{pid}/status")
        self._process: psutil.Process | None = None
        with contextlib.suppress(psutil.NoSuchProcess):
            self._process = psutil.Process(pid)
        self.peak_bytes = 0

    def read(self) -> int:
        """Bytes resident now; 0 once the process is gone. Updates the peak."""
        now = 0
        if self._process is not None:
            with contextlib.suppress(psutil.Error):
                now = int(self._process.memory_info().rss)
        self.peak_bytes = max(self.peak_bytes, now, self._high_water_bytes())
        return now

    def _high_water_bytes(self) -> int:
        """Linux keeps the peak itself, so that nothing between two readings is missed."""
        with contextlib.suppress(OSError):
            for line in self._status.read_text().splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
        return 0
