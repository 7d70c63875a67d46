"""Two network namespaces with a veth pair between them, made by the test and removed by it; and programs in them.

Nothing waits by sleeping: a program is ready when it says so on stderr, and every wait ends with TIMEOUT.
"""

from __future__ import annotations

import ctypes
import json
import os
import queue
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

TIMEOUT = 120  # s
LONGEST = 480  # s, for something to happen in a program that goes on telling of other things


@cache
def why_not() -> str:
    """Why namespaces cannot be made here; empty if they can."""
    if sys.platform != "linux":
        return "network namespaces are Linux's"
    if os.geteuid():
        return "needs root, to make network namespaces"
    if not shutil.which("ip"):
        return "needs ip, of iproute2"
    name = f"sqtry{secrets.token_hex(4)}"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False, timeout=TIMEOUT)
    if made.returncode:
        return f"cannot make network namespaces: {made.stderr.strip()}"
    veth = ["ip", "-n", name, "link", "add", "sqa", "type", "veth", "peer", "name", "sqb"]
    linked = subprocess.run(veth, capture_output=True, text=True, check=False, timeout=TIMEOUT)
    subprocess.run(["ip", "netns", "del", name], check=True, timeout=TIMEOUT)
    return f"cannot make veth pairs: {linked.stderr.strip()}" if linked.returncode else ""


def needed() -> pytest.MarkDecorator:
    """Skips a test where namespaces cannot be made."""
    return pytest.mark.skipif(bool(why_not()), reason=why_not() or "-")


def run(*argv: str) -> str:
    """Run a command that must succeed; its stdout."""
    return subprocess.run(argv, capture_output=True, text=True, check=True, timeout=TIMEOUT).stdout


@dataclass(slots=True, kw_only=True)
class Pair:
    """`tx` and `rx` are the namespaces, `out` and `into` the interfaces in them."""

    tx: str
    rx: str
    out: str = "sqout"
    into: str = "sqin"
    taps: dict[str, socket.socket] = field(default_factory=dict)
    """For each of `tx`'s interfaces, a tap at its other end. The kernel serves taps from the youngest to the oldest, so
    what this one was handed has been handed to every program that was started since."""

    def link(self, out: str = "", into: str = "") -> None:
        """Add a veth pair, and bring it up."""
        out, into = out or self.out, into or self.into
        run("ip", "link", "add", out, "netns", self.tx, "type", "veth", "peer", "name", into, "netns", self.rx)
        run("ip", "-n", self.rx, "link", "set", into, "up")
        if out in self.taps:
            self.taps[out].close()
        self.taps[out] = tap(self.rx, into)
        run("ip", "-n", self.tx, "link", "set", out, "up")

    def send(self, *options: str, out: str = "") -> dict[str, Any]:
        """Run `seqcheck send` until all it sent has been handed to whoever listens in `rx`; its truth.

        A frame that was sent still waits in the kernel for a while, and is lost where its interface goes meanwhile.
        """
        out = out or self.out
        listener, argv = self.taps[out], ["ip", "netns", "exec", self.tx, *SEQCHECK, "send", out, "-q", *options]
        heard(listener)
        truth: dict[str, Any] = json.loads(run(*argv))
        handed_over, until = 0, time.monotonic() + TIMEOUT
        while (handed_over := handed_over + heard(listener)) < truth["sent"]:
            assert time.monotonic() < until, f"{handed_over} of {truth['sent']} frames came"
            time.sleep(0.001)
        return truth


def tap(namespace: str, interface: str) -> socket.socket:
    """A socket that is handed each frame of an interface from now on."""

    def opened() -> socket.socket:
        with open(f"/run/netns/{namespace}", "rb") as there:
            if ctypes.CDLL(None, use_errno=True).setns(there.fileno(), 0):
                raise OSError(ctypes.get_errno(), "setns")
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)  # they are counted, not kept
        made.bind((interface, ETH_P_ALL))
        return made

    with ThreadPoolExecutor(1) as entered:  # a namespace is entered by one thread, which ends there
        return entered.submit(opened).result(TIMEOUT)


def heard(listener: socket.socket) -> int:
    """How many frames came since it was last asked, with those that found no room."""
    frames, _ = struct.unpack("=II", listener.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
    return int(frames)


ETH_P_ALL, SOL_PACKET, PACKET_STATISTICS = 3, 263, 6  # linux/if_ether.h, linux/socket.h, linux/if_packet.h


SEQCHECK = (sys.executable, "-m", "seqcheck")


@contextmanager
def pair() -> Iterator[Pair]:
    """Namespaces with a pair, without IPv6, so that nothing is sent but what the test sends."""
    mark = secrets.token_hex(4)
    made = Pair(tx=f"sqt{mark}", rx=f"sqr{mark}")
    try:
        for name in (made.tx, made.rx):
            run("ip", "netns", "add", name)
            run("ip", "netns", "exec", name, "sh", "-c", "echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6")
            run("ip", "-n", name, "link", "set", "lo", "up")
        made.link()
        yield made
    finally:
        for listener in made.taps.values():
            listener.close()
        for name in (made.tx, made.rx):
            subprocess.run(["ip", "netns", "del", name], check=False, capture_output=True, timeout=TIMEOUT)


@dataclass(slots=True, kw_only=True)
class Program:
    """A running program whose output is read as it comes. `out` and `err` are the lines so far."""

    process: subprocess.Popen[str]
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    _news: queue.Queue[None] = field(default_factory=queue.Queue)
    _threads: list[threading.Thread] = field(default_factory=list)

    def wait_for(self, holds: Callable[[], bool]) -> None:
        """Until `holds()`, looked at after each line that the program writes. It must not end before."""
        until = time.monotonic() + LONGEST
        while not holds():
            assert time.monotonic() < until, f"it never came: {self.out[-3:]} {self.err[-3:]}"
            try:
                self._news.get(timeout=TIMEOUT)
            except queue.Empty:
                raise AssertionError(f"nothing more came: {self.out[-3:]} {self.err[-3:]}") from None
            if self.process.poll() is not None and not holds() and self._news.empty():
                self.end()
                assert holds(), f"ended: {self.out[-3:]} {self.err[-3:]}"

    def says(self, words: str) -> None:
        """Until a line on stderr has these words."""
        self.wait_for(lambda: any(words in line for line in self.err))

    def snapshots(self) -> list[dict[str, Any]]:
        """The snapshots among the JSON lines so far."""
        return [one for one in map(json.loads, self.out) if one["type"] == "snapshot"]

    def end(self, signal: int | None = None) -> int:
        """Send a signal, if any, and wait for the end; the exit code."""
        if signal is not None:
            self.process.send_signal(signal)
        code = self.process.wait(TIMEOUT)
        for thread in self._threads:
            thread.join(TIMEOUT)
        return code

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line.rstrip("\n"))
            self._news.put(None)
        self._news.put(None)


@contextmanager
def program(namespace: str, *argv: str) -> Iterator[Program]:
    """Run it in a namespace."""
    with started(["ip", "netns", "exec", namespace, *argv]) as made:
        yield made


@contextmanager
def started(command: list[str]) -> Iterator[Program]:
    """A running program; it is killed where the test leaves it running."""
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    made = Program(process=process)
    for stream, lines in ((process.stdout, made.out), (process.stderr, made.err)):
        thread = threading.Thread(target=made._read, args=(stream, lines), daemon=True)
        thread.start()
        made._threads.append(thread)
    try:
        yield made
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(TIMEOUT)


@contextmanager
def live(namespace: str, *options: str) -> Iterator[Program]:
    """`seqcheck live` that listens, or waits for its interface."""
    with program(namespace, *SEQCHECK, "live", *options) as made:
        made.wait_for(lambda: any("listening on" in line for line in made.err))
        yield made
