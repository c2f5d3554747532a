"""What was deployed last, and from which files; deploys it again."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from localcloud.account import Account
from localcloud.deploy import DeployError, deploy
from localcloud.deploy.package import files_below, local_paths
from localcloud.deploy.stack_work import StackWork
from localcloud.deploy.template_text import Template, read_template


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """One deployment: its stack, template and parameters, and what its files held."""

    template: Path
    stack: str
    parameters: Mapping[str, str]
    roots: tuple[Path, ...]
    """The files and folders that were deployed."""
    sums: Mapping[str, str]
    """SHA-256 of each file by its path, which starts at the template's folder."""


class Deployments:
    """Deploys to one local cloud, one at a time."""

    def __init__(self, account: Account, work: StackWork) -> None:
        """`work` is what changes stacks, for whoever asks."""
        self._account = account
        self._work = work
        self._lock = threading.Lock()
        self.last: Deployment | None = None

    def deploy(
        self, template: Path, *, stack: str, parameters: Mapping[str, str]
    ) -> dict[str, str]:
        """Create or update a stack; the result is its Outputs.

        Raises:
            DeployError: the template, a parameter or a resource is wrong; the message names it.
        """
        with self._lock:
            # Before: what is changed meanwhile has to be deployed again.
            content = read_template(template)
            roots = _roots(template, content)
            sums = _sums(template, roots)
            outputs = deploy(
                content,
                root=template.parent,
                stack=stack,
                parameters=parameters,
                work=self._work,
                client=self._account.client,
            )
            self.last = Deployment(
                template=template,
                stack=stack,
                parameters=dict(parameters),
                roots=roots,
                sums=sums,
            )
        return outputs

    def again(self, parameters: Mapping[str, str] = {}) -> dict[str, object]:
        """Bring in what has changed since; `parameters` come on top of those given before.

        Raises:
            DeployError: as above, or nothing has been deployed yet.
        """
        last = self._deployed()
        changed, began = self.changed(), time.perf_counter()
        self.deploy(last.template, stack=last.stack, parameters={**last.parameters, **parameters})
        seconds = round(time.perf_counter() - began, 3)
        return {"stack": last.stack, "changed": changed, "seconds": seconds}

    def changed(self) -> list[str]:
        """The files that are not as they were deployed, sorted.

        Raises:
            DeployError: nothing has been deployed yet, or the template cannot be read.
        """
        last = self._deployed()
        template = last.template
        now = _sums(template, _roots(template, read_template(template)))
        return sorted(name for name in {*now, *last.sums} if now.get(name) != last.sums.get(name))

    def _deployed(self) -> Deployment:
        if self.last is None:
            raise DeployError("nothing has been deployed yet")
        return self.last


class Watch:
    """Deploys again when files of the last deployment have changed, and have stopped changing."""

    def __init__(self, deployments: Deployments, *, check: Sequence[str] = ()) -> None:
        """`check` is a command, run beside the template, that may refuse what is there by 1."""
        self._deployments = deployments
        self._check = check
        self._settled = self._seen = self._stamps()

    def deploy_changes(self) -> str:
        """What became of changes since the last look, in a line; empty where there are none.

        What is wrong with them is told, and the cloud goes on as it was.
        """
        try:
            before, self._seen = self._seen, self._stamps()
            if self._seen == self._settled or self._seen != before:
                return ""
            self._settled = self._seen
            if not (changed := self._deployments.changed()):
                return ""
            self._have_checked()
            seconds = self._deployments.again()["seconds"]
        except (DeployError, OSError) as error:  # a file may be gone between two looks
            return f"not deployed: {error}\n"
        return f"deployed {', '.join(changed)} in {seconds} s\n"

    def _have_checked(self) -> None:
        last = self._deployments.last
        if not (self._check and last):
            return
        done = subprocess.run(
            self._check, cwd=last.template.parent, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise DeployError(done.stderr.strip())

    def _stamps(self) -> tuple[tuple[str, int, int], ...]:
        """What the file system says of each file: cheap enough for every second."""
        last = self._deployments.last
        files = files_below(*last.roots) if last else ()
        states = ((str(path), path.stat()) for path in files)
        return tuple((name, state.st_mtime_ns, state.st_size) for name, state in states)


def _roots(template: Path, content: Template) -> tuple[Path, ...]:
    """The template, and the files and folders that it names."""
    names = sorted(local_paths(content))
    return (template, *(template.parent / name for name in names))


def _sums(template: Path, roots: Iterable[Path]) -> Mapping[str, str]:
    return {
        os.path.relpath(path, template.parent): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files_below(*roots)
    }
