import json
import os
import stat
import time
from pathlib import Path

import pytest

from localcloud.account import Account
from localcloud.announcement import Announcement
from localcloud.http.keys import AccessKey


def test_the_file_exists_only_while_the_cloud_can_be_used(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / ".sluice" / "cloud.json"
    announcement = Announcement(path, beginning=time.perf_counter())
    announcement.finished("import")
    account = Account(
        endpoint_url="http://127.0.0.1:4566",
        region="eu-central-1",
        owner=AccessKey("key-of-today", "secret-of-today"),
    )
    announcement.publish(account, stack="sluice")

    written = json.loads(path.read_text())
    assert written["endpoint_url"] == "http://127.0.0.1:4566"
    assert written["pid"] == os.getpid()
    assert (written["stack"], written["region"]) == ("sluice", "eu-central-1")
    assert set(written["timings"]) == {"import"}
    assert written["access_key_id"] == "key-of-today"
    assert written["secret_access_key"] == "secret-of-today"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert capsys.readouterr().out.splitlines() == [
        "export AWS_ENDPOINT_URL=http://127.0.0.1:4566",
        "export AWS_ACCESS_KEY_ID=key-of-today",
        "export AWS_SECRET_ACCESS_KEY=secret-of-today",
        "export AWS_DEFAULT_REGION=eu-central-1",
        "export AWS_REGION=eu-central-1",
        "export SLUICE_STACK=sluice",
    ]

    announcement.withdraw()
    assert not path.exists()
    assert not list(path.parent.iterdir())


@pytest.mark.parametrize(
    ("content", "stays"),
    [
        pytest.param({"pid": os.getppid()}, True, id="another cloud that runs"),
        pytest.param({"pid": 2**22 + 1}, False, id="a cloud that was killed"),
        pytest.param({"pid": 0}, False, id="no process"),
        pytest.param({"pid": 2**70}, False, id="no number of a process"),
        pytest.param({"pid": 1}, True, id="another user's cloud"),
        pytest.param({}, False, id="nonsense"),
    ],
)
def test_only_the_file_of_a_cloud_that_is_gone_is_removed(
    tmp_path: Path, content: dict[str, int], *, stays: bool
) -> None:
    path = tmp_path / "cloud.json"
    path.write_text(json.dumps(content))
    Announcement(path, beginning=time.perf_counter()).withdraw()
    assert path.exists() is stays
