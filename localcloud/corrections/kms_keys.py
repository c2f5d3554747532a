"""moto gives every key an RSA pair, also those that only encrypt, and looks for primes at once.

Here a pair is made when it is first used, to sign for instance, or is to be kept for the next
start: it takes a tenth of a second.
"""

from __future__ import annotations

import functools
import threading
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.kms.utils import RSAPrivateKey

_EXPONENT = 65_537

_making = threading.Lock()


def make_pairs_when_used() -> None:
    """Put off the search for primes."""
    keys: Any = RSAPrivateKey
    keys.__init__ = _remember_size
    keys.private_key = functools.cached_property(_pair)
    keys.private_key.__set_name__(keys, "private_key")
    keys.__getstate__ = _with_pair


def _remember_size(self: Any, key_size: int) -> None:
    self.key_size = key_size


def _pair(self: Any) -> rsa.RSAPrivateKey:
    with _making:  # two threads that ask first at once get the same one
        made: rsa.RSAPrivateKey | None = vars(self).get("private_key")
        if made is None:
            made = rsa.generate_private_key(public_exponent=_EXPONENT, key_size=self.key_size)
            vars(self)["private_key"] = made
        return made


def _with_pair(self: Any) -> dict[str, Any]:
    """What is kept of a key: its public half may be told before anything is kept again."""
    return {"private_key": self.private_key, **vars(self)}
