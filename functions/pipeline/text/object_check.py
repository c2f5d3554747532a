"""The first look at a file: its name, its size and its first bytes."""

from typing import Literal

from pipeline.errors import FileRefusedError
from pipeline.printable import printable

MAX_OBJECT_BYTES = 20 * 1024**3
"""What the content validator reads within a Lambda's 15 minutes, with room to spare."""

MAGIC_BYTES = 16
"""How many of the first bytes `judge_object` wants to see."""

EXTENSIONS = (".csv", ".tsv", ".txt")
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
_UTF8_BOM = b"\xef\xbb\xbf"
_FOREIGN = (
    (ZIP, "zip_or_xlsx", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "xls", "an old Excel workbook"),
    (b"%PDF", "pdf", "a PDF"),
    (b"BZh", "bzip2", "compressed with bzip2"),
    (b"\x28\xb5\x2f\xfd", "zstd", "compressed with zstd"),
    (b"\xfd7zXZ\x00", "xz", "compressed with xz"),
    (b"PAR1", "parquet", "a Parquet file"),
)

Compression = Literal["gzip", "zip"] | None


def judge_object(
    key: str, size_bytes: int, first_bytes: bytes, content_encoding: str = ""
) -> Compression:
    """Return how a file is compressed, by its name or by its header Content-Encoding.

    Raises:
        FileRefusedError: `empty`, `too_large`, `extension`, `content_encoding`,
            `gzip_named_csv`, `not_gzip`, `not_zip`, or the kind of file that it is instead of CSV.
    """
    name = key.lower()
    is_encoded = _is_encoded_as_gzip(content_encoding)
    if not name.removesuffix(".gz").endswith((*EXTENSIONS, ".zip")) or name.endswith(".zip.gz"):
        wanted = ", ".join(EXTENSIONS)
        message = (
            f"the name must end in one of {wanted}, in one of these followed by .gz, or in .zip"
        )
        raise FileRefusedError("extension", message)
    if size_bytes == 0:
        raise FileRefusedError("empty", "the file has no bytes: at least a header is needed")
    if size_bytes > MAX_OBJECT_BYTES:
        message = f"the file has {size_bytes} bytes, the limit is {MAX_OBJECT_BYTES}: split it"
        raise FileRefusedError("too_large", message)
    if name.endswith(".zip"):
        return _zip(first_bytes)
    return _compression(first_bytes, is_named_gzip=name.endswith(".gz") or is_encoded)


def _is_encoded_as_gzip(content_encoding: str) -> bool:
    """Read the header as HTTP has it; `aws-chunked` says how an SDK sent the bytes, no more."""
    named = {part.strip().lower() for part in content_encoding.split(",")}
    named -= {"", "identity", "aws-chunked"}
    if named - {"gzip", "x-gzip"}:
        message = (
            f"the object's Content-Encoding is {printable(content_encoding)}: only gzip is taken; "
            "upload it without, or as gzip"
        )
        raise FileRefusedError("content_encoding", message)
    return bool(named)


def _zip(first_bytes: bytes) -> Compression:
    if not first_bytes.startswith(ZIP):
        raise FileRefusedError("not_zip", "the name says ZIP, but the content is not")
    return "zip"


def _compression(first_bytes: bytes, *, is_named_gzip: bool) -> Compression:
    is_gzip = first_bytes.startswith(GZIP)
    if is_gzip and not is_named_gzip:
        raise FileRefusedError("gzip_named_csv", "the file is gzip: add .gz to its name")
    if is_named_gzip and not is_gzip:
        raise FileRefusedError(
            "not_gzip",
            "name or Content-Encoding says gzip, but the content is not: compress it, or drop it"
            " without either",
        )
    if is_gzip:
        return "gzip"
    refuse_foreign(first_bytes)
    return None


def refuse_foreign(first_bytes: bytes) -> None:
    """Refuse text that starts as some other kind of file does.

    Raises:
        FileRefusedError: The code names the kind.
    """
    for magic, code, what in _FOREIGN:
        if first_bytes.startswith(magic):
            raise FileRefusedError(code, f"the file is {what}: save it as CSV in UTF-8")
