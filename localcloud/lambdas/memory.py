"""How much memory a process holds and has held."""

from __future__ import annotations

import re
from pathlib import Path

MEBIBYTE = 1024 * 1024
_KIBIBYTES = re.compile(r"^(VmHWM|VmRSS):\s+(\d+) kB$", re.MULTILINE)


class MemoryGauge:
    """Resident memory of one process; the peak survives the process."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._status = Path(f"/proc/{pid}/status")
        self._is_linux = Path("/proc/self/status").exists()
        self.peak_bytes = 0

    def read(self) -> int:
        """Bytes resident now; 0 once the process is gone. Updates the peak."""
        now, high_water = self._by_status() if self._is_linux else (_resident(self._pid), 0)
        self.peak_bytes = max(self.peak_bytes, now, high_water)
        return now

    def _by_status(self) -> tuple[int, int]:
        """Linux keeps the peak itself, so that nothing between two readings is missed."""
        try:
            told = dict(_KIBIBYTES.findall(self._status.read_text()))
        except OSError:
            return 0, 0
        return int(told.get("VmRSS", 0)) * 1024, int(told.get("VmHWM", 0)) * 1024


def _resident(pid: int) -> int:
    import psutil  # noqa: PLC0415  where nothing else tells

    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
