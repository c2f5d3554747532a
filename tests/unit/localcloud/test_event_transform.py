import json

import pytest

from localcloud.events.transform import target_input

EVENT = {
    "version": "0",
    "id": "e1",
    "detail-type": "Object Created",
    "source": "aws.s3",
    "account": "123456789012",
    "time": "2026-01-02T03:04:05Z",
    "region": "eu-central-1",
    "resources": ["arn:aws:s3:::landing"],
    "detail": {"object": {"key": 'a "b"\\c ü.csv', "size": 7, "version-id": "v1"}},
}
RULE = "arn:aws:events:eu-central-1:123456789012:rule/drop"


def sent(target: dict[str, object]) -> str:
    return target_input(target, EVENT, rule_arn=RULE, ingested_at="2026-01-02T03:04:06Z")


def transformed(template: str, **paths: str) -> str:
    return sent({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}})


def test_without_a_choice_the_whole_event_is_sent() -> None:
    assert json.loads(sent({})) == EVENT


def test_a_constant_is_sent_as_it_is() -> None:
    assert sent({"Input": '{"source": "sluice.schedule"}'}) == '{"source": "sluice.schedule"}'


@pytest.mark.parametrize(
    ("path", "part"),
    [
        pytest.param("$", EVENT, id="the root is the event"),
        pytest.param("$.detail.object.size", 7, id="a number stays a number"),
        pytest.param("$.resources[0]", "arn:aws:s3:::landing", id="an element of an array"),
        pytest.param("$.detail.object.version-id", "v1", id="names may hold hyphens"),
        pytest.param("$.detail['object'].size", 7, id="names may be quoted"),
        pytest.param("$.detail.nothing", None, id="what is missing is null"),
    ],
)
def test_a_path_sends_the_part_of_the_event(path: str, part: object) -> None:
    assert json.loads(sent({"InputPath": path})) == part


@pytest.mark.parametrize(
    ("template", "result"),
    [
        pytest.param('{"k": <key>}', {"k": 'a "b"\\c ü.csv'}, id="bare: a JSON value"),
        pytest.param(
            '{"k": "got <key>!"}', {"k": 'got a "b"\\c ü.csv!'}, id="in a string: its text"
        ),
        pytest.param('{"n": <size>, "s": "<size>"}', {"n": 7, "s": "7"}, id="a number both ways"),
        pytest.param('"<key> has arrived"', 'a "b"\\c ü.csv has arrived', id="a string template"),
        pytest.param('{"o": <object>}', {"o": EVENT["detail"]["object"]}, id="an object"),  # type: ignore[index]
        pytest.param('{"m": <missing>, "s": "<missing>"}', {"m": "", "s": ""}, id="missing"),
        pytest.param('{"u": "<unknown>"}', {"u": "<unknown>"}, id="no such variable: untouched"),
        pytest.param('{"q": "\\"<size>\\""}', {"q": '"7"'}, id="an escaped quote ends no string"),
        pytest.param('{"r": "<aws.events.rule-name>"}', {"r": "drop"}, id="the rule's name"),
        pytest.param(
            '{"t": <aws.events.event.ingestion-time>}',
            {"t": "2026-01-02T03:04:06Z"},
            id="ingestion",
        ),
        pytest.param("<aws.events.event.json>", EVENT, id="the whole event"),
    ],
)
def test_a_template_is_filled(template: str, result: object) -> None:
    filled = transformed(
        template,
        key="$.detail.object.key",
        size="$.detail.object.size",
        object="$.detail.object",
        missing="$.detail.none",
    )
    assert json.loads(filled) == result
