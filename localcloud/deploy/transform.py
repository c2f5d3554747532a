"""`python -m localcloud.deploy.transform`: the SAM transform, in a process of its own.

The transform's library takes as long to import as all emulators together, and 30 MB of memory,
which nobody needs once a template is translated.  Standard input is a JSON document with
`template`, `parameters` and `region`; standard output is `{"template": …}`, or
`{"refused": <why>}`.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from typing import Any

from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.arn_generator import ArnGenerator
from samtranslator.translator.transform import transform

Template = dict[str, Any]


def main() -> None:
    """Translate what standard input holds."""
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # "unpublished metrics"
    wanted = json.load(sys.stdin)
    ArnGenerator.BOTO_SESSION_REGION_NAME = wanted["region"]
    template = wanted["template"]
    try:
        translated = transform(template, wanted["parameters"], _ManagedPolicies(template))
        answer: dict[str, Any] = {"template": translated}
    except InvalidDocumentException as refusal:
        answer = {"refused": "; ".join(cause.message for cause in refusal.causes)}
    json.dump(answer, sys.stdout)


class _ManagedPolicies:
    """Names of AWS's managed policies that the template uses, as the transform wants them."""

    def __init__(self, template: Template) -> None:
        names = re.findall(r"\b(?:AWS|Amazon|Cloud)[A-Za-z0-9]+\b", repr(template))
        self._arns = {name: f"arn:aws:iam::aws:policy/{name}" for name in names}

    def load(self) -> dict[str, str]:
        return self._arns


if __name__ == "__main__":
    main()
