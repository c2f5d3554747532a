"""Pickles of moto's models, which hold locks and weak references.

The files are read by the program that wrote them, from a directory of the user's own: pickle's
warning about foreign data does not apply.
"""

from __future__ import annotations

import io
import pickle
import threading
import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

_LOCK = type(threading.Lock())
_RLOCK = type(threading.RLock())

Name = Callable[[Any], object]
"""Gives what stands for an object that is kept elsewhere; None for one that is not."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, name: Name) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)
        self._name = name

    def persistent_id(self, obj: Any) -> Any:
        return self._name(obj)

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _LOCK):
            return threading.Lock, ()
        if isinstance(obj, _RLOCK):
            return threading.RLock, ()
        if isinstance(obj, weakref.WeakValueDictionary):
            return weakref.WeakValueDictionary, (dict(obj),)
        if isinstance(obj, defaultdict) and _is_local(obj.default_factory):
            factory: Any = obj.default_factory
            return defaultdict, (type(factory()),), None, None, iter(obj.items())
        return NotImplemented


def _is_local(factory: Any) -> bool:
    """Whether it is a `lambda: {}` inside of a function, which has no name to be found by."""
    return "<locals>" in getattr(factory, "__qualname__", "")


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, find: Callable[[Any], Any]) -> None:
        super().__init__(file)
        self.persistent_load = find  # type: ignore[method-assign]


def dump(value: Any, *, name: Name = lambda _: None) -> bytes:
    """The pickle of a value; objects that `name` knows are only referred to."""
    file = io.BytesIO()
    _Pickler(file, name).dump(value)
    return file.getvalue()


def load(data: bytes, *, find: Callable[[Any], Any] = lambda _: None) -> Any:
    """The value of a pickle; `find` gives the objects that were only referred to."""
    return _Unpickler(io.BytesIO(data), find).load()
