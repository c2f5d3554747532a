"""`python -m localcloud.deploy.lint template.yaml`: what can be checked of a template offline.

cfn-lint skips the actions of IAM policies and the definitions of state machines as long as a
template has a Transform, so it is run twice: on the template as it stands, and on what the SAM
transform makes of it, with each state machine's definition put back in. Exit code 1 says that
something was found.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cfnlint.api import lint
from cfnlint.config import ManualArgs

from localcloud.deploy.errors import DeployError
from localcloud.deploy.package import package
from localcloud.deploy.template_text import Template, read_template
from localcloud.deploy.translate import translate

REGION = "us-east-1"
_EXPRESSION_FOR_NUMBER = re.compile(r"""['"]\{% .* %\}['"] is not of type '(number|integer)'""")
"""cfn-lint does not know that JSONata may compute numbers such as TimeoutSeconds.

Source: https://docs.aws.amazon.com/step-functions/latest/dg/state-task.html
"""


def lint_template(path: Path) -> Iterator[str]:
    """What is wrong with a template, one line each.

    Raises:
        DeployError: it cannot be read or translated.
    """
    yield from _findings(path.read_text(), where="template")
    translated = json.dumps(with_definitions(path), default=str, indent=1)
    yield from _findings(translated, where="translated")


def with_definitions(path: Path) -> Template:
    """The translated template, in which state machines hold their definitions themselves.

    Raises:
        DeployError: the template cannot be read or translated, or a definition is no JSON.
    """
    source = read_template(path)
    packaged = package(source, root=path.parent, bucket="artifacts", prefix="lint")
    translated = translate(
        packaged.template, parameters=_defaults(source.get("Parameters", {})), region=REGION
    )
    for logical_id, resource in translated["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            location = properties.pop("DefinitionS3Location", None)
            if location is not None:
                text = packaged.artifacts[location["Key"]].decode()
                text = text.replace("${Partition}", "aws")  # cfn-lint knows ARNs of no other
                properties["Definition"] = _parse(text, logical_id)
    return translated


def _defaults(declared: dict[str, Any]) -> dict[str, str]:
    """A value for every parameter, so that the transform does not stumble over one."""
    return {name: str(rule.get("Default", "value")) for name, rule in declared.items()}


def _parse(text: str, logical_id: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise DeployError(f"the definition of {logical_id} is no JSON: {error}") from error


def _findings(text: str, *, where: str) -> Iterator[str]:
    for match in lint(text, config=ManualArgs(regions=[REGION])):
        if match.rule.id == "E3601" and _EXPRESSION_FOR_NUMBER.match(match.message):
            continue
        place = "/".join(str(part) for part in match.path or [])
        yield f"{where}: {match.rule.id} {match.message} ({place})"


def main(arguments: list[str]) -> int:
    """Print the findings; 1 if there are any."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.deploy.lint", description=__doc__)
    parser.add_argument("template", type=Path)
    options = parser.parse_args(arguments)
    try:
        findings = list(lint_template(options.template))
    except DeployError as error:
        findings = [str(error)]
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
