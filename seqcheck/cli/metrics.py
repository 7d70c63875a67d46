"""`--metrics`: a live capture's figures for Prometheus, at an address or in a file for the node exporter.

The address is bound before privileges are given up, and served by a thread that is started afterwards; a slow client is
dropped after PATIENCE_S and delays only other clients. A file is written under another name and renamed, so it is
always complete, by the user that we became, who must be able to write to its folder.
"""

from __future__ import annotations

import os
import re
import socket
import threading
from contextlib import suppress
from socketserver import TCPServer
from types import TracebackType
from typing import Any, Self
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from seqcheck.cli.output import failing
from seqcheck.cli.stdio import say
from seqcheck.errors import InputError, OutputError, UsageError
from seqcheck.escape import visible
from seqcheck.model.snapshot import Snapshot

LOOPBACK = "127.0.0.1"
PATIENCE_S = 5.0
POLL_S = 0.1  # until the end is noticed
SUFFIX = ".prom"
ACCEPTED = ("", "application/openmetrics-text; version=1.0.0")  # rehearsed: the text format, and OpenMetrics
_ADDRESS = re.compile(r"(?:(?P<host>[^:\[\]]+)|\[(?P<host6>[0-9a-fA-F:.]+)\])?:(?P<port>[0-9]{1,5})")


class Metrics:
    """Called with each Snapshot. `begin` once privileges were given up."""

    def __init__(self, place: str) -> None:
        """`place` is ADDRESS:PORT, :PORT (loopback), or a FILE.prom."""
        try:
            from prometheus_client import CollectorRegistry, generate_latest, make_wsgi_app

            from seqcheck.outputs.openmetrics import Collector
        except ImportError as error:
            raise UsageError(
                "--metrics needs the package prometheus-client", hint="pip install 'seqcheck[metrics]'"
            ) from error
        self._collector: Any = Collector()
        self._thread: threading.Thread | None = None
        self._registry: Any = CollectorRegistry(auto_describe=False)
        self._registry.register(self._collector)
        self._generate = generate_latest
        self._path, self._folder, self._server = "", -1, None
        if place.endswith(SUFFIX):
            self._path = place
            generate_latest(self._registry)
            with failing(place):  # later the way to it may be closed
                self._folder = os.open(os.path.dirname(place) or ".", os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
            return
        found = _ADDRESS.fullmatch(place)
        if not found or int(found["port"]) > 65_535:
            raise UsageError(f"--metrics {visible(place)}: that is neither ADDRESS:PORT nor a FILE{SUFFIX}")
        app = make_wsgi_app(self._registry)
        for accepted in ACCEPTED:  # what is loaded for an answer is loaded here
            asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "HTTP_ACCEPT": accepted, "QUERY_STRING": ""}
            b"".join(app(asked, lambda status, headers: None))
        self._server = _bound(found["host"] or found["host6"] or LOOPBACK, int(found["port"]))
        self._server.set_app(app)

    def begin(self, *, quiet: bool) -> None:
        """Answer, or write the file for the first time. OutputError if that cannot be."""
        if self._server is None:
            self._write()
            return
        host, port = self._server.server_address[:2]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL_S,), daemon=True)
        self._thread.start()
        if not quiet:
            name = f"[{host!s}]" if ":" in str(host) else str(host)
            say(f"seqcheck: metrics at http://{name}:{port}/metrics")

    def __call__(self, now: Snapshot) -> None:
        self._collector(now)
        if self._path:
            self._write()

    def _write(self) -> None:
        name, folder = os.path.basename(self._path), self._folder
        beside = f".{name}.part"
        try:
            self._renew(beside)
            os.replace(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except PermissionError as error:
            raise OutputError(
                f"cannot write {self._path}: {error.strerror}",
                hint=f"Its folder must be writable for user {os.geteuid()}, which seqcheck switched to.",
            ) from error
        except OSError as error:
            raise OutputError(f"cannot write {self._path}: {error.strerror or error}") from error

    def _renew(self, beside: str) -> None:
        """Write all of it into that file of the folder, which is taken away where that cannot be."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        number = os.open(beside, flags, 0o644, dir_fd=self._folder)
        try:
            rest = memoryview(self._generate(self._registry))
            while rest:
                rest = rest[os.write(number, rest) :]
        except OSError:
            with suppress(OSError):
                os.unlink(beside, dir_fd=self._folder)
            raise
        finally:
            os.close(number)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            if self._thread is not None:
                self._server.shutdown()
            self._server.server_close()
        if self._folder >= 0:
            os.close(self._folder)


class _Handler(WSGIRequestHandler):
    """Says nothing, and does not wait for ever."""

    timeout = PATIENCE_S

    def log_message(self, format: str, *args: Any) -> None:
        """Nobody wants to know."""


class _Server(WSGIServer):
    """Without a look at the name service."""

    def server_bind(self) -> None:
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away."""


class _Server6(_Server):
    address_family = socket.AF_INET6


def _bound(host: str, port: int) -> _Server:
    kind = _Server6 if ":" in host else _Server
    try:
        return kind((host, port), _Handler)
    except (OSError, UnicodeError) as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"--metrics cannot listen on {visible(host)} port {port}: {why}") from error
