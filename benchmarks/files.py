"""How many realistic files get a contract without an editor: `make bench-files`.

Each file of the collection (`tests/files`) goes through `sluice contract infer`; what would be
loaded by the draft is compared with what the file's maker knows is meant.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from sluice.terminal.render import table
from tests.files.collection import files
from tests.files.trial import Trial, tried

RESULTS = ("at once", "with a remark", "refused", "crashed", "wrong")
WANTED_SHARE = 0.9


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="files whose kind or name has this text")
    parser.add_argument("--say", action="store_true", help="what was said about each file")
    given = parser.parse_args(arguments)
    started = time.process_time()
    trials = [
        _trial(file) for file in files() if given.only in file.kind or given.only in file.name
    ]
    seconds = time.process_time() - started
    for trial in trials:
        if given.say or not _is_well(trial):
            print(f"{trial.result}: {trial.file.kind}, {trial.file.name}\n{trial.said.rstrip()}")
    print("\n".join(_table(trials)))
    columns = sum(len(trial.file.columns) for trial in trials if trial.result == "at once")
    typed = sum(trial.typed for trial in trials)
    print(f"{typed} of {columns} columns have the type that is meant; {seconds:.0f} CPU seconds")
    return not _is_enough(trials)


def _trial(file) -> Trial:
    with tempfile.TemporaryDirectory(prefix="sluice-files-") as folder:
        return tried(file, Path(folder))


def _is_well(trial: Trial) -> bool:
    wanted = {"refused"} if trial.file.is_refused else {"at once", "with a remark"}
    return trial.result in wanted


def _table(trials: Sequence[Trial]) -> list[str]:
    kinds = list(dict.fromkeys(trial.file.kind for trial in trials))
    counted = Counter((trial.file.kind, trial.result) for trial in trials)
    totals = Counter(trial.result for trial in trials)
    rows = [[kind, *(str(counted[kind, result] or "") for result in RESULTS)] for kind in kinds]
    rows.append(["all", *(str(totals[result]) for result in RESULTS)])
    return list(table(["kind", *RESULTS], rows, right=RESULTS))


def _is_enough(trials: Sequence[Trial]) -> bool:
    totals = Counter(trial.result for trial in trials)
    well = sum(map(_is_well, trials)) / len(trials)
    return well >= WANTED_SHARE and not totals["crashed"] + totals["wrong"]


if __name__ == "__main__":
    raise SystemExit(main())
