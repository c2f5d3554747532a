from botocore.hooks import EVENT_ALIASES, EventAliaser, HierarchicalEmitter

from localcloud.corrections import event_names

_NAMES = [
    name
    for old in [*EVENT_ALIASES, "s3", "iam", "nothing-of-all"]
    for name in (
        f"before-parameter-build.{old}.PutObject",
        f"creating-client-class.{old}",
        f"{old}",
        f"x{old}.before-call",
        f"before-call.{old}.{old}",
    )
]


def _names_by(aliaser: EventAliaser) -> dict[str, str]:
    return {name: aliaser._alias_event_name(name) for name in _NAMES}  # type: ignore[attr-defined]


def test_all_former_names_are_still_known() -> None:
    event_names.look_for_what_is_there()
    whole = EventAliaser._alias_event_name.__wrapped__  # type: ignore[attr-defined]
    aliaser = EventAliaser(HierarchicalEmitter())
    former = EventAliaser(HierarchicalEmitter())
    assert _names_by(aliaser) == {name: whole(former, name) for name in _NAMES}
    assert _names_by(aliaser)["creating-client-class.logs"] == (
        "creating-client-class.cloudwatch-logs"
    )


def test_a_second_time_changes_nothing() -> None:
    event_names.look_for_what_is_there()
    once = EventAliaser._alias_event_name  # type: ignore[attr-defined]
    event_names.look_for_what_is_there()
    assert EventAliaser._alias_event_name is once  # type: ignore[attr-defined]
