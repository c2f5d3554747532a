"""The SAM transform, which CloudFormation runs on AWS, run here by the same library.

What it makes of a template is kept in the user's cache: the library runs where a template or its
parameters are new, and nowhere else.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from localcloud.cache_folder import default_cache_dir, drop_unused, keep, used
from localcloud.deploy.errors import DeployError
from localcloud.deploy.template_text import Template

_LIBRARY = "aws-sam-translator"
_TRANSFORM = Path(__file__).with_name("transform.py")
_KEPT = 32
"""Translations that are kept, the latest: 150 KB each for a template of 120 resources."""


def translate(
    template: Template,
    *,
    parameters: dict[str, str],
    region: str,
    cache_dir: Path | None = None,
) -> Template:
    """The CloudFormation template that a SAM template stands for.

    Raises:
        DeployError: the transform refuses the template; each reason is named.
    """
    if "Transform" not in template:
        return template
    question = json.dumps(
        {"template": template, "parameters": parameters, "region": region}, default=str
    )
    answer = _remembered(question, (cache_dir or default_cache_dir()) / "templates")
    if "refused" in answer:
        raise DeployError(f"the SAM transform refuses the template: {answer['refused']}")
    translated: Template = answer["template"]
    translated.pop("Transform", None)
    return translated


def _remembered(question: str, folder: Path) -> dict[str, Any]:
    asked = f"{importlib.metadata.version(_LIBRARY)}\n{_TRANSFORM.read_text()}\n{question}"
    kept = folder / f"{hashlib.sha256(asked.encode()).hexdigest()}.json"
    answer = _read(kept)
    if answer is None:
        text = _transform(question)
        _keep(kept, text)
        answer = json.loads(text)
    return answer


def _read(kept: Path) -> dict[str, Any] | None:
    """What was kept, and was used just now; None if nothing was, or it is damaged."""
    try:
        answer = json.loads(kept.read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(answer, dict) or not answer.keys() & {"template", "refused"}:
        return None
    used(kept)
    return answer


def _transform(question: str) -> str:
    region = json.loads(question)["region"]
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.deploy.transform"],
        input=question,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "AWS_DEFAULT_REGION": region},  # the library asks for one
    )
    if done.returncode != 0:
        raise DeployError(f"the SAM transform failed: {done.stderr.strip()}")
    return done.stdout


def _keep(path: Path, text: str) -> None:
    """Keep a translation, and drop what was not used for longest."""
    try:
        keep(path, text.encode())
        drop_unused(path.parent, "*", latest=_KEPT)
    except OSError:
        return  # it only saves time
