"""`python -m localcloud.check_aws`: what AWS's own tools say of the stack, without an account.

Validates and lints the template by the SAM CLI, builds it, packages the build into the local cloud,
deploys what came out, and has parliament read every policy as IAM keeps it there. checkov reads the
translated template. `.parliament.yaml` and `.checkov.yaml` say what is not asked, and why.

The tools live in an environment of their own (`make check-aws`). Exit code 1: something was found.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from localcloud.cloud import Cloud, DeployError
from localcloud.deploy.lint import REGION, with_definitions
from localcloud.door import Door

BUCKET = "check-aws"
STACK = "checked"

Environment = Mapping[str, str]
Policy = tuple[str, Mapping[str, Any]]


class ToolError(Exception):
    """A tool has found something, or could not do its work; it has said what."""


class Tools:
    """The tools of one folder, asked about one template."""

    def __init__(self, folder: Path, template: Path, work: Path) -> None:
        self._folder = folder
        self._template = template
        self._work = work
        self._built = work / "build" / "template.yaml"
        self._packaged = work / "packaged.yaml"

    def validate(self, environment: Environment) -> None:
        """Ask `sam validate --lint`."""
        self._run(environment, "sam", "validate", "--lint", "--template", str(self._template))

    def build(self, environment: Environment) -> None:
        """Build functions and layers as for a deployment; needs Python 3.13 on the PATH."""
        self._run(
            environment,
            "sam", "build", "--no-cached", "--template", str(self._template),
            "--build-dir", str(self._built.parent),
        )  # fmt: skip

    def package(self, environment: Environment) -> Path:
        """Upload the build to the cloud that the environment names; returns the new template."""
        self._run(
            environment,
            "sam", "package", "--template-file", str(self._built), "--s3-bucket", BUCKET,
            "--output-template-file", str(self._packaged),
        )  # fmt: skip
        return self._packaged

    def read_policies(self, environment: Environment, policies: Iterable[Policy]) -> None:
        """Let parliament read policies; it names the file, so the policy."""
        folder = self._work / "policies"
        folder.mkdir()
        for name, document in policies:
            (folder / f"{name}.json").write_text(json.dumps(document))
        settings = self._template.parent / ".parliament.yaml"
        self._run(environment, "parliament", "--config", str(settings), "--directory", str(folder))

    def read_template(self, environment: Environment) -> None:
        """Let checkov read the translated template."""
        path = self._work / "translated.json"
        path.write_text(json.dumps(with_definitions(self._template), default=str))
        settings = self._template.parent / ".checkov.yaml"
        self._run(environment, "checkov", "--config-file", str(settings), "--file", str(path))

    def _run(self, environment: Environment, tool: str, *words: str) -> None:
        sys.stdout.write(f"{tool} {words[0]}\n")
        sys.stdout.flush()
        command = [str(self._folder / tool), *words]
        done = subprocess.run(command, env=dict(environment), cwd=self._work, check=False)
        if done.returncode:
            raise ToolError(f"{tool} {words[0]} ended with {done.returncode}")


def check(tools: Tools) -> None:
    """Ask every tool.

    Raises:
        ToolError: one has found something.
        DeployError: the package cannot be deployed.
    """
    silent = {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": REGION}
    environment = {**os.environ, **silent}
    tools.validate(environment)
    tools.build(environment)
    cloud = Cloud(Door(region=REGION))
    try:
        there = {**environment, **cloud.account.environment}
        cloud.account.client("s3").create_bucket(Bucket=BUCKET)
        cloud.deploy(tools.package(there), stack=STACK, parameters={"ArtifactBuckets": BUCKET})
        policies = list(kept_policies(cloud.account.client("iam")))
    finally:
        cloud.close()
    tools.read_policies(environment, policies)
    tools.read_template(environment)


def kept_policies(iam: Any) -> Iterator[Policy]:
    """Yield the policies of all roles, and those that are attached to nobody, with their names."""
    pages = iam.get_paginator("get_account_authorization_details")
    details = pages.paginate(Filter=["Role", "LocalManagedPolicy"]).build_full_result()
    for role in details["RoleDetailList"]:
        for inline in role["RolePolicyList"]:
            yield f"{role['RoleName']}-{inline['PolicyName']}", inline["PolicyDocument"]
    for managed in details["Policies"]:
        for version in managed["PolicyVersionList"]:
            if version["IsDefaultVersion"]:
                yield managed["Arn"].rpartition("/")[2], version["Document"]


def main(arguments: list[str]) -> int:
    """Ask the tools; 1 if one has found something."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.check_aws", description=__doc__)
    parser.add_argument("template", type=Path)
    parser.add_argument("--tools", type=Path, required=True, help="folder of sam and the others")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.WARNING)
    with tempfile.TemporaryDirectory() as work:
        tools = Tools(options.tools.resolve(), options.template.resolve(), Path(work))
        try:
            check(tools)
        except (DeployError, ToolError) as error:
            sys.stderr.write(f"{error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
