"""`python -m tests.chaos --seed 1 --runs 200`: the pipeline under seeded faults, in figures."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.harness import Harness
from tests.chaos.naive import NaiveLoader
from tests.chaos.promises import Tally
from tests.chaos.scenario import scenario
from tests.support.cloud import started

PROGRESS_SEEDS = 25


def main() -> int:
    """Print a line for each seed that breaks a promise, then the figures; 1 if any did."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--runs", type=int, default=200, help="how many seeds")
    options = parser.parse_args()
    total, control, survived, began = Tally(), Tally(), 0, time.monotonic()
    with tempfile.TemporaryDirectory() as home:
        for cloud in started(Path(home)):
            harness, naive = Harness(cloud), NaiveLoader(cloud)
            for seed in range(options.seed, options.seed + options.runs):
                faults = harness.faults
                tally = harness.run(scenario(seed))
                survived += (harness.faults - faults) if not tally.broken else 0
                for detail in tally.details:
                    print(f"seed {seed}: {detail}", flush=True)
                total.include(tally)
                control.include(naive.run(scenario(seed)))
                if seed % PROGRESS_SEEDS == 0:
                    line = total.line(
                        faults=harness.faults, survived=survived, seeds=seed + 1 - options.seed
                    )
                    print(f"so far: {line}", flush=True)
            total.include(harness.leaks())
            print(total.line(faults=harness.faults, survived=survived, seeds=options.runs))
    print(f"the usual loader on the same files: rows lost {control.lost}, stale {control.stale}")
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if total.broken else 0


if __name__ == "__main__":
    sys.exit(main())
