"""`seqcheck extcap`: an interface for Wireshark that shows a live capture with seqcheck's comments.

Wireshark starts it with the options of its extcap protocol: to ask which interfaces there are, their link layers and
settings, and to capture into a FIFO. A script in Wireshark's extcap folder calls it (contrib/wireshark). Source:
Wireshark's doc/extcap.adoc.
"""

from __future__ import annotations

import argparse
import os
import signal
from contextlib import ExitStack, suppress
from typing import Any

from seqcheck.cli import privileges
from seqcheck.cli.stdio import put
from seqcheck.errors import SeqcheckError, UsageError
from seqcheck.escape import visible
from seqcheck.version import VERSION

PREFIX = "seqcheck-"  # of the names that Wireshark knows them by
# LINKTYPE of an interface -> number, name and description of what libpcap calls a DLT
DLTS = {1: (1, "EN10MB", "Ethernet"), 101: (12, "RAW", "Raw IP"), 276: (276, "LINUX_SLL2", "Linux cooked v2")}

DESCRIPTION = """\
Captures for Wireshark, which starts it: frames that came twice, late, or after missing
numbers get a comment. Put contrib/wireshark/seqcheck-extcap into Wireshark's folder for
extcap programs (Help, About, Folders); its interfaces appear as "seqcheck: NAME"."""

EPILOG = """\
examples:
  tshark -i seqcheck-eth0 -Y frame.comment
  seqcheck extcap --extcap-interfaces

exit codes: 0 done, 2 trouble"""


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser("extcap", description=DESCRIPTION, epilog=EPILOG, allow_abbrev=False)
    for flag, more in FLAGS:
        parser.add_argument(flag, **more)
    privileges.add(parser)
    parser.set_defaults(run=run)


FLAGS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("--extcap-interfaces", {"action": "store_true", "help": "list the interfaces"}),
    ("--extcap-dlts", {"action": "store_true", "help": "say what link layer the interface has"}),
    ("--extcap-config", {"action": "store_true", "help": "list the settings that Wireshark offers"}),
    ("--capture", {"action": "store_true", "help": "capture into the FIFO until it is closed"}),
    ("--extcap-interface", {"metavar": "NAME", "help": "the interface, by its name in the list"}),
    ("--extcap-version", {"metavar": "VERSION", "nargs": "?", "help": "Wireshark's version (not used)"}),
    ("--extcap-capture-filter", {
        "metavar": "EXPRESSION",
        "help": "capture only what matches this expression; without --capture, say what is wrong with it"}),
    ("--fifo", {"metavar": "PATH", "help": "where to write the capture"}),
    ("--layout", {"metavar": "LAYOUT", "help": "where the sequence number is, as for analyze"}),
    ("--promiscuous", {"action": "store_true", "help": "also capture frames sent to other addresses"}),
)  # fmt: skip

SETTINGS = (
    "arg {number=0}{call=--layout}{display=Layout}{type=string}{required=false}"
    "{tooltip=Where the sequence number is (default: recognized by itself)}",
    "arg {number=1}{call=--promiscuous}{display=Promiscuous}{type=boolflag}{default=false}"
    "{tooltip=Capture frames for other addresses, too}",
)


def run(args: argparse.Namespace) -> int:
    """Answer Wireshark, or capture for it."""
    if args.extcap_interfaces:
        put(*interfaces())
        return 0
    name = (args.extcap_interface or "").removeprefix(PREFIX)
    if not name:
        raise UsageError("Wireshark starts this", hint="seqcheck extcap --extcap-interfaces lists what there is")
    if args.extcap_dlts:
        put(dlt(name))
    elif args.extcap_config:
        put(*SETTINGS)
    elif args.capture and args.fifo:
        capture(args, name)
    elif args.extcap_capture_filter is not None and not args.capture:
        put(*wrong_filter(name, args.extcap_capture_filter))
    else:
        raise UsageError("nothing to do: --capture needs --fifo")
    return 0


def interfaces() -> list[str]:
    """Those that can be read, as Wireshark wants to be told."""
    from seqcheck.linux import interface

    found = [f"extcap {{version={VERSION}}}{{help=https://www.wireshark.org/docs/}}{{display=seqcheck}}"]
    for name in interface.known():
        with suppress(SeqcheckError):
            if interface.find(name) is not None and not set(name) & set("{}"):
                found.append(f"interface {{value={PREFIX}{visible(name)}}}{{display=seqcheck: {visible(name)}}}")
    return found


def dlt(name: str) -> str:
    """Its link layer."""
    from seqcheck.interfaces.opening import absent
    from seqcheck.linux import interface

    found = interface.find(name)
    if found is None:
        raise absent(name, None, waits=False)
    number, word, about = DLTS[found.link]
    return f"dlt {{number={number}}}{{name={word}}}{{display={about}}}"


def wrong_filter(name: str, expression: str) -> list[str]:
    """What is wrong with it. Wireshark asks while somebody types, and takes no output for a good sign."""
    from seqcheck.linux import bpf, interface

    found = interface.find(name)
    try:
        bpf.compile(expression, name, found.link if found is not None else None)
    except SeqcheckError as error:
        return [error.message]
    return []


def capture(args: argparse.Namespace, name: str) -> None:
    """Until the FIFO's reader goes, or a signal comes."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy's threads would keep privileges of their own
    from seqcheck import kernel
    from seqcheck.cli.rehearsal import rehearse
    from seqcheck.engine.pipeline import Pipeline, run
    from seqcheck.interfaces.annotated import Annotated
    from seqcheck.interfaces.live import LiveReader, by_ring
    from seqcheck.layout import resolve
    from seqcheck.linux.packet_socket import Listening

    layouts = (resolve(args.layout),) if args.layout else ()
    how = Listening(promiscuous=args.promiscuous, expression=args.extcap_capture_filter or "")
    with ExitStack() as stack:
        out = stack.enter_context(_into(args.fifo))
        reader = stack.enter_context(LiveReader([name], how, opener=by_ring))
        rehearse((), drawn=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda number, frame: reader.stop())
        privileges.drop(args, privileges.heir(args))
        with suppress(BrokenPipeError):
            sink = Annotated(Whole(out), program=f"seqcheck {VERSION}", name=name)
            run(reader, Pipeline(kernel.load(), layouts, [sink]))


def _into(path: str) -> Any:
    """The FIFO, which Wireshark made; no file is made or replaced."""
    if os.path.isfile(path):
        raise UsageError(f"{visible(path)} is a file, not a FIFO", hint="seqcheck live --evidence FILE writes a file.")
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CLOEXEC), "wb", buffering=0)


class Whole:
    """An unbuffered stream that writes all it is given."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, data: bytes, /) -> int:
        rest = memoryview(data)
        while rest:
            rest = rest[self._stream.write(rest) :]
        return len(data)

    def patch(self, at: int, data: bytes, /) -> None:
        """A FIFO cannot."""
