"""Ways of loading rows into DynamoDB, side by side.

    python -m benchmarks.load [--rows N]

Each way loads the same customers into a table of its own, in a fresh process, over the same
endpoint: once the local cloud's DynamoDB, once a server that answers at once, which leaves the
client's own cost. CPU seconds are the client's, from parsed JSON Lines to the last reply;
imports, connections and the first 200 rows are not counted. Best of three rounds.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import socketserver
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ROUNDS = 3
WARM_UP_ROWS = 200
TYPES = {
    "customer_id": "string",
    "customer_mail": "string",
    "name": "string",
    "address": "string",
    "profession": "string",
    "signed_on": "date",
    "credit_limit": "number",
    "newsletter": "boolean",
}
KEY = ("customer_id", "customer_mail")
DONE: dict[str, Any] = {"UnprocessedItems": {}, "Responses": [{}] * 25}
DESCRIBED = {
    "Table": {
        "TableName": "any",
        "KeySchema": [{"AttributeName": KEY[0], "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": KEY[0], "AttributeType": "S"}],
    }
}

Load = Callable[[Sequence[bytes], str], None]


def lines_of(rows: int) -> list[bytes]:
    """The rows as the conversion writes them."""
    return [
        json.dumps(
            {
                "customer_id": f"C{number:06}",
                "customer_mail": f"ada.lovelace.{number}@example.com",
                "name": "Ada Lovelace",
                "address": f"{number} Middlefield Road, Redwood City, CA",
                "profession": "Mathematician",
                "signed_on": "2024-02-29",
                "credit_limit": number + 0.5,
                "newsletter": number % 2 == 0,
            }
        ).encode()
        for number in range(rows)
    ]


# ---- the ways


@functools.cache
def _wire() -> Any:
    from stores.wire import Wire  # noqa: PLC0415

    return Wire()


def _ours(lines: Sequence[bytes], table: str, mode: str) -> None:
    sys.path.insert(0, str(ROOT / "functions"))
    from pipeline.rows.items import ItemShape  # noqa: PLC0415 - each way imports what it needs
    from stores.desk import Desk  # noqa: PLC0415
    from stores.items import Batch, NewerWins  # noqa: PLC0415

    desk = Desk(_wire(), table, lambda: False)
    shape = ItemShape.of(TYPES, KEY)
    items = shape.items(lines, version="2026-07-01T00:00:00Z#0000#aaaaaaaa", run_id="r1")
    writer = Batch(desk) if mode == "batch" else NewerWins(desk, KEY, "r1")
    assert writer.write(items).counts.rows_done == len(lines)


def newer_wins(lines: Sequence[bytes], table: str) -> None:
    _ours(lines, table, "newer-wins")


def batch(lines: Sequence[bytes], table: str) -> None:
    _ours(lines, table, "batch")


def put_loop(lines: Sequence[bytes], table: str) -> None:
    resource = _table(table)
    for line in lines:
        resource.put_item(Item=json.loads(line, parse_float=Decimal))


def batch_writer(lines: Sequence[bytes], table: str) -> None:
    with _table(table).batch_writer() as writer:
        for line in lines:
            writer.put_item(Item=json.loads(line, parse_float=Decimal))


def put_df(lines: Sequence[bytes], table: str) -> None:
    import awswrangler  # noqa: PLC0415
    import pandas as pd  # noqa: PLC0415

    frame = pd.DataFrame([json.loads(line, parse_float=Decimal) for line in lines])
    awswrangler.dynamodb.put_df(df=frame, table_name=table)


WAYS: dict[str, tuple[str, Load]] = {
    "newer-wins": ("sluice, newer-wins (conditional, order guaranteed)", newer_wins),
    "put-loop": ("boto3 Table.put_item in a loop (no order)", put_loop),
    "batch": ("sluice, batch", batch),
    "batch-writer": ("boto3 Table.batch_writer", batch_writer),
    "put-df": ("awswrangler.dynamodb.put_df", put_df),
}


@functools.cache
def _table(name: str) -> Any:
    import boto3  # noqa: PLC0415

    return boto3.resource("dynamodb").Table(name)


def measure(way: str, rows: int) -> dict[str, float]:
    """CPU and wall seconds of one way; the best of the rounds."""
    _, load = WAYS[way]
    lines = lines_of(rows)
    load(lines[:WARM_UP_ROWS], "warm-up")
    found = []
    for number in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        load(lines, f"{way}-{number}")
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    return {"cpu": min(cpu for cpu, _ in found), "wall": min(wall for _, wall in found)}


# ---- the endpoints


class AnswersAtOnce(socketserver.StreamRequestHandler):
    """Reads a request and says that all is well."""

    wbufsize = -1
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while self.rfile.readline():
            length, answer = 0, DONE
            while (header := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, text = header.partition(b":")
                if name.lower() == b"content-length":
                    length = int(text)
                elif name.lower() == b"x-amz-target" and b"DescribeTable" in text:
                    answer = DESCRIBED
            self.rfile.read(length)
            body = json.dumps(answer)
            self.wfile.write(
                f"HTTP/1.1 200 OK\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
            )
            self.wfile.flush()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


def serve(kind: str) -> None:
    """Serve until standard input ends; the first line on standard output is the URL."""
    if kind == "at-once":
        server = Server(("127.0.0.1", 0), AnswersAtOnce)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}"
    else:
        from localcloud import corrections  # noqa: PLC0415
        from localcloud.http.server import HttpServer  # noqa: PLC0415
        from localcloud.services import Services  # noqa: PLC0415
        from localcloud.strict.dynamodb import StrictDynamoDB  # noqa: PLC0415

        corrections.apply()
        http = HttpServer()
        http.start(StrictDynamoDB(Services(), now=time.time, keep=lambda *_: None))
        url = http.url
    print(url, flush=True)
    sys.stdin.read()
    os._exit(0)


@contextmanager
def endpoint(kind: str) -> Iterator[dict[str, str]]:
    """A server of one kind in a process of its own; yields the environment of its clients."""
    words = [sys.executable, "-m", "benchmarks.load", "--serve", kind]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout
        url = process.stdout.readline().strip()
        yield os.environ | {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        process.communicate()


def create_tables(environment: dict[str, str]) -> None:
    """A table for each round of each way."""
    import boto3  # noqa: PLC0415

    client = boto3.client(
        "dynamodb",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment["AWS_DEFAULT_REGION"],
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the local cloud's own
    )
    for name in ("warm-up", *(f"{way}-{number}" for way in WAYS for number in range(ROUNDS))):
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in KEY],
            KeySchema=[
                {"AttributeName": KEY[0], "KeyType": "HASH"},
                {"AttributeName": KEY[1], "KeyType": "RANGE"},
            ],
        )


def compare(kind: str, rows: int) -> None:
    """Measure all ways over one endpoint and print a table."""
    print(f"\n{rows:,} rows, endpoint: {kind}")
    print(f"{'way':52} {'rows/CPU s':>10} {'rows/s':>8} {'CPU µs/row':>10}")
    with endpoint(kind) as environment:
        if kind == "local-cloud":
            create_tables(environment)
        for way, (title, _) in WAYS.items():
            words = [sys.executable, "-m", "benchmarks.load", "--way", way, "--rows", str(rows)]
            done = subprocess.run(
                words, env=environment, cwd=ROOT, capture_output=True, text=True, check=True
            )
            found = json.loads(done.stdout)
            cpu, wall = found["cpu"], found["wall"]
            print(f"{title:52} {rows / cpu:>10,.0f} {rows / wall:>8,.0f} {cpu / rows * 1e6:>10.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--way", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--serve", choices=("at-once", "local-cloud"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve)
    elif options.way:
        print(json.dumps(measure(options.way, options.rows)))
    else:
        for kind in ("at-once", "local-cloud"):
            compare(kind, options.rows)


if __name__ == "__main__":
    main()
