"""Names, addresses and texts from outside mean nothing in any format: no markup, no formula, no control sequence."""

import csv
import io
import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
import specimens
from found import Found

from seqcheck.engine import session
from seqcheck.model import Also, Damage, Report, Rival
from seqcheck.outputs import FORMATS, Page, markdown, needed, publish
from seqcheck.outputs.csv import safe

EVIL = (
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</script><script>alert(2)</script>", "{{data}}",
    "`a``b`", "[x](javascript:alert(1))", "![x](http://evil.example/x.png)", "| a | b |", "@octocat", "#1 - <b>x</b>",
    "=cmd|' /C calc'!A0", "@SUM(1+1)", "\x1b]0;owned\x07\x1b[31m", "\u202egnp.exe", "\r\n::error::x", "\x9b31m",
    "]]>", "&amp;&lt;", "\ufffe\uffff", "caf\udce9", "http://evil.example www.evil.example", "<!-- -->", "'; DROP",
)  # fmt: skip


def hostile(text: str) -> Report:
    """A report in which every text from outside is `text`."""
    base = specimens.STALE
    return replace(
        base,
        capture=replace(base.capture, inputs=(text, text), damage=(Damage(input=text, offset=1, what=text),)),
        layout=replace(base.layout, name=text, spec=text),
        streams=tuple(
            replace(stream, key={"source": text, "target": text, "sport": 1, "dport": 2, text: text})
            for stream in base.streams
        ),
        duplicates=replace(
            base.duplicates,
            listed=tuple(replace(each, differs=(text,), identical=False) for each in base.duplicates.listed),
        ),
        verdict=replace(
            base.verdict, statement=text, because=(text,), caveats=(text,), rivals=(Rival(cause=text, why_not=text),)
        ),
        also=(Also(cause=text, explained=1, statement=text),),
    )


def written(name: str, report: Report) -> bytes:
    out = io.BytesIO()
    publish(name, Found(report), out, Page())
    return out.getvalue()


TEXT = [name for name, format in FORMATS.items() if not format.binary]


@pytest.mark.parametrize("name", TEXT)
@pytest.mark.parametrize("text", EVIL)
def test_no_control_character_gets_through(name: str, text: str) -> None:
    shown = written(name, hostile(text)).decode("utf-8")
    shown = shown.replace("\r\n", "\n") if name == "csv" else shown  # its line ends
    odd = {character for character in shown if ord(character) < 32 or 127 <= ord(character) < 160}
    odd |= set(shown) & set("\u202e\u2066\u2028\ufeff")
    assert odd <= {"\n"}, odd
    assert not any(line.startswith("::") for line in shown.splitlines())


class Elements(HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(page: bytes) -> list[tuple[str, tuple[str, ...]]]:
    parser = Elements()
    parser.feed(page.decode())
    return parser.found


@pytest.mark.parametrize("text", EVIL)
def test_no_text_adds_an_element_to_the_page(text: str) -> None:
    page = written("html", hostile(text))
    assert elements(page) == elements(written("html", hostile("harmless"))) or "`" in text
    tags = {tag for tag, _ in elements(page)}
    assert not tags & {"img", "b", "iframe", "object", "link", "a:"}
    assert sum(tag == "script" for tag, _ in elements(page)) == 3
    data = page.decode().split('<script type="application/json" id="data">')[1].split("</script>")[0]
    assert json.loads(data)["ring"] == 4096


@pytest.mark.parametrize("text", [text for text in EVIL if "<" in text or "&" in text or "]]>" in text])
def test_xml_holds_it_as_text(text: str) -> None:
    suite = ElementTree.fromstring(written("junit", hostile(text)))
    assert {element.tag for element in suite.iter()} <= {
        "testsuites", "testsuite", "properties", "property", "testcase", "failure", "error", "system-out",
    }  # fmt: skip
    assert next(iter(suite.iter("failure"))).get("message") == text


@pytest.mark.parametrize("text", ["\ufffe\uffff", "caf\udce9", "\x00", "\x0b\x1f"])
def test_what_xml_cannot_hold_is_written_out(text: str) -> None:
    ElementTree.fromstring(written("junit", hostile(text)))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\uff1d1", "'=1"])
def test_a_formula_is_text(text: str) -> None:
    assert safe(text).startswith("'")
    report = replace(specimens.STALE, streams=(replace(specimens.stream(), key={"source": text, "target": "x"}),))
    rows = list(csv.DictReader(io.StringIO(written("csv", report).decode())))
    assert len(rows) == len(specimens.STALE.duplicates.listed)
    assert {row["key"][0] for row in rows} <= {"'", "\\"}  # or what it shows begins with a written-out tab


@pytest.mark.parametrize("text", ["10.0.0.1:5000 > 10.0.0.2", "a=b", "x-1", ""])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b*c*", r"a\_b\*c\*"),
        ("<b>", r"&lt;b&gt;"),
        ("[x](http://e)", r"\[x\](http\://e)"),
        ("@team", "@<!-- -->team"),
        ("www.e.org", r"www\.e.org"),
        ("# title", r"\# title"),
        ("- item", r"\- item"),
        ("1. item", r"1\. item"),
        ("a | b", r"a \| b"),
        ("`x`", r"\`x\`"),
        ("10 of 12: it's 0.5% (less).", "10 of 12: it's 0.5% (less)."),
    ],
)
def test_markdown_is_escaped_no_more_than_needed(text: str, shown: str) -> None:
    assert markdown.plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"), [("a", "`a`"), ("`", "`` ` ``"), ("a``b", "```a``b```"), ("", "`  `"), ("@x", "`@x`")]
)
def test_code_spans_hold_anything(text: str, shown: str) -> None:
    assert markdown.code(text) == shown


def test_a_hostile_file_name_all_the_way(tmp_path: Path) -> None:
    name = "<img src=x onerror=alert(1)>=1+1@all`x`\x1b[31m.pcap"
    sample = Path(__file__).parent.parent / "samples" / "mixed.pcapng"
    capture = tmp_path / name
    capture.write_bytes(sample.read_bytes())
    with session.examine(capture, session.Query(keep=needed(TEXT))) as results:
        for format in TEXT:
            out = io.BytesIO()
            publish(format, results, out, Page())
            shown = out.getvalue()
            assert b"\x1b" not in shown
            if format == "html":
                assert b"<img" not in shown
            if format == "markdown":
                assert b"``" in shown
