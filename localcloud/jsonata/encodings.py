"""The functions that write strings for URLs and as base64.

Source: https://docs.jsonata.org/string-functions
"""

from __future__ import annotations

import base64
import re
import urllib.parse
from typing import Final

from localcloud.jsonata.errors import JsonataError
from localcloud.jsonata.values import UNDEFINED, Value

_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
# What `encodeURIComponent` and `encodeURI` leave as it is, beside letters and digits.
_COMPONENT_SAFE: Final = "-_.!~*'()"
_URL_SAFE: Final = f"{_COMPONENT_SAFE};/?:@&=+$,#"


def base64encode(value: Value) -> Value:
    """`$base64encode(string)`: of the low bytes of its characters."""
    if value is UNDEFINED:
        return value
    return base64.b64encode(value.encode("utf-16-le", "surrogatepass")[::2]).decode()


def base64decode(value: Value) -> Value:
    """`$base64decode(string)`: one character for each byte.

    Raises:
        JsonataError: `U1002`, it is not base64.
    """
    if value is UNDEFINED:
        return value
    bare = "".join(value.split()).rstrip("=")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True).decode("latin-1")
    except ValueError:
        raise JsonataError("U1002", message="The argument is not a Base64 encoded string") from None


def encode_url_component(value: Value) -> Value:
    """`$encodeUrlComponent(string)`."""
    return _encoded(value, _COMPONENT_SAFE, "encodeUrlComponent")


def encode_url(value: Value) -> Value:
    """`$encodeUrl(string)`."""
    return _encoded(value, _URL_SAFE, "encodeUrl")


def _encoded(value: Value, safe: str, name: str) -> Value:
    if value is UNDEFINED:
        return value
    try:
        return urllib.parse.quote(value, safe=safe, encoding="utf-8", errors="strict")
    except UnicodeEncodeError:
        raise JsonataError("D3140", value=value, functionName=name) from None


def decode_url_component(value: Value) -> Value:
    """`$decodeUrlComponent(string)`."""
    return _decoded(value, "decodeUrlComponent")


def decode_url(value: Value) -> Value:
    """`$decodeUrl(string)`: escapes of characters that separate parts of a URL stay."""
    return _decoded(value, "decodeUrl", keep=";/?:@&=+$,#")


def _decoded(value: Value, name: str, keep: str = "") -> Value:
    if value is UNDEFINED:
        return value
    for char in keep:
        value = re.sub(f"%{ord(char):02x}", f"%25{ord(char):02X}", value, flags=re.IGNORECASE)
    try:
        if _PERCENT.search(value):
            raise JsonataError("D3140", value=value, functionName=name)
        return urllib.parse.unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise JsonataError("D3140", value=value, functionName=name) from None
