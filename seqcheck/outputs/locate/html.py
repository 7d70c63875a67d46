"""The report about several points as one page for a browser, with a ladder of the points. It loads nothing and runs
nothing: its policy allows only its own style. Everything from outside goes through `text`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import BinaryIO

from seqcheck.model.located import Segment, Way
from seqcheck.outputs import Page
from seqcheck.outputs.html.document import asset, document
from seqcheck.outputs.html.text import text
from seqcheck.outputs.locate import words as words
from seqcheck.outputs.wording import count, headed, key_text

ROWS = 500
WIDTH, EDGE, TOP, ROW = 1040, 90, 46, 74  # of the ladder, in its own units
CAPTION = (
    "<figcaption><h2>The way</h2><p>From point to point: how many records went in and came out, and what happened in "
    "between.</p></figcaption>"
)
LONGEST = 18  # characters of a point's name in the ladder


def write(way: Way, out: BinaryIO, page: Page) -> None:
    """The whole document."""
    style = asset("page.css") + "\n" + asset("locate.css")
    places = {
        "tone": words.tone(way),
        "statement": text(way.statement),
        "summary": text(words.summary(way)),
        "ladder": f"<figure>{CAPTION}{''.join(ladder(way))}</figure>" if way.segments else "",
        "pointed": section("What the copies point to", [f"{where}: {said}" for where, said in words.pointed(way)]),
        "remarks": section("What the points did not see", words.remarks(way)),
        "clocks": section("Clocks", words.clocks(way)),
        "caveats": section("Caveats", way.caveats),
        "segments": segments(way) if way.segments else "",
        "points": points(way),
        "listed": listed(way),
    }
    title = "seqcheck locate: " + " ".join(point.name for point in way.points)
    out.write(document("locate.html", title, (style, ()), places))


def ladder(way: Way) -> Iterator[str]:
    """A post for each point, and an arrow for each segment."""
    steps = [each for each in way.segments if each.after is not None]
    height = TOP + ROW * max(len(steps), 1) + 30
    names = [point.name for point in way.points]
    at = {name: EDGE + (WIDTH - 2 * EDGE) * number / max(len(names) - 1, 1) for number, name in enumerate(names)}
    box = f'viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{text(way.statement)}"'
    yield f'<div class="ways"><svg class="ladder" {box}>'
    for point in way.points:
        x = at[point.name]
        name = point.name if len(point.name) <= LONGEST else point.name[: LONGEST - 1] + "…"
        yield f'<text class="point" x="{x:.1f}" y="18">{text(name)}</text>'
        yield f'<text class="soft" x="{x:.1f}" y="36">{text(already(way, point.name))}</text>'
        yield f'<line class="post" x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{height - 6}"/>'
    for number, each in enumerate(steps):
        yield from step(each, (at[str(each.after)], at[each.at]), TOP + ROW * number + 44)
    yield "</svg></div>"


def already(way: Way, name: str) -> str:
    """What was there when the frames came to a point: nothing is said where nothing was."""
    for each in way.segments:
        if each.after is None and each.at == name and (each.doubled or each.lost):
            said = [
                f"{count(each.doubled)} copies" if each.doubled else "",
                f"{count(each.lost)} missing" if each.lost else "",
            ]
            return ", ".join(filter(None, said))
    return ""


def step(each: Segment, ends: tuple[float, float], y: int) -> Iterator[str]:
    """An arrow with what happened on it."""
    start, end = ends
    middle, kind = (start + end) / 2, "faulty" if each.lost or each.doubled else "sound"
    yield f'<line class="{kind}" x1="{start + 4:.1f}" y1="{y}" x2="{end - 12:.1f}" y2="{y}"/>'
    yield f'<path class="head-{kind}" d="M{end - 3:.1f} {y} l-11 -6 v12 z"/>'
    flow = f"{count(each.frames_in)} in, {count(each.frames_out)} out"
    yield f'<text class="soft" x="{middle:.1f}" y="{y - 26}">{text(flow)}</text>'
    shade = ' class="bad"' if kind == "faulty" else ""
    yield f'<text{shade} x="{middle:.1f}" y="{y - 9}">{text(happened(each))}</text>'
    if each.delay is not None:
        took = words.median(each.delay), words.most(each.delay)
        yield f'<text class="soft" x="{middle:.1f}" y="{y + 18}">{text(f"median {took[0]}, 99 % {took[1]}")}</text>'


def happened(each: Segment) -> str:
    """12 lost, 3 doubled"""
    named = (("lost", each.lost), ("doubled", each.doubled), ("late", each.late))
    return ", ".join(f"{count(number)} {name}" for name, number in named if number) or "nothing lost, nothing doubled"


def section(title: str, lines: Sequence[str]) -> str:
    """A list; nothing if it is empty."""
    if not lines:
        return ""
    return f"<section><h2>{title}</h2><ul>{''.join(f'<li>{text(line)}</li>' for line in lines)}</ul></section>"


def segments(way: Way) -> str:
    """All that is told of each segment."""
    titles = (
        "where",
        "streams",
        "in",
        "out",
        "lost",
        "doubled",
        "copies lost",
        "late",
        "median",
        "99 %",
        "jitter",
        "causes",
    )
    rows = [
        (
            words.place(each, way), count(each.streams), "" if each.after is None else count(each.frames_in),
            count(each.frames_out), words.losses(each), count(each.doubled), count(each.lost_copies), count(each.late),
            words.median(each.delay),
            words.most(each.delay), words.jitter(each.delay),
            ", ".join(f"{cause} {count(number)}" for cause, number in each.by_cause.items()),
        )
        for each in way.segments
    ]  # fmt: skip
    return table("Along the way", titles, rows, words_at=(0, 11))


def points(way: Way) -> str:
    """All that each point saw."""
    titles = ("point", "frames", "records", "duplicates", "missing", "late", "missed", "saw", "verdict")
    rows = [
        (
            point.name, count(point.capture.frames), count(point.received), count(point.duplicates),
            count(point.missing), count(point.late), count(point.missed), "all" if point.sight == "whole" else "part",
            headed(point.verdict.cause, point.missing),
        )
        for point in way.points
    ]  # fmt: skip
    return table("Points", titles, rows, words_at=(0, 7, 8))


def listed(way: Way) -> str:
    """The first findings."""
    shown = way.findings.listed[:ROWS]
    if not shown:
        return ""
    keys = {each.id: next((key_text(key) for key in each.keys if key), "") for each in way.streams}
    rows = [
        (words.KINDS[each.kind], keys[each.stream], str(each.seq), words.found(each), words.place(each, way))
        for each in shown
    ]
    more = words.hidden(way, shown)
    made = table("Findings", ("what", "stream", "number", "", "where"), rows, words_at=(0, 1, 3, 4))
    return made + (f'<p class="note">{text(more)}</p>' if more else "")


def table(title: str, titles: Sequence[str], rows: Sequence[Sequence[str]], *, words_at: Sequence[int]) -> str:
    """A table, numbers to the right."""

    def side(at: int) -> str:
        return "" if at in words_at else ' class="number"'

    head = "".join(f'<th{side(at)} scope="col">{text(name)}</th>' for at, name in enumerate(titles))
    body = "".join(
        "<tr>" + "".join(f"<td{side(at)}>{text(cell)}</td>" for at, cell in enumerate(row)) + "</tr>" for row in rows
    )
    whole = f"<caption>{title}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<div class="scroll"><table>{whole}</table></div>'
