"""moto gives every key an RSA pair, also those that only encrypt, and looks for primes at once.

Here a pair is made when it is first used, to sign for instance: it takes a tenth of a second.
"""

from __future__ import annotations

import functools
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from moto.kms.utils import RSAPrivateKey

_EXPONENT = 65_537


def make_pairs_when_used() -> None:
    """Put off the search for primes."""
    keys: Any = RSAPrivateKey
    keys.__init__ = _remember_size
    keys.private_key = functools.cached_property(_pair)
    keys.private_key.__set_name__(keys, "private_key")


def _remember_size(self: Any, key_size: int) -> None:
    self.key_size = key_size


def _pair(self: Any) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=_EXPONENT, key_size=self.key_size)
