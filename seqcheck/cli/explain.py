"""`seqcheck explain [CAUSE]`: what a verdict means, how it shows, what tells it from others, what to check next.

Without a cause: the list of them. The texts are seqcheck/diagnose/causes, which docs/verdict.md is made from as well.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from seqcheck.cli.layouts import columns, wrapped
from seqcheck.cli.stdio import put
from seqcheck.errors import UsageError
from seqcheck.spelling import alike

if TYPE_CHECKING:
    from seqcheck.diagnose.causes import Explanation


def add(subparsers: Any) -> None:
    """The verb's options."""
    parser = subparsers.add_parser(
        "explain",
        description="Explains a verdict: what it means, how it shows, what sets it apart, what to check next.",
        epilog="example:\n  seqcheck explain stale-slot",
        allow_abbrev=False,
    )
    parser.add_argument(
        "cause", nargs="?", metavar="CAUSE",
        help="a cause from a report, or a look-alike such as restart; omit to list all",
    )  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="print as Markdown; without CAUSE, all of them")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the list or the explanation."""
    from seqcheck.diagnose.causes import CAUSES, LOOKALIKES
    from seqcheck.diagnose.causes.markdown import markdown

    if args.markdown:
        put(markdown((*CAUSES, *LOOKALIKES) if args.cause is None else (named(args.cause),)).rstrip())
    elif args.cause is None:
        put(*listing(columns()))
    else:
        put(*explanation(named(args.cause), columns()))
    return 0


def named(name: str) -> Explanation:
    """The explanation of that name; UsageError, with the nearest names, if there is none."""
    from seqcheck.diagnose.causes import explanations, find

    found = find(name)
    if found is None:
        near = alike(name.lower(), explanations(), most=3, cutoff=0.5)
        guess = f"; did you mean {' or '.join(near)}?" if near else ""
        raise UsageError(f"no cause named {name!r}{guess}", hint="`seqcheck explain` lists them")
    return found


def listing(width: int) -> Iterator[str]:
    """Every name in a line or two."""
    from seqcheck.diagnose.causes import CAUSES, LOOKALIKES

    yield "What a verdict can be:"
    yield from table([(one.name, one.brief) for one in CAUSES], width)
    yield ""
    yield from wrapped("", "Not duplicates, though they look like trouble:", width)
    yield from table([(one.name, one.brief) for one in LOOKALIKES], width)
    yield ""
    yield from wrapped(
        "", "`seqcheck explain CAUSE` explains one; docs/verdict.md explains how a verdict is reached.", width
    )


def explanation(one: Explanation, width: int) -> Iterator[str]:
    """One of them, whole."""
    yield from wrapped("", f"{one.name}: {one.brief}", width)
    yield ""
    yield from wrapped("  ", one.what, width)
    yield from headed("How it shows", (line for seen in one.seen for line in wrapped("  - ", seen, width)))
    yield from headed("What tells it from others", table([(rival.name, rival.apart) for rival in one.apart], width))
    yield from headed("What to check next", steps(one, width))
    yield from headed("Sources", sources(one, width))


def headed(title: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines below a title and an empty one."""
    yield ""
    yield title
    yield from lines


def table(rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    """Names on the left, text on the right; on a narrow page, text below the names."""
    longest = max(len(name) for name, _ in rows)
    if width < 3 * longest:
        for name, text in rows:
            yield f"  {name}"
            yield from wrapped("    ", text, width)
        return
    for name, text in rows:
        yield from wrapped(f"  {name:{longest}}  ", text, width)


def steps(one: Explanation, width: int) -> Iterator[str]:
    """What to do, with a command in a line of its own, whole whatever its length: it is there to be copied."""
    for number, step in enumerate(one.steps, 1):
        yield from wrapped(f"  {number}. ", step.do, width)
        if step.command:
            yield f"       {step.command}"


def sources(one: Explanation, width: int) -> Iterator[str]:
    """Where it is known from; a link is whole as well."""
    for source in one.sources:
        yield from wrapped("  - ", source.title, width)
        yield f"    {source.link}"
