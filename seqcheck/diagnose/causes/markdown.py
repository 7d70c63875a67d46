"""Explanations as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .entry import Explanation


def markdown(ones: Iterable[Explanation], level: int = 2) -> str:
    """One section for each, with headings of that level; names of others lead to their sections."""
    return "\n".join(line for one in ones for line in _section(one, "#" * level))


def _section(one: Explanation, hashes: str) -> Iterator[str]:
    aliases = f" (also: {', '.join(f'`{name}`' for name in one.aliases)})" if one.aliases else ""
    yield f"{hashes} {one.name}"
    yield ""
    yield f"**{one.brief[0].upper()}{one.brief[1:]}**{aliases}. {one.what}"
    yield ""
    yield "How it shows:"
    yield ""
    yield from (f"- {seen}" for seen in one.seen)
    yield ""
    yield "| other | what tells this one from it |"
    yield "| --- | --- |"
    yield from (f"| [`{rival.name}`](#{rival.name}) | {rival.apart} |" for rival in one.apart)
    yield ""
    yield "What to check next:"
    yield ""
    for number, step in enumerate(one.steps, 1):
        yield f"{number}. {step.do}"
        if step.command:
            yield ""
            yield f"       {step.command}"
            yield ""
    if not one.steps[-1].command:
        yield ""
    yield "Sources:"
    yield ""
    yield from (f"- [{source.title}]({source.link})" for source in one.sources)
    yield ""
