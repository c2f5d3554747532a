"""Where the functions' figures go: a line of their log, which CloudWatch reads by itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.runs import metrics
from pipeline.runs.metrics import EndOfRun, Figures
from stores import clock


@dataclass(frozen=True, slots=True)
class Eyes:
    """Whoever keeps this stack's metrics, under its namespace."""

    namespace: str

    def run_ended(self, run: EndOfRun) -> None:
        """Count a run that has ended."""
        _tell(metrics.of_run(self.namespace, clock.now(), run))

    def seen(self, *figures: Figures) -> None:
        """Keep what a look at the whole stack has found."""
        _tell(metrics.document(self.namespace, clock.now(), figures, {}))


def _tell(document: Mapping[str, Any]) -> None:
    """Write one whole line, as it stands: the runtime keeps printed lines as they are."""
    sys.stdout.write(json.dumps(document, separators=(",", ":")) + "\n")
    sys.stdout.flush()
