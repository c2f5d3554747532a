"""What happens to resources that left the template: those that act by themselves are removed.

A rule, schedule, mapping or subscription that stayed would go on calling functions. Everything
else stays where it is; nothing that holds data is ever deleted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

from localcloud.deploy.stacks import StackResource

Client = Callable[[str], Any]


def remove_leftovers(
    before: Iterable[StackResource], *, kept: Collection[str], client: Client
) -> list[str]:
    """Remove what acts by itself and has left the template; the logical ids of what was removed.

    `kept` are the physical ids that the stack still has, under whatever logical ids.
    """
    removed = []
    for resource in before:
        remove = _REMOVERS.get(resource.type)
        if remove is not None and resource.physical_id not in kept:
            remove(client, resource.physical_id)
            removed.append(resource.logical_id)
    return removed


def _remove_rule(client: Client, name: str) -> None:
    events = client("events")
    targets = events.list_targets_by_rule(Rule=name)["Targets"]
    if targets:
        events.remove_targets(Rule=name, Ids=[target["Id"] for target in targets])
    events.delete_rule(Name=name)


def _remove_schedule(client: Client, name: str) -> None:
    client("scheduler").delete_schedule(Name=name)


def _remove_subscription(client: Client, arn: str) -> None:
    client("sns").unsubscribe(SubscriptionArn=arn)


def _remove_mapping(client: Client, uuid: str) -> None:
    client("lambda").delete_event_source_mapping(UUID=uuid)


_REMOVERS: dict[str, Callable[[Client, str], None]] = {
    "AWS::Events::Rule": _remove_rule,
    "AWS::Lambda::EventSourceMapping": _remove_mapping,
    "AWS::SNS::Subscription": _remove_subscription,
    "AWS::Scheduler::Schedule": _remove_schedule,
}
