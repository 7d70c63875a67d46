"""The entry point: picks the verb, prints errors, decides the exit code.

Exit codes: 0 clean, 1 findings, 2 trouble, 130 interrupted. Errors are printed here and nowhere else, as one line
`seqcheck: message` and perhaps one of advice, on stderr. A verb is the module of its name in this folder and offers
`add(subparsers)`, which calls `add_parser(...)` and `set_defaults(run=run)`, and `run(args) -> int`. Only the chosen
verb's module is imported: `--version` and `--help` load neither NumPy nor any capture code.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import re
import sys
import warnings
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

from seqcheck.cli.annotations import annotate
from seqcheck.cli.nearest import did_you_mean
from seqcheck.cli.stdio import abandon_stdout, put, say
from seqcheck.errors import TROUBLE, SeqcheckError, UsageError
from seqcheck.version import VERSION

VERBS = {
    "analyze": "read captures: find duplicates and gaps, and say whether they point to a TX ring",
    "live": "do the same on an interface, during the capture",
    "locate": "compare captures taken at several points: where copies and losses arise",
    "discover": "find the sequence number in a capture whose format is unknown",
    "diff": "compare two JSON reports: what got better, what got worse",
    "demo": "simulate a faulty ring, analyze the capture and open the report",
    "simulate": "write a capture of a sender with a faulty ring, and the ground truth",
    "send": "send numbered frames through a real TX ring, to test a receiver",
    "dedup": "copy a capture without its duplicates: all of them, or those of one cause",
    "extcap": "capture for Wireshark, with comments on what is wrong",
    "redact": "copy a capture without its addresses and payload, to share it",
    "config": "show the settings from configuration files, and where each comes from",
    "explain": "explain a verdict, and what to check next",
    "layouts": "list the headers that seqcheck can read, or explain one",
    "schema": "print the JSON Schema of the json, jsonl, live and locate reports",
    "completion": "print a completion script for bash, zsh or fish",
    "man": "print the manual page",
}

DESCRIPTION = """\
Finds duplicated and missing sequence numbers in packet captures, measures how far apart
the copies are, and says whether that distance matches the size of a NIC's TX ring."""

EPILOG = """\
exit codes: 0 clean, 1 findings, 2 trouble (usage, unreadable input)
environment: NO_COLOR, FORCE_COLOR, COLUMNS, SEQCHECK_KERNEL=native|reference, SEQCHECK_DEBUG=1

`seqcheck VERB --help` explains a verb. `seqcheck FILE` is `seqcheck analyze FILE`."""

ALONE = ("-h", "--help", "--version")
CONFIGURED = ("analyze", "live")
UNIX = ("live", "send", "extcap")  # verbs that need its interfaces, signals and processes
BEFORE = ("-q", "--quiet", "-v", "--verbose")  # what may come before the verb
CAPTURE = re.compile(r"\.(pcap|pcapng|cap|ntar)(\.?(gz|zst|xz|bz2|lz4))?$", re.IGNORECASE)
ISSUES = "this is a fault in seqcheck; please report it with the lines that SEQCHECK_DEBUG=1 or -v adds"
INTERRUPTED = 130
LONGEST = 4000  # characters of a message: it may quote what somebody else wrote
YOUNG = 20_000  # objects; the interpreter's own figure is 700 or 2000


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code. Never raises."""
    if argv is None:
        own()
    debug = os.environ.get("SEQCHECK_DEBUG", "") not in ("", "0")
    # NumPy's linear algebra, which nothing here uses, starts a thread for each processor when it is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        try:
            args = parse(sys.argv[1:] if argv is None else list(argv))
            debug, args.ours = debug or args.verbose, argv is None
            code: int = args.run(args)
        except SystemExit as stop:  # argparse, after --help
            code = stop.code if isinstance(stop.code, int) else TROUBLE
        put()
        return code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader has seen enough
        abandon_stdout()
        return 0
    except Exception as error:  # noqa: BLE001 - the last line of defence: a person sees one line, not a traceback
        complain(error, debug=debug)
        abandon_stdout()
        return TROUBLE


def complain(error: Exception, *, debug: bool = False) -> None:
    """Print an error, with its traceback for those who asked for that."""
    if (debug or os.environ.get("SEQCHECK_DEBUG", "") not in ("", "0")) and not isinstance(error, UsageError):
        import traceback

        traceback.print_exception(error)
    said = explain(error)
    if not annotate("error", "seqcheck", "\n".join(said)):
        for line in said:
            say(line)


def own() -> None:
    """Where the process is ours alone, keep the garbage collector from walking through what is no garbage. Loading
    makes some forty thousand objects that stay: by the interpreter's own threshold it would look fifty times whether
    one of them can go. At the end, when all outputs are closed, it would look through all of them twice more."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # they are for developers
    gc.set_threshold(YOUNG)
    atexit.register(gc.freeze)


def explain(error: Exception) -> list[str]:
    """An error in one line, and advice where there is any."""
    match error:
        case SeqcheckError():
            message, hint = error.message, error.hint
        case OSError():
            where = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
            message, hint = f"{where}{error.strerror or error}", ""
        case MemoryError():
            message, hint = "out of memory", ""
        case _:
            message, hint = f"unexpected {type(error).__name__}: {error}", ISSUES
    message = message if len(message) <= LONGEST else f"{message[:LONGEST]} …"
    return [f"seqcheck: {message}", *(f"  {line}" for line in hint.splitlines())]


_OWN = re.compile(r"exit codes:|environment:")  # what begins a line of its own


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Text in the terminal's width; indented lines, which are commands, as they are. argparse makes one of these for
    each option that it is told of, and would load shutil (and with it bz2 and lzma) to look that width up."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - 2)

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        from textwrap import fill

        lines: list[str] = []
        for line in text.splitlines():
            if lines and lines[-1] and line and not (line[0].isspace() or lines[-1][0].isspace() or _OWN.match(line)):
                lines[-1] += f" {line}"
            else:
                lines.append(line)
        prose = {"width": max(width, 11), "break_long_words": False, "break_on_hyphens": False}
        return "\n".join(line if line[:1].isspace() else fill(line, **prose) for line in lines)  # type: ignore[arg-type]


def columns() -> int:
    """As shutil.get_terminal_size."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):
        return 80


class Parser(argparse.ArgumentParser):
    """argparse, but a mistake is a UsageError, so that all errors look the same."""

    def __init__(self, **how: Any) -> None:
        super().__init__(**{**how, "formatter_class": Formatter})

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, hint=f"try: {self.prog} --help")


def parse(argv: list[str]) -> argparse.Namespace:
    """The arguments, with `run` set to what they ask for. A capture in the verb's place is for analyze."""
    verbs = named(argv)
    at = next((at for at, word in enumerate(argv) if word not in BEFORE), len(argv))
    if at < len(argv) and argv[at].startswith("-") and argv[at] not in (*ALONE, "-"):
        first = argv[at].partition("=")[0]
        raise UsageError(f"there is no option {first} before the verb", hint=f"try: seqcheck analyze {first} ...")
    if at < len(argv) and not verbs and argv[at] not in ALONE:
        if argv[at] != "-" and not os.path.exists(argv[at]) and not CAPTURE.search(argv[at]):
            raise UsageError(
                f"there is no verb {argv[at]!r}{did_you_mean(argv[at], VERBS)}", hint="try: seqcheck --help"
            )
        argv = [*argv[:at], "analyze", *argv[at:]]
        verbs = ("analyze",)
    if verbs and verbs[0] in UNIX and not hasattr(os, "fork") and not {"-h", "--help"} & {*argv}:
        raise UsageError(
            f"{verbs[0]} is not available on this system",
            hint="It needs Linux, macOS or a BSD. The verbs that read captures run anywhere.",
        )
    parser, settings = build(verbs), None
    if verbs and verbs[0] in CONFIGURED and not {"-h", "--help"} & {*argv}:
        from seqcheck.cli.settings import blame, extend

        argv, settings = extend(argv, verbs[0])
    try:
        args, unknown = parser.parse_known_args(argv)
    except UsageError as error:
        raise (blame(error, settings) if settings else error) from None
    if unknown and not adopted(parser, args, unknown, verbs):
        refuse(parser, unknown, verbs)
    return args


def adopted(parser: Parser, args: argparse.Namespace, words: list[str], verbs: Sequence[str]) -> bool:
    """Whether these are more of what the verb takes any number of: argparse takes no second lot of them behind an
    option, as in `analyze a.pcap --listed 5 b.pcap`."""
    many = [each.dest for each in verb_of(parser, verbs)._actions if each.nargs == "+"] if verbs else []
    if not many or any(word.startswith("-") and word != "-" for word in words):
        return False
    setattr(args, many[0], [*getattr(args, many[0]), *words])
    return True


def verb_of(parser: Parser, verbs: Sequence[str]) -> argparse.ArgumentParser:
    """The verb's own parser."""
    found: argparse.ArgumentParser = next(
        each for each in parser._actions if isinstance(each, argparse._SubParsersAction)
    ).choices[verbs[0]]
    return found


def refuse(parser: Parser, unknown: Sequence[str], verbs: Sequence[str]) -> NoReturn:
    """UsageError for arguments that nobody takes, with what may be meant and where to read on."""
    first = unknown[0].partition("=")[0]
    if not verbs:
        raise UsageError(f"{first!r} cannot be used here", hint="try: seqcheck --help")
    verb = verb_of(parser, verbs)
    if not first.startswith("-"):
        raise UsageError(f"unexpected argument {first!r}", hint=f"try: {verb.prog} --help")
    options = [option for action in verb._actions for option in action.option_strings if option.startswith("--")]
    near = did_you_mean(first, options) or elsewhere(first)
    raise UsageError(f"there is no option {first}{near}", hint=f"try: {verb.prog} --help")


def elsewhere(option: str) -> str:
    """Which verbs have that option, as the rest of a sentence; nothing if none has."""
    having = [verb for verb in VERBS if option in verb_of(build((verb,)), (verb,))._option_string_actions]
    if len(having) < 2:
        return "".join(f" here; {verb} has it" for verb in having)
    return f" here; {', '.join(having[:-1])} and {having[-1]} have it"


def named(argv: list[str]) -> tuple[str, ...]:
    """The verb in `argv`, none if `--help` comes before it."""
    for word in argv:
        if word in ("-h", "--help"):
            break
        if not word.startswith("-"):
            return (word,) if word in VERBS else ()
    return ()


def build(verbs: Sequence[str] = tuple(VERBS)) -> Parser:
    """The parser. Only the verbs in `verbs` get their options (and their modules loaded); if there are none, all
    verbs are there by name, for the list of them."""
    parser = Parser(
        prog="seqcheck",
        description=DESCRIPTION,
        epilog=EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version and the kernel in use")
    parser.set_defaults(run=top, quiet=False, verbose=False, ours=False, parser=parser)
    common(parser)
    subparsers = parser.add_subparsers(metavar="VERB", title="verbs", prog=parser.prog)
    for verb in verbs:
        import_module(f"seqcheck.cli.{verb}").add(subparsers)
        common(subparsers.choices[verb])
        if verb in CONFIGURED:
            configured(subparsers.choices[verb])
    if not verbs:
        for verb, summary in VERBS.items():
            subparsers.add_parser(verb, help=summary)
    return parser


def configured(parser: argparse.ArgumentParser) -> None:
    """What those take that have settings in files (settings.py)."""
    group = parser.add_argument_group("settings from files")
    group.add_argument("--profile", metavar="NAME", help="use the settings of this profile (see seqcheck config)")
    group.add_argument("--no-config", action="store_true", help="ignore seqcheck.toml and other configuration files")


def common(parser: argparse.ArgumentParser) -> None:
    """What every verb takes, before or after its name."""
    parser.add_argument(
        "-q", "--quiet", action="store_true", default=argparse.SUPPRESS, help="no progress and no notes on stderr"
    )
    parser.add_argument(
        "-v", "--verbose", action="store_true", default=argparse.SUPPRESS, help="print more: speed, error tracebacks"
    )


def top(args: argparse.Namespace) -> int:
    """No verb: --version, or how to use it."""
    if args.version:
        from seqcheck.kernel import choice

        put(f"seqcheck {VERSION} (kernel: {choice().name})")
        return 0
    args.parser.print_help(sys.stderr)
    return TROUBLE
