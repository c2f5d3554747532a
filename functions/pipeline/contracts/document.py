"""Typed reading of a JSON document, with errors that say where (`schema.fields[2].type`).

Every reader takes the member's default; `REQUIRED` means that there is none.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from pipeline.errors import ContractError

REQUIRED: Final = cast("Any", object())

_NESTED = (dict, list)

MAX_DEPTH = 32
"""Objects and lists in each other; the deepest rule of a contract lies five deep."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """One object of the document and the path that leads to it."""

    members: Mapping[str, Any]
    path: str

    @classmethod
    def root(cls, document: object) -> "Section":
        """Return the whole document as a section.

        Raises:
            ContractError: It is no object, or nests too deeply.
        """
        if _is_deeper(document, MAX_DEPTH):
            raise ContractError("", f"nests more than {MAX_DEPTH} objects and lists in each other")
        return cls._of(document, "")

    @classmethod
    def _of(cls, value: object, path: str) -> "Section":
        if not isinstance(value, dict):
            raise ContractError(path, "must be an object")
        return cls(members=value, path=path)

    def at(self, name: str) -> str:
        """Return the path of a member."""
        return f"{self.path}.{name}" if self.path else name

    def refuse(self, name: str, reason: str) -> ContractError:
        """Return the error that blames a member."""
        return ContractError(self.at(name), reason)

    def allow_only(self, names: Iterable[str]) -> None:
        """Refuse members of any other name, so that a misspelt rule is not silently no rule.

        Raises:
            ContractError: The section has a member that is not among the names.
        """
        known = frozenset(names)
        for name in self.members:
            if name not in known:
                raise self.refuse(
                    name, f"is not supported here (known: {', '.join(sorted(known))})"
                )

    def text(self, name: str, default: str = REQUIRED) -> str:
        """Return a text member."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise self.refuse(name, "must be a text")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str = REQUIRED) -> str:
        """Return a text member that is one of the allowed ones."""
        value = self._get(name, default)
        if not isinstance(value, str) or value not in allowed:
            raise self.refuse(name, f"must be one of {', '.join(allowed)}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean member."""
        value = self._get(name, default)
        if not isinstance(value, bool):
            raise self.refuse(name, "must be true or false")
        return value

    def count(self, name: str, default: int | None, *, least: int = 0) -> int | None:
        """Return a whole number of at least `least`."""
        value = self._get(name, default)
        if value is None and default is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.refuse(name, f"must be a whole number of at least {least}")
        return value

    def amount(self, name: str, *, most: int | None = None) -> float | None:
        """Return a number from 0 to `most`, or None if the member is absent."""
        value = self.members.get(name)
        if value is None:
            return None
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or value < 0 or (most is not None and value > most):
            bounds = "of at least 0" if most is None else f"between 0 and {most}"
            raise self.refuse(name, f"must be a number {bounds}")
        return float(value)

    def texts(self, name: str, default: tuple[str, ...] = REQUIRED) -> tuple[str, ...]:
        """Return a list of texts, or one text as a list of one."""
        value = self._get(name, default)
        if isinstance(value, str):
            return (value,)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            raise self.refuse(name, "must be a list of texts")
        return tuple(value)

    def items(self, name: str) -> list[Any]:
        """Return a list that is not empty."""
        value = self._get(name, REQUIRED)
        if not isinstance(value, list) or not value:
            raise self.refuse(name, "must be a list with at least one entry")
        return value

    def section(self, name: str) -> "Section":
        """Return a member that is an object; an absent one is empty."""
        return self._of(self.members.get(name, {}), self.at(name))

    def sections(self, name: str) -> list["Section"]:
        """Return a list of objects."""
        return [self._of(v, f"{self.at(name)}[{i}]") for i, v in enumerate(self.items(name))]

    def _get(self, name: str, default: object) -> object:
        value = self.members.get(name, default)
        if value is REQUIRED:
            raise self.refuse(name, "is missing")
        return value


def _is_deeper(document: object, limit: int) -> bool:
    """Tell whether a document nests deeper than `limit`, level by level."""
    level = [document]
    for _ in range(limit + 1):
        inner = (v.values() if isinstance(v, dict) else v for v in level if isinstance(v, _NESTED))
        level = [value for values in inner for value in values]
    return bool(level)
