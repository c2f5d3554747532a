"""Pickles of moto's models, which hold locks and weak references.

Only moto's own models and a few plain types are written, and nothing else is read: a file that
somebody else has made cannot name a function to be called.
"""

from __future__ import annotations

import io
import pickle
import re
import threading
import types
import weakref
from collections import defaultdict
from collections.abc import Callable
from typing import Any

_LOCKS: tuple[tuple[type, Callable[[], Any]], ...] = (
    (type(threading.Lock()), threading.Lock),
    (type(threading.RLock()), threading.RLock),
    (threading.Condition, threading.Condition),
)
"""Come back open, whoever held them."""

_MODELS = re.compile(r"moto\.\w+\.(models|policy|metric_filters|tagging_service|utils)(\.\w+)*")
_PLAIN = frozenset(
    {
        "_thread.RLock",
        "_thread.allocate_lock",
        "builtins.bytearray",
        "builtins.dict",
        "builtins.frozenset",
        "builtins.list",
        "builtins.set",
        "collections.OrderedDict",
        "collections.defaultdict",
        "collections.deque",
        "datetime.date",
        "datetime.datetime",
        "datetime.timedelta",
        "datetime.timezone",
        "decimal.Decimal",
        "localcloud.glue.moto_glue.LocalJobRun",
        "localcloud.persistence.pickling.private_key",
        "re._compile",
        "requests.structures.CaseInsensitiveDict",
        "threading.Condition",
        "threading.RLock",
        "uuid.UUID",
        "weakref.WeakValueDictionary",
    }
)

Name = Callable[[Any], object]
"""Gives what stands for an object that is kept elsewhere; None for one that is not."""


class ForeignPickleError(pickle.PickleError):
    """The data is made of something that the local cloud does not keep."""


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, protocol=pickle.HIGHEST_PROTOCOL)

    def reducer_override(self, obj: Any) -> Any:
        for kind, make in _LOCKS:
            if isinstance(obj, kind):
                return make, ()
        if type(obj).__module__.startswith("cryptography."):
            return private_key, (_bytes_of(obj),)
        if isinstance(obj, weakref.WeakValueDictionary):
            return weakref.WeakValueDictionary, (dict(obj),)
        if isinstance(obj, defaultdict) and _is_local(obj.default_factory):
            factory: Any = obj.default_factory
            return defaultdict, (type(factory()),), None, None, iter(obj.items())
        if isinstance(obj, type | types.FunctionType):
            _check(obj.__module__, obj.__qualname__)
        return NotImplemented


class _NamingPickler(_Pickler):
    """Asks of each object whether it is kept elsewhere: a call of Python for each of them."""

    def __init__(self, file: io.BytesIO, name: Name) -> None:
        super().__init__(file)
        self._name = name

    def persistent_id(self, obj: Any) -> Any:
        return self._name(obj)


def _check(module: str, name: str) -> None:
    if f"{module}.{name}" not in _PLAIN and not (_MODELS.fullmatch(module) and name.isidentifier()):
        raise ForeignPickleError(f"{module}.{name} is nothing that the local cloud keeps")


def _is_local(factory: Any) -> bool:
    """Whether it is a `lambda: {}` inside of a function, which has no name to be found by."""
    return "<locals>" in getattr(factory, "__qualname__", "")


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, find: Callable[[Any], Any]) -> None:
        super().__init__(file)
        self.persistent_load = find  # type: ignore[method-assign]

    def find_class(self, module: str, name: str) -> Any:
        """Give a class of moto's models, or a plain type."""
        _check(module, name)
        found = super().find_class(module, name)
        of_moto = isinstance(found, type) and found.__module__.startswith("moto.")
        if not of_moto and f"{module}.{name}" not in _PLAIN:
            raise ForeignPickleError(f"{module}.{name} is no model")
        return found


def private_key(der: bytes) -> Any:
    """A key of KMS, from its bytes."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415  only KMS needs it

    return serialization.load_der_private_key(der, password=None)


def _bytes_of(key: Any) -> bytes:
    from cryptography.hazmat.primitives import serialization as form  # noqa: PLC0415  as above

    made = key.private_bytes(form.Encoding.DER, form.PrivateFormat.PKCS8, form.NoEncryption())
    return bytes(made)


def dump(value: Any, *, name: Name | None = None) -> bytes:
    """The pickle of a value; objects that `name` knows are only referred to."""
    file = io.BytesIO()
    pickler = _NamingPickler(file, name) if name else _Pickler(file)
    pickler.dump(value)
    return file.getvalue()


def load(data: bytes, *, find: Callable[[Any], Any] = lambda _: None) -> Any:
    """The value of a pickle; `find` gives the objects that were only referred to.

    Raises:
        ForeignPickleError: it names something else than models and plain types.
    """
    return _Unpickler(io.BytesIO(data), find).load()
