"""GET /drop, POST /drop/check, POST /drop: a file is judged here before it is dropped."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response as AnyResponse

from sluice.console.datasets import contract_of, known_datasets
from sluice.files.checks import Finding, Subject, check
from sluice.files.engines import with_duckdb
from sluice.runs.drops import drop_file
from sluice.stack import control
from sluice.stack.cloud import Cloud
from sluice.stack.project import dataset_of
from sluice.terminal.exits import NotFoundError, OperatorError

_KEPT = 8
"""Files that wait for somebody to decide; the oldest goes when another comes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A file that was uploaded and judged, and not dropped yet."""

    path: Path
    dataset: str
    finding: Finding
    folder: TemporaryDirectory[str]
    """Holds the file and what its check wrote; ends with this process at the latest."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where files lie between their check and their drop."""

    files: OrderedDict[str, Waiting] = field(default_factory=OrderedDict)

    def take(self, upload: FileStorage, dataset: str) -> str:
        """Keep a file and what the pipeline would say of it; returns its ticket."""
        folder = TemporaryDirectory(prefix="sluice-drop-")
        place = Path(folder.name)
        path = place / _file_name(str(upload.filename))
        upload.save(path)
        subject = Subject(path=path, folder=place / "out")
        [finding] = check([subject], contract_of(dataset), with_duckdb, place / "work")
        ticket = secrets.token_hex(16)
        self.files[ticket] = Waiting(path=path, dataset=dataset, finding=finding, folder=folder)
        while len(self.files) > _KEPT:
            self.files.popitem(last=False)[1].folder.cleanup()
        return ticket

    def waiting(self, ticket: str) -> Waiting:
        """A file by its ticket.

        Raises:
            NotFoundError: it is not kept (any more).
        """
        if ticket not in self.files:
            raise NotFoundError("that file is not kept any more: choose it again")
        return self.files[ticket]


def add_drop(app: Flask, cloud: Cloud) -> None:
    """Add the pages to the console."""
    shelf = Shelf()

    @app.get("/drop")
    def drop() -> str:
        known, chosen = known_datasets(), request.args.get("dataset", "")
        return render_template("drop.html", datasets=known, chosen=chosen)

    @app.post("/drop/check")
    def check_drop() -> AnyResponse:
        upload = request.files.get("upload")
        if upload is None or not upload.filename:
            raise OperatorError("no file was chosen")
        ticket = shelf.take(upload, _dataset(upload.filename))
        return redirect(url_for("checked", ticket=ticket), HTTPStatus.SEE_OTHER)

    @app.get("/drop/<ticket>")
    def checked(ticket: str) -> str:
        waiting = shelf.waiting(ticket)
        return render_template(
            "checked.html", waiting=waiting, report=waiting.finding.report, ticket=ticket
        )

    @app.post("/drop/<ticket>")
    def drop_now(ticket: str) -> AnyResponse:
        waiting = shelf.files.pop(ticket, None) or shelf.waiting(ticket)
        try:
            drop = drop_file(cloud, waiting.path, dataset=waiting.dataset)
        except Exception:
            shelf.files[ticket] = waiting
            raise
        waiting.folder.cleanup()
        address = url_for("dropped", key=drop.key, version=drop.version_id)
        return redirect(address, HTTPStatus.SEE_OTHER)

    @app.get("/dropped")
    def dropped() -> AnyResponse | str:
        key, version = request.args.get("key", ""), request.args.get("version", "")
        run_id = control.run_of_version(cloud, cloud.stack.landing_bucket, key, version)
        if run_id:
            return redirect(url_for("run", run_id=run_id), HTTPStatus.SEE_OTHER)
        return render_template("dropped.html", key=key)


def _dataset(file_name: str) -> str:
    """The dataset that the form names, else the one that the file's name tells.

    Raises:
        OperatorError: neither does.
    """
    found = request.form.get("dataset") or dataset_of(Path(_file_name(file_name)), known_datasets())
    if not found:
        raise OperatorError(f"the name {file_name} does not tell its dataset: choose one")
    return found


def _file_name(given: str) -> str:
    r"""The last segment of what a browser calls the file.

    >>> _file_name("C:\\data\\a.csv"), _file_name("../../b.csv"), _file_name("..")
    ('a.csv', 'b.csv', 'file.csv')
    """
    name = given.replace("\\", "/").rpartition("/")[2].replace("\0", "")
    return name if name.strip(".") else "file.csv"
