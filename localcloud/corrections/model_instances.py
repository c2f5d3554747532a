"""moto remembers every instance of every model for ever: deleted objects would fill the memory."""

from __future__ import annotations

from typing import Any

from moto.core.common_models import BaseModel


def forget() -> None:
    """Make instances that nobody else remembers."""

    def new(cls: type, *_args: Any, **_kwargs: Any) -> Any:
        return object.__new__(cls)

    models: Any = BaseModel
    models.__new__ = new
