"""Deploys a SAM template to the local cloud: package, translate, plan, execute, remember."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localcloud.deploy.errors import DeployError
from localcloud.deploy.executor import execute
from localcloud.deploy.leftovers import remove_leftovers
from localcloud.deploy.package import package
from localcloud.deploy.plan import Place, make_plan
from localcloud.deploy.resource import error_code
from localcloud.deploy.resources import CREATORS
from localcloud.deploy.stacks import ARTIFACT_BUCKET, StackRecords, record_of
from localcloud.deploy.template_text import read_template
from localcloud.deploy.translate import translate

__all__ = ["DeployError", "deploy"]

log = logging.getLogger(__name__)


def deploy(
    template: Path,
    *,
    stack: str,
    parameters: Mapping[str, str],
    account: str,
    region: str,
    client: Callable[[str], Any],
) -> dict[str, str]:
    """Create the stack, or update it and keep all data; the result is its outputs.

    `client` gives the local cloud's clients, by boto3's names; `region` is the one they work in.

    Raises:
        DeployError: the template, a parameter or a resource is wrong; the message names it.
    """
    started = time.perf_counter()
    place = Place(stack=stack, account=account, region=region)
    packaged = package(
        read_template(template), root=template.parent, bucket=ARTIFACT_BUCKET, prefix=stack
    )
    translated = translate(packaged.template, parameters=dict(parameters), region=region)
    plan = make_plan(translated, given=parameters, place=place, known_types=CREATORS.keys())
    log.info("translated in %.2f s", time.perf_counter() - started)
    _upload(client("s3"), packaged.artifacts, region=region)
    records = StackRecords(client("s3"))
    before = records.find(stack)
    deployed = execute(
        plan,
        creators=CREATORS,
        previous=before.physical_ids if before else {},
        client=client,
    )
    if before is not None:
        kept = {made.ref for made in deployed.resources.values()}
        remove_leftovers(before.resources, kept=kept, client=client)
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    records.save(record_of(plan, deployed, translated, before=before, now=now))
    log.info("deployed in %.2f s", time.perf_counter() - started)
    return deployed.outputs


def _upload(s3: Any, artifacts: Mapping[str, bytes], *, region: str) -> None:
    where = {} if region == "us-east-1" else {"LocationConstraint": region}
    request = {"CreateBucketConfiguration": where} if where else {}
    try:
        s3.create_bucket(Bucket=ARTIFACT_BUCKET, **request)
    except s3.exceptions.ClientError as error:
        if error_code(error) not in {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}:
            raise
    for key, content in artifacts.items():
        s3.put_object(Bucket=ARTIFACT_BUCKET, Key=key, Body=content)
