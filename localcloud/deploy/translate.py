"""The SAM transform, which CloudFormation runs on AWS, run here by the same library."""

from __future__ import annotations

import copy
import logging
import re
from pathlib import Path
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.arn_generator import ArnGenerator
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse
from yaml import YAMLError

from localcloud.deploy.errors import DeployError

Template = dict[str, Any]

logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # "unpublished metrics"


def read_template(path: Path) -> Template:
    """A SAM or CloudFormation template, short forms such as `!Ref` spelled out.

    Raises:
        DeployError: there is no such file, or it is no template.
    """
    try:
        template = yaml_parse(path.read_text())
    except (OSError, ValueError, YAMLError) as error:
        raise DeployError(f"cannot read the template {path}: {error}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise DeployError(f"{path} has no Resources")
    return template


def translate(template: Template, *, parameters: dict[str, str], region: str) -> Template:
    """The CloudFormation template that a SAM template stands for.

    Raises:
        DeployError: the transform refuses the template; each reason is named.
    """
    ArnGenerator.BOTO_SESSION_REGION_NAME = region
    try:
        translated: Template = transform(
            copy.deepcopy(template), dict(parameters), _ManagedPolicies(template)
        )
    except InvalidDocumentException as refusal:
        reasons = "; ".join(cause.message for cause in refusal.causes)
        raise DeployError(f"the SAM transform refuses the template: {reasons}") from refusal
    translated.pop("Transform", None)
    return translated


class _ManagedPolicies:
    """Names of AWS's managed policies that the template uses, as the transform wants them."""

    def __init__(self, template: Template) -> None:
        names = re.findall(r"\b(?:AWS|Amazon|Cloud)[A-Za-z0-9]+\b", repr(template))
        self._arns = {name: f"arn:aws:iam::aws:policy/{name}" for name in names}

    def load(self) -> dict[str, str]:
        return self._arns
