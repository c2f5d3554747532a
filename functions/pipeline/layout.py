"""Where everything lies in S3: each key of docs/reference/formats.md as a pure function.

>>> safe_file_name("incoming/addresses/März 2024.csv")
'M_rz_2024.csv'
"""

import re
from typing import Literal

PartKind = Literal["valid", "rejected", "rejected_csv"]
PARTS = "parts.json"
"""Name of the array that the Distributed Map reads."""

REPORT = "report.json"
"""Name of an attempt's report, which is written last."""

INCOMING = "incoming/"
UNASSIGNED = "unassigned"
"""Dataset of a key that lies below no known dataset."""

MAX_FILE_NAME_CHARACTERS = 100
"""Leaves room for prefix, run id and version id in S3's 1,024 bytes."""

_MEND = re.compile(
    r"incoming/[^/]+/mend/(?P<run_id>[0-9A-Za-z_-]{1,80})/(?P<attempt>[0-9]+-[0-9]+)/[^/]+"
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def s3_uri(bucket: str, key: str) -> str:
    """Return `s3://bucket/key`; the key stands as it is."""
    return f"s3://{bucket}/{key}"


def split_uri(uri: str) -> tuple[str, str]:
    """Return bucket and key of an S3 URI.

    Raises:
        ValueError: The text is no S3 URI with a bucket.

    >>> split_uri("s3://work/runs/a b/report.json")
    ('work', 'runs/a b/report.json')
    """
    scheme, _, rest = uri.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme != "s3" or not bucket:
        msg = f"{uri!r} is not s3://bucket/key"
        raise ValueError(msg)
    return bucket, key


def dataset_of(key: str) -> str | None:
    """Return the folder below `incoming/` that names the dataset, or None.

    >>> dataset_of("incoming/addresses/2024/a.csv"), dataset_of("incoming/a.csv")
    ('addresses', None)
    """
    if not key.startswith(INCOMING):
        return None
    folder, slash, _ = key.removeprefix(INCOMING).partition("/")
    return folder if slash and folder else None


def mend_key(dataset: str, report_uri: str, name: str) -> str:
    """Return where the mended rows of a run are dropped, so that they are judged as a part of it.

    >>> mend_key("orders", "s3://work/runs/orders-a-csv-0123/0-0/report.json", "a.csv")
    'incoming/orders/mend/orders-a-csv-0123/0-0/a.csv'
    """
    run_id, attempt, _ = split_uri(report_uri)[1].removeprefix("runs/").split("/")
    return f"{INCOMING}{dataset}/mend/{run_id}/{attempt}/{name}"


def invited_key(dataset: str, invitation_id: str, number: int, name: str) -> str:
    """Return where a file lands that somebody sends by an invitation, for each try elsewhere.

    >>> invited_key("orders", "7f3a", 0, "July 2026.csv")
    'incoming/orders/invited/7f3a/0/July_2026.csv'
    """
    return f"{INCOMING}{dataset}/invited/{invitation_id}/{number}/{safe_file_name(name)}"


def mended_report_key(key: str) -> str | None:
    """Return the report of the run whose rows a file mends; None for any other file.

    >>> mended_report_key("incoming/orders/mend/orders-a-csv-0123/0-0/a.csv")
    'runs/orders-a-csv-0123/0-0/report.json'
    """
    found = _MEND.fullmatch(key)
    return f"runs/{found['run_id']}/{found['attempt']}/report.json" if found else None


def safe_file_name(key: str) -> str:
    """Return the last segment of a key, reduced to characters that are safe everywhere."""
    name = _UNSAFE.sub("_", key.rpartition("/")[2])[:MAX_FILE_NAME_CHARACTERS]
    return name or "_"


def run_prefix(run_id: str) -> str:
    """Return the folder of a run in the working bucket."""
    return f"runs/{run_id}/"


def source_key(run_id: str, index: int) -> str:
    """Return where the text of an accepted file lies for the conversion."""
    return f"{run_prefix(run_id)}source/{index:04d}.csv"


def findings_key(run_id: str, index: int) -> str:
    """Return where the validators' findings about a file lie."""
    return f"{run_prefix(run_id)}findings/{index:04d}.json"


def manifest_key(run_id: str) -> str:
    """Return where the order for the conversion lies."""
    return f"{run_prefix(run_id)}manifest.json"


def engine_key(run_id: str, name: str) -> str:
    """Return where the archive of the engine's code lies, beside the manifest."""
    return f"{run_prefix(run_id)}engine/{name}"


def part_name(kind: PartKind, *, file: int, split: int, judgement: int, number: int) -> str:
    """Return the name of a part below its attempt's folder.

    `judgement` is 0, or 1 where a split was judged again because rows of it lose to others.

    >>> part_name("rejected", file=0, split=12, judgement=1, number=3)
    'rejected/0000-00012-1-00003.json'
    """
    suffix = ".csv" if kind == "rejected_csv" else ".json"
    return f"{kind}/{file:04d}-{split:05d}-{judgement}-{number:05d}{suffix}"


def rejected_name(file: int) -> str:
    """Return how the names of a file's rejected parts begin, below their attempt's folder.

    >>> rejected_name(12)
    'rejected/0012-'
    """
    return f"rejected/{file:04d}-"


def report_key(output_prefix: str) -> str:
    """Return the key of an attempt's report, which is written last."""
    return output_prefix + REPORT


def former_prefix(run_id: str, part: int) -> str:
    """Return the beginning of the keys below which lies what the rows of a part replaced."""
    return f"{run_prefix(run_id)}former/{part:06d}-"


def former_key(run_id: str, part: int, row: int) -> str:
    """Return where it is kept what the rows of a part replaced, from this row on.

    >>> former_key("r1", 0, 500)
    'runs/r1/former/000000-000000500.json.gz'
    """
    return f"{former_prefix(run_id, part)}{row:09d}.json.gz"


def archive_key(dataset: str, run_id: str, version_id: str, key: str) -> str:
    """Return where a loaded file rests."""
    return f"archive/{dataset}/{run_id}/{version_id}/{safe_file_name(key)}"


def quarantine_key(dataset: str, run_id: str, version_id: str, key: str) -> str:
    """Return where a file that was not loaded rests."""
    return f"quarantine/{dataset}/{run_id}/{version_id}/{safe_file_name(key)}"


def reason_key(quarantined_key: str) -> str:
    """Return the key of the reason beside a quarantined file."""
    return f"{quarantined_key}.reason.json"


def published_prefix(dataset: str) -> str:
    """Return the folder of a dataset's published rows, which is the location of its table."""
    return f"published/{dataset}/"


def publication_prefix(dataset: str) -> str:
    """Return the folder of the documents that say whose rows are published where.

    It is no part of the table's location: whatever lies there is read as rows.
    """
    return f"publications/{dataset}/"
