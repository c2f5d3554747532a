"""Templates as text: YAML with CloudFormation's short forms, or JSON.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.metadata
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from localcloud.deploy.errors import DeployError
from localcloud.derived import derived

Template = dict[str, Any]

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_UNPREFIXED = ("Ref", "Condition")
_CODE = Path(__file__).read_text()


def read_template(path: Path) -> Template:
    """A SAM or CloudFormation template, short forms such as `!Ref` spelled out.

    Raises:
        DeployError: there is no such file, or it is no template.
    """
    try:
        content = path.read_bytes()
        content.decode()
    except (OSError, ValueError) as error:
        raise DeployError(f"cannot read the template {path}: {error}") from error
    by = f"{importlib.metadata.version('PyYAML')}\n{_CODE}"
    return _template(lambda: derived(content, _parsed, kind="yaml", by=by), name=str(path))


def parse_template(text: str, *, name: str) -> Template:
    """The template that a text is; `name` stands for it in errors.

    Raises:
        DeployError: it is no template.
    """
    return _template(lambda: _parsed(text.encode()), name=name)


def _template(parse: Callable[[], Any], *, name: str) -> Template:
    try:
        template = parse()
    except yaml.YAMLError as error:
        raise DeployError(f"cannot read the template {name}: {error}") from error
    if not isinstance(template, dict) or "Resources" not in template:
        raise DeployError(f"{name} has no Resources")
    _check_sections(template, name)
    return template


def _check_sections(template: Template, name: str) -> None:
    """Refuse what is no mapping of mappings, or lacks a type: others rely on both."""
    for section in ("Resources", "Parameters", "Outputs"):
        entries = template.get(section, {})
        if not isinstance(entries, dict):
            raise DeployError(f"{section} of {name} is no mapping")
        for key, entry in entries.items():
            where = f"{key} in {section} of {name}"
            if not isinstance(entry, dict):
                raise DeployError(f"{where} is no mapping")
            if section != "Outputs" and not isinstance(entry.get("Type"), str):
                raise DeployError(f"{where} has no Type")
            if not isinstance(entry.get("Properties", {}), dict):
                raise DeployError(f"Properties of {where} are no mapping")


def _parsed(content: bytes) -> Any:
    """JSON is read as such: as YAML it takes long, and an escaped emoji in it is an error."""
    text = content.decode()
    if text.lstrip().startswith("{"):
        with contextlib.suppress(ValueError):
            return json.loads(text)
    return yaml.load(text, Loader=_TemplateLoader)  # noqa: S506  a safe loader


class _TemplateLoader(_Loader):  # type: ignore[misc]
    """Reads short forms, and dates as the texts that versions of policies are."""


def _short_form(loader: Any, tag: str, node: Any) -> Template:
    function = tag if tag in _UNPREFIXED else f"Fn::{tag}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
        return {function: value.split(".", 1) if tag == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {function: loader.construct_sequence(node, deep=True)}
    return {function: loader.construct_mapping(node, deep=True)}


def _date(loader: Any, node: Any) -> Any:
    value = loader.construct_yaml_timestamp(node)
    return str(node.value) if isinstance(value, dt.date) else value


_TemplateLoader.add_multi_constructor("!", _short_form)
_TemplateLoader.add_constructor("tag:yaml.org,2002:timestamp", _date)
