"""In front of moto's S3: conditional writes are decided one at a time, metadata is limited.

moto looks at the object and writes it in two steps, so of two PUTs with `If-None-Match: *` both
could succeed; and it takes metadata of any size.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from http import HTTPStatus

from localcloud.faults.errors import ServiceError, respond_error
from localcloud.http.wsgi import App, Environ, StartResponse, read_body, replace_body
from localcloud.strict.direct_objects import answer_directly

_READS = ("GET", "HEAD")
_METADATA = "HTTP_X_AMZ_META_"
_MAX_METADATA_BYTES = 2_048
_TOO_LARGE = ServiceError(
    "MetadataTooLarge",
    HTTPStatus.BAD_REQUEST,
    "Your metadata headers exceed the maximum allowed metadata size",
)


class StrictS3:
    """Lets reads pass and writes queue; `keep` is told of each write before the next begins.

    What a read has seen has been kept when it is answered, whoever wrote it.
    """

    def __init__(self, app: App, *, keep: Callable[[Environ], None]) -> None:
        self._app = app
        self._keep = keep
        self._lock = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Let the emulator answer."""
        if environ["REQUEST_METHOD"] in _READS:
            found = self._answer(environ, start_response)
            with self._lock:  # what it has found is kept by now
                return found
        if metadata_bytes(environ) > _MAX_METADATA_BYTES:
            return respond_error(environ, start_response, "s3", _TOO_LARGE)
        body = read_body(environ)  # while others may write: the client may be slow
        with self._lock:
            answer = self._answer(environ, start_response)
            replace_body(environ, body)
            self._keep(environ)
        return answer

    def _answer(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        direct = answer_directly(environ)
        return direct.send(start_response) if direct else self._app(environ, start_response)


def metadata_bytes(environ: Environ) -> int:
    """How much user metadata a request brings: the bytes of its names and values."""
    return sum(
        len(name) - len(_METADATA) + len(str(value))  # WSGI shows a byte as a character
        for name, value in environ.items()
        if name.startswith(_METADATA)
    )
