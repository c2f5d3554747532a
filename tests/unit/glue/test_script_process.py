"""A script that is ended leaves nothing behind in the table of processes."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from localcloud.glue.script import ScriptProcess


def test_a_script_that_was_killed_is_reaped_though_nobody_waits_for_it(tmp_path: Path) -> None:
    path = tmp_path / "job.py"
    path.write_text("import signal\nsignal.pause()\n")
    before = set(psutil.Process().children())
    script = ScriptProcess(path, [], cwd=tmp_path, env=os.environ)
    [child] = set(psutil.Process().children()) - before
    script.kill()
    assert not psutil.pid_exists(child.pid)
    script.kill()
    assert script.wait() < 0
