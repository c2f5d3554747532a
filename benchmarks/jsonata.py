"""How far expressions agree with JSONata 2.0.6, the version that AWS documents.

    python -m benchmarks.jsonata [--suite DIR] [--record PACKAGE]

Without options, against what the reference implementation gave for our own expressions: value,
or code and message of the error. `--suite` adds JSONata's own test suite, the folder
`test/test-suite` of https://github.com/jsonata-js/jsonata at the tag v2.0.6. `--record` lets the
npm package of that version evaluate our expressions anew, and needs Node.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from localcloud import jsonata
from localcloud.jsonata import UNDEFINED, Bounds, Function, JsonataError
from localcloud.jsonata.writing import number_text, quoted

CASES: Final = Path(__file__).with_name("jsonata_cases.json")
_RECORDER: Final = Path(__file__).with_name("jsonata_record.js")

_NOT_ON_AWS: Final = frozenset(["function-eval"])  # Step Functions has no $eval
_EVALUATIONS_PER_CALL: Final = 3  # the suite limits evaluations within each other, we calls
_UNHURRIED: Final = Bounds(seconds=60)
"""Whether a case agrees does not depend on what else the machine does; limits bring their own."""

Outcome = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An expression on a document, and what it has to give."""

    group: str
    expression: str
    document: Any
    expected: Outcome
    variables: dict[str, Any]
    bounds: Bounds

    def agrees(self, given: Outcome) -> bool:
        """Whether an outcome is the expected one; where no message is expected, any will do."""
        if self.expected.get("fails"):
            return "code" in given
        if "text" in self.expected and "text" in given:
            return _sorted(self.expected["text"]) == _sorted(given["text"])
        return all(given.get(key) == value for key, value in self.expected.items())


def _sorted(text: str) -> str:
    """A JSON text with the members of objects in order: theirs means nothing to the language."""
    return json.dumps(json.loads(text), sort_keys=True)


def text_of(value: Any) -> str:
    """A value as `JSON.stringify` writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case int() | float():
            return number_text(value) if math.isfinite(value) else "null"
        case dict():
            members = (f"{quoted(key)}:{text_of(item)}" for key, item in value.items())
            return "{" + ",".join(members) + "}"
        case list():
            return "[" + ",".join(map(text_of, value)) + "]"
    return "null"


def outcome(case: Case) -> Outcome:
    """What the expression gives here."""
    try:
        compiled = jsonata.compile(case.expression)
        value = compiled.evaluate(case.document, case.variables, bounds=case.bounds)
    except JsonataError as error:
        return {"code": error.code, "message": str(error)}
    if value is UNDEFINED:
        return {"nothing": True}
    return {"function": True} if isinstance(value, Function) else {"text": text_of(value)}


def recorded_cases(file: Path = CASES) -> Iterator[Case]:
    """Our own expressions, with what the reference implementation gave."""
    recorded = json.loads(file.read_text())
    for group, cases in recorded["groups"].items():
        for case in cases:
            expression = case.pop("expression")
            yield Case(
                group=group,
                expression=expression,
                document=recorded["document"],
                expected=case,
                variables={},
                bounds=Bounds(),
            )


def suite_cases(folder: Path) -> Iterator[Case]:
    """The cases of JSONata's own suite that concern Step Functions."""
    documents = {
        file.stem: json.loads(file.read_text()) for file in (folder / "datasets").iterdir()
    }
    for group in sorted((folder / "groups").iterdir()):
        if group.name in _NOT_ON_AWS:
            continue
        for file in sorted(group.glob("*.json")):
            loaded = json.loads(file.read_text())
            for case in loaded if isinstance(loaded, list) else [loaded]:
                yield _suite_case(group, case, documents)


def _suite_case(group: Path, case: dict[str, Any], documents: dict[str, Any]) -> Case:
    if "expr-file" in case:
        case["expr"] = (group / case["expr-file"]).read_text()
    if "undefinedResult" in case:
        expected: Outcome = {"nothing": True}
    elif "result" in case:
        expected = {"text": text_of(case["result"])}
    else:
        expected = {"code": case["error"]["code"] if "error" in case else case["code"]}
    bounds = _UNHURRIED
    if "depth" in case:
        seconds = case["timelimit"] / 1000
        bounds = Bounds(seconds=seconds, depth=case["depth"] // _EVALUATIONS_PER_CALL)
    return Case(
        group=group.name,
        expression=case["expr"],
        document=case.get("data", documents.get(case.get("dataset") or "", UNDEFINED)),
        expected=expected,
        variables=case.get("bindings", {}),
        bounds=bounds,
    )


def report(title: str, cases: list[Case]) -> None:
    """Print the rate of each group, and each case that differs."""
    groups: dict[str, list[bool]] = {}
    different: list[tuple[Case, Outcome]] = []
    for case in cases:
        given = outcome(case)
        agrees = case.agrees(given)
        groups.setdefault(case.group, []).append(agrees)
        if not agrees:
            different.append((case, given))
    print(f"{title:36} {'cases':>6} {'agree':>6}")
    for group, verdicts in groups.items():
        print(
            f"{group:36} {len(verdicts):6} {sum(verdicts):6}  {sum(verdicts) / len(verdicts):.1%}"
        )
    total = max(len(cases), 1)
    print(f"{'all':36} {total:6} {total - len(different):6}  {1 - len(different) / total:.2%}")
    for case, given in different:
        print(f"- {case.group}: {case.expression!r}: expected {case.expected}, got {given}")


def main(arguments: list[str] | None = None) -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.jsonata")
    parser.add_argument("--suite", type=Path, help="JSONata's own test suite")
    parser.add_argument("--record", type=Path, help="the npm package jsonata, version 2.0.6")
    options = parser.parse_args(arguments)
    if options.record:
        subprocess.run(["node", _RECORDER, CASES, options.record], check=True)
    report("our own expressions", list(recorded_cases()))
    if options.suite:
        report("JSONata's own suite", list(suite_cases(options.suite)))


if __name__ == "__main__":
    main()
