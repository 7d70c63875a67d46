"""The page as a document: self-contained, bounded, and readable without its charts."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
import specimens

from seqcheck.demands import Demands, Limit, Suspect
from seqcheck.diagnose.causes import find
from seqcheck.engine import session
from seqcheck.model import Cell, Pair, Report, Rival, SlotMap
from seqcheck.outputs import Page
from seqcheck.outputs.html import document as html_document
from seqcheck.outputs.html import pair as html_pair
from seqcheck.outputs.html import report as html
from seqcheck.outputs.html import ring as html_ring
from seqcheck.outputs.html import text as html_text
from seqcheck.outputs.html.words import MEANING

SAMPLES = Path(__file__).parent.parent / "samples"


def page(report: Report, demands: Demands | None = None) -> str:
    out = io.BytesIO()
    html.write(report, out, Page(demands=demands))
    return out.getvalue().decode()


@pytest.mark.parametrize("name", specimens.ALL)
def test_it_loads_nothing_and_says_so(name: str) -> None:
    text = page(specimens.ALL[name])
    without = re.sub(r"<(script|style|pre)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"""\b(src|srcset|background|poster)\s*=|@import|url\(""", without)
    assert set(re.findall(r'href="([^"]*)"', without)) == {"#why", "#charts", "#findings", "#read"}
    assert "default-src 'none'" in text
    assert "{{" not in without


def test_the_policy_names_the_scripts_and_the_style_that_are_there() -> None:
    text = page(specimens.STALE)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    for content in [
        *re.findall(r"<script>(.*?)</script>", text, re.DOTALL),
        *re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
    ]:
        assert html_document.digest(content) in policy[1]
    assert "unsafe" not in policy[1]


def test_no_style_and_no_handler_in_an_attribute() -> None:
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page(specimens.UNEXPLAINED), flags=re.DOTALL)
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text)


def test_many_findings_stay_small() -> None:
    many = tuple(specimens.stale(n, 4096, 5000 + n) for n in range(20_000))
    report = replace(
        specimens.MANY,
        duplicates=replace(
            specimens.STALE.duplicates, total=1_000_000, listed=many, by_cause={"stale-slot": 1_000_000}
        ),
    )
    text = page(report)
    assert len(text) < 2_000_000
    assert text.count("<tr>") < 2000
    assert "The first 1,000 of 1,000,000" in text
    assert "The first 200 of 10,000" in text


def test_tables_say_what_they_are() -> None:
    text = page(specimens.UNEXPLAINED)
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert "<caption>" in table
        assert re.findall(r"<th ", table) == re.findall(r'<th (?=scope="col")', table)
    assert text.count('role="region"') == text.count("<table")
    assert text.count('class="chart" role="img" aria-label="') == text.count('class="chart"')


def test_the_verdict_is_the_heading_and_is_explained() -> None:
    text = page(specimens.STALE)
    assert f'<h1 id="verdict">{specimens.STALE.verdict.statement}</h1>' in text
    assert MEANING["stale-slot"].replace("'", "&#x27;") in text
    for sentence in specimens.STALE.verdict.because:
        assert sentence in text


def test_every_cause_has_words() -> None:
    from typing import get_args

    from seqcheck.model import Cause

    assert set(MEANING) == {*get_args(Cause), "loss"}  # loss: clean, except for what is missing


def test_the_licence_of_the_charts_is_in_it() -> None:
    assert "Leon Sorokin" in page(specimens.CLEAN)


def test_requirements_are_listed_with_what_came_of_them() -> None:
    assert 'id="requirements"' not in page(specimens.STALE)
    demands = Demands(duplicates=Limit.parse("3"), suspects=(Suspect.parse("loop"),))
    found = re.findall(r'<td class="(met|unmet)">(\w+)</td><td>([^<]*)</td>', page(specimens.STALE, demands))
    assert found == [
        ("unmet", "failed", "duplicates"), ("met", "passed", "damage"), ("met", "passed", "cause loop"),
    ]  # fmt: skip


def test_the_next_steps_are_those_of_explain() -> None:
    text = page(replace(specimens.STALE, verdict=replace(specimens.STALE.verdict, ring_given=False)))
    for step in find("stale-slot").steps:  # type: ignore[union-attr]
        assert html_text.worded(step.do) in text
        assert html_text.text(step.command) in text
    assert "seqcheck explain missing" in page(replace(specimens.CLEAN, gaps=replace(specimens.CLEAN.gaps, missing=3)))
    assert "What to check next" not in page(specimens.CLEAN)


def test_a_ring_size_that_was_given_is_not_asked_for() -> None:
    given = replace(specimens.STALE, verdict=replace(specimens.STALE.verdict, ring_given=True))
    inferred = replace(specimens.STALE, verdict=replace(specimens.STALE.verdict, ring_given=False))
    asked = "Find out the size of the sender"
    assert (asked in page(inferred), asked in page(given)) == (True, False)
    assert "Change the ring&#x27;s size" in page(given)


def test_what_is_ruled_out_is_said_as_such() -> None:
    rivals = (
        Rival(cause="loop", why_not="40 times less likely."),
        Rival(cause="restart", why_not="ruled out: it went on."),
    )
    text = page(replace(specimens.STALE, verdict=replace(specimens.STALE.verdict, rivals=rivals)))
    could = '<h2>What else it could be</h2><dl class="pairs"><dt>loop</dt><dd>40 times less likely.</dd></dl>'
    assert could in text
    assert '<h2>Ruled out</h2><dl class="pairs"><dt>restart</dt><dd>it went on.</dd></dl>' in text


def test_each_duplicate_has_its_time_and_a_dash_where_nothing_applies() -> None:
    first = replace(specimens.STALE.duplicates.listed[0], ns=1_511_557_884_000_000_123, laps=None, shortfall=None)
    text = page(replace(specimens.STALE, duplicates=replace(specimens.STALE.duplicates, listed=(first,))))
    assert "<td>2017-11-24 21:11:24.000000123</td>" in text
    (table,) = re.findall(r'<table id="duplicates">.*?</table>', text, re.DOTALL)
    assert table.count('<td class="number">–</td>') == 2
    assert "?" not in table


def test_a_ring_is_drawn_where_one_is_meant_and_only_there() -> None:
    report = session.analyze(SAMPLES / "stale-slot.pcap")
    text = page(report)
    (picture,) = re.findall(r'<svg class="ring".*?</svg>', text, re.DOTALL)
    assert report.overview
    assert report.overview.slots
    assert picture.count('class="stale"') == len(report.overview.slots.cells)
    for x, y in re.findall(r'class="stale" cx="([\d.]+)" cy="([\d.]+)"', picture):
        assert 40 <= ((float(x) - 210) ** 2 + (float(y) - 210) ** 2) ** 0.5 <= 151
    loop = session.analyze(SAMPLES / "loop.pcap", ring_sizes=[512])
    assert loop.verdict.cause == "loop"
    assert "<svg" not in page(loop)
    assert '"ring":null' in page(loop)


def test_a_slot_lies_where_it_belongs() -> None:
    cells = (Cell(slot=0, lap=3, count=1, frame=9), Cell(slot=64, lap=5, count=4, frame=10))
    drawn = html_ring.figure(SlotMap(ring=256, stream=0, slots=1, laps=1, of=5, cells=cells), "")
    dots = re.findall(r'class="stale" cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"', drawn)
    assert dots == [("210.0", "60.0", "4.8"), ("255.0", "210.0", "7.0")]  # at the top, outside; to the right, inside


def channel(value: int) -> float:
    share = value / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4


def contrast(one: str, other: str) -> float:
    """Source: WCAG 2.2, relative luminance and contrast ratio."""
    light = [
        sum(
            weight * channel(int(color[at : at + 2], 16))
            for weight, at in ((0.2126, 1), (0.7152, 3), (0.0722, 5))
        )
        for color in (one, other)
    ]  # fmt: skip
    return (max(light) + 0.05) / (min(light) + 0.05)


def test_text_can_be_read_in_both_themes() -> None:
    assert round(contrast("#ffffff", "#000000"), 1) == 21.0
    style = html_document.asset("page.css")
    themes = [dict(re.findall(r"--(\w+): (#[0-9a-f]{6})", block)) for block in re.findall(r"\{([^{}]*)\}", style)]
    themes = [theme for theme in themes if "page" in theme]
    assert len(themes) == 3
    for theme in themes:
        for ink in ("ink", "soft", "blue", "red", "amber", "green", "mark"):
            for ground in ("page", "card"):
                assert contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground, theme)


def pair(earlier: bytes, later: bytes, wire: int | None = None) -> Pair:
    return Pair(
        frame=164, earlier_frame=100, data=later, earlier_data=earlier,
        wire=len(later) if wire is None else wire, earlier_wire=len(earlier) if wire is None else wire,
    )  # fmt: skip


@pytest.mark.parametrize(("earlier", "later", "stretches"), [
    (b"abcdefghij", b"abcdefghij", []), (b"abcdefghij", b"aXcdefgYZj", [(1, 1), (7, 8)]), (b"abc", b"abcde", [(3, 4)]),
    (b"", b"a", [(0, 0)]),
])  # fmt: skip
def test_where_two_copies_differ(earlier: bytes, later: bytes, stretches: list[tuple[int, int]]) -> None:
    made = pair(earlier, later)
    assert html_pair.differing(made) == stretches
    drawn = html_pair.figure(made)
    marked = sum(high - low + 1 for low, high in stretches)
    lacking = abs(len(earlier) - len(later))  # marked where they are, and nowhere else
    assert drawn.count("<mark>") == 2 * (2 * marked - lacking)
    assert ("They are identical." in drawn) == (not stretches)
    for low, _ in stretches:
        assert f"{low:#06x}" in drawn


def test_the_bytes_of_a_pair_are_shown_and_escaped() -> None:
    drawn = html_pair.figure(pair(b'<script>"&', b"<script>'&", wire=900))
    assert "<script" not in drawn
    assert "&lt;script&gt;" in drawn
    assert "Both are 900 bytes long. Here are the first 10." in drawn
    assert "frame 100, the earlier copy" in drawn
    assert html_pair.figure(None) == ""


@pytest.mark.parametrize(("name", "said"), [
    ("stale-slot.pcap", "They are identical."), ("retransmission.pcap", "They differ at offset 0x0012, 0x0018"),
    ("stale-length.pcap", "long, the duplicate"),
])  # fmt: skip
def test_a_pair_of_the_verdicts_cause_is_on_the_page(name: str, said: str) -> None:
    report = session.analyze(SAMPLES / name)
    assert report.pair is not None
    listed = {each.frame: each for each in report.duplicates.listed}
    assert listed[report.pair.frame].earlier_frame == report.pair.earlier_frame
    assert listed[report.pair.frame].cause == report.verdict.cause
    assert said in page(report)
    assert "earlier_data" not in report.to_json()


def test_no_pair_where_nothing_came_twice() -> None:
    assert session.analyze(SAMPLES / "clean.pcap").pair is None


def test_options_and_short_code_stay_in_one_line() -> None:
    assert html_text.worded("Pass it as --ring-size, by `ethtool -g`.") == (
        'Pass it as <code class="whole">--ring-size</code>, by <code class="whole">ethtool -g</code>.'
    )
    assert (
        html_text.worded("a -- b, non--options, `" + "x" * 40 + "`") == f"a -- b, non--options, <code>{'x' * 40}</code>"
    )
    assert "white-space: nowrap" in html_document.asset("page.css").partition(".whole {")[2].partition("}")[0]
