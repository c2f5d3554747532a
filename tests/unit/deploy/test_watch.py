"""What a watched checkout makes of changes, without a cloud."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from localcloud.account import Account
from localcloud.deploy.deployments import Deployment, Deployments, Watch
from localcloud.deploy.errors import DeployError
from localcloud.deploy.stack_work import StackWork


class Remembered(Deployments):
    """Deploys to nowhere."""

    def __init__(self, folder: Path) -> None:
        account = Account(endpoint_url="http://127.0.0.1:9", region="eu-central-1")
        work = StackWork(account.client, account="123456789012", region=account.region)
        super().__init__(account, work)
        self.folder, self.times = folder, 0
        self.remember()

    def remember(self) -> None:
        self.last = Deployment(
            template=self.folder / "t", stack="s", parameters={}, roots=(self.folder,), sums={}
        )

    def changed(self) -> list[str]:
        return ["code.py"]

    def again(self, parameters: Mapping[str, str] = {}) -> dict[str, object]:
        self.times += 1
        if (self.folder / "broken").exists():
            raise DeployError("it is broken")
        return {"seconds": 0.1}


@pytest.fixture
def deployments(tmp_path: Path) -> Remembered:
    (tmp_path / "code.py").write_text("1")
    return Remembered(tmp_path)


def test_a_change_is_deployed_once_when_it_has_settled(deployments: Remembered) -> None:
    watch = Watch(deployments)
    assert watch.deploy_changes() == ""
    (deployments.folder / "code.py").write_text("22")
    assert watch.deploy_changes() == ""
    (deployments.folder / "code.py").write_text("333")
    assert watch.deploy_changes() == ""
    assert watch.deploy_changes() == "deployed code.py in 0.1 s\n"
    assert watch.deploy_changes() == ""
    assert deployments.times == 1


def test_what_is_wrong_is_told_once_and_tried_again_after_the_next_change(
    deployments: Remembered,
) -> None:
    watch = Watch(deployments)
    (deployments.folder / "broken").touch()
    assert [watch.deploy_changes() for _ in range(3)] == ["", "not deployed: it is broken\n", ""]
    (deployments.folder / "broken").unlink()
    assert [watch.deploy_changes() for _ in range(2)] == ["", "deployed code.py in 0.1 s\n"]


def test_what_the_check_refuses_is_told_and_not_deployed(deployments: Remembered) -> None:
    words = "import os, sys; sys.exit('no contract' if os.path.exists('bad.json') else 0)"
    watch = Watch(deployments, check=[sys.executable, "-c", words])
    (deployments.folder / "bad.json").touch()
    assert [watch.deploy_changes() for _ in range(3)] == ["", "not deployed: no contract\n", ""]
    assert deployments.times == 0
    (deployments.folder / "bad.json").unlink()
    assert [watch.deploy_changes() for _ in range(2)] == ["", "deployed code.py in 0.1 s\n"]
