"""Whether a deployed workflow is the one of this checkout."""

import json
import re
from pathlib import Path

from sluice.stack.checkup import same_definition
from sluice.stack.project import DEFINITION

TEXT = (Path(__file__).parents[3] / DEFINITION).read_text(encoding="utf-8")


def test_a_definition_with_its_names_filled_in_is_the_same() -> None:
    deployed = re.sub(r"\$\{\w+\}", "arn:aws:lambda:eu-central-1:123456789012:function:f", TEXT)
    assert deployed != TEXT
    assert same_definition(json.loads(TEXT), json.loads(deployed))


def test_any_other_change_is_seen() -> None:
    for changed in (TEXT.replace('BackoffRate": 2', 'BackoffRate": 3', 1),
                    TEXT.replace('"Comment": "', '"Comment": "x', 1)):  # fmt: skip
        assert changed != TEXT
        assert not same_definition(json.loads(TEXT), json.loads(changed))
