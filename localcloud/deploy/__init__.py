"""Deploys a SAM template to the local cloud: package, translate, plan, execute, remember."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from localcloud.deploy.errors import DeployError
from localcloud.deploy.package import package
from localcloud.deploy.removal import ACTING
from localcloud.deploy.stack_work import Manner, StackWork, Wish
from localcloud.deploy.stacks import ARTIFACT_BUCKET
from localcloud.deploy.template_text import Template

__all__ = ["DeployError", "deploy"]

_OF_FILES = Manner(removers=ACTING, adopts=True)
"""Nothing that holds data is removed, and what a broken deployment left behind is used."""


def deploy(
    template: Template,
    *,
    root: Path,
    stack: str,
    parameters: Mapping[str, str],
    work: StackWork,
    client: Callable[[str], Any],
) -> dict[str, str]:
    """Create the stack, or update it and keep all data; the result is its outputs.

    `root` is the folder that the template's local paths start from.

    Raises:
        DeployError: the template, a parameter or a resource is wrong; the message names it, and
            the stack is as it was before.
    """
    packaged = package(template, root=root, bucket=ARTIFACT_BUCKET, prefix=stack)
    source = json.dumps(packaged.template, default=str)
    change = work.change(Wish(stack=stack, source=source, parameters=parameters))
    work.records.make_bucket(work.place(stack).region)
    for key, content in packaged.artifacts.items():
        client("s3").put_object(Bucket=ARTIFACT_BUCKET, Key=key, Body=content)
    return work.carry_out(change, work.begin(change), _OF_FILES)
