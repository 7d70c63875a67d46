"""`seqcheck locate`: inputs, outputs, exit codes, limits; nothing in a capture or a name can control the terminal."""

import io
import json
import re
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from ways import BEGIN, LAYOUT, STEP, capture, frame, observed

from seqcheck.cli.locate import FORMATS
from seqcheck.cli.main import main
from seqcheck.locate.run import Asked, tell
from seqcheck.model import located
from seqcheck.outputs import Page
from seqcheck.outputs.locate import html as locate_html
from seqcheck.outputs.locate import json as locate_json
from seqcheck.outputs.locate import markdown as locate_markdown
from seqcheck.outputs.locate import terminal as locate_terminal
from seqcheck.outputs.schema import SCHEMAS

COUNT = 2000


def way(lost: int = 0, doubled: int = 0, *, sport: int = 5) -> tuple[bytes, bytes]:
    """What was captured at a sender and behind it: so many numbers lost, so many doubled at once."""
    first = [(BEGIN + x * STEP, frame(1, x)) for x in range(COUNT)]
    second = []
    for x in range(COUNT):
        if not 100 <= x < 100 + lost:
            second.append((BEGIN + x * STEP + 5000, frame(1, x, sport=sport)))
        if 500 <= x < 500 + doubled:
            second.append((BEGIN + x * STEP + 5100, frame(1, x, sport=sport)))
    return capture(first), capture(second)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (first, second) in {"sound": way(), "faulty": way(3, 40), "changed": way(2, sport=9)}.items():
        (tmp_path / f"{name}-a.pcap").write_bytes(first)
        (tmp_path / f"{name}-b.pcap").write_bytes(second)
    return tmp_path


def argv(folder: Path, name: str, *more: str) -> list[str]:
    return ["locate", "--layout", LAYOUT, f"a={folder}/{name}-a.pcap", f"b={folder}/{name}-b.pcap", *more]


def test_the_exit_code_says_whether_anything_was_lost_or_doubled(folder: Path) -> None:
    assert main(argv(folder, "sound")) == 0
    assert main(argv(folder, "faulty")) == 1
    assert main(argv(folder, "missing")) == 2


def test_what_it_looks_like(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(argv(folder, "faulty")) == 1
    assert capsysbinary.readouterr().out.decode().splitlines() == [
        "All 40 copies first appear between a and b. All 3 numbers went missing between a",
        "and b.",
        "  2 points, 1 stream along the way, layout custom",
        "",
        "Along the way",
        "            in    out  lost  doubled  late  median   99 %          jitter",
        "  at a          2,000     0        0     0",
        "  a → b  2,000  2,037     3       40     0   +0 ns  +0 ns  0 ns ± 1.00 µs",
        "",
        "What the copies point to",
        "  a → b  All 40 duplicates were made on the path (mirror port, bond, `any`): 2 %",
        "         of the numbers came again immediately.",
        "",
        "Points",
        "  point  records  streams  duplicates  missing  late  missed  saw  verdict",
        "  a        2,000        1           0        0     0       0  all  clean",
        "  b        2,037        1          40        3     0       0  all  path-copy",
        "",
        "Clocks",
        "  • The clock of b is 5 µs ahead of that of a (including the delay of the",
        "    fastest frame); no drift beyond ±100 ppm is visible.",
        "  • Delays are relative to the fastest frame, because the points' clocks need",
        "    not agree.",
        "",
        "Findings",
        "  what  number          where",
        *(f"  copy     {500 + at}  1 copy  a → b" for at in range(20)),
        "  and 21 more",
    ]


def test_addresses_may_change_on_the_way(folder: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(argv(folder, "changed", "--report", "json", "--one-clock")) == 1
    found = json.loads(capsysbinary.readouterr().out)
    assert [each["matched"] for each in found["streams"]] == ["numbers"]
    assert [each["sport"] for each in found["streams"][0]["keys"]] == [5, 9]
    assert found["segments"][1]["lost"] == 2
    assert found["segments"][1]["delay"]["absolute"]
    assert found["segments"][1]["delay"]["least_ns"] == 5000


def test_several_reports_in_one_go(folder: Path) -> None:
    places = {name: folder / f"way.{name}" for name in FORMATS}
    more = [f"--report={name}={place}" for name, place in places.items()]
    assert main(argv(folder, "faulty", *more)) == 1
    assert main(argv(folder, "faulty", *more)) == 2
    assert main(argv(folder, "faulty", *more, "--force")) == 1
    assert json.loads(places["json"].read_text())["schema"] == "seqcheck.locate/1"
    assert places["markdown"].read_text().startswith("## seqcheck locate\n\n**All 40 copies first appear")
    page = places["html"].read_text()
    assert "<svg" in page
    assert "3 lost, 40 doubled" in page
    assert "<script" not in page
    assert "http" not in re.sub(r"http-equiv", "", page)


@pytest.mark.parametrize(("options", "code"), [
    (["--max-lost", "3", "--max-doubled", "40"], 0), (["--max-lost", "2", "--max-doubled", "40"], 1),
    (["--max-lost", "0.15%"], 1), (["--max-lost", "0.15%", "--max-doubled", "2%"], 0),
    (["--max-doubled", "1.9%", "--max-lost", "1%"], 1), (["--max-late", "0", "--max-lost", "3"], 1),
])  # fmt: skip
def test_limits_hold_for_each_segment(
    folder: Path, options: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv(folder, "faulty", *options, "--report", "json")) == code
    said = re.search(r"^seqcheck: a to b: \d+ (lost|doubled), --max-", capsys.readouterr().err, re.MULTILINE)
    assert (said is not None) == (code == 1)


@pytest.mark.parametrize("given", [
    ["a.pcap", "b.pcap"], ["a=x.pcap"], ["a=x.pcap", "a=y.pcap"], ["=x.pcap", "b=y.pcap"], ["a=", "b=y.pcap"],
    ["a=-", "b=y.pcap"], ["a\x1b=x.pcap", "b=y.pcap"], ["a" * 65 + "=x.pcap", "b=y.pcap"],
    [f"p{n}=x.pcap" for n in range(17)], ["a=x.pcap", "b=y.pcap", "--report", "junit"],
    ["a=x.pcap", "b=y.pcap", "--max-lost", "some"],
])  # fmt: skip
def test_what_cannot_be_is_refused(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["locate", *given]) == 2
    told = capsys.readouterr().err
    assert told.startswith("seqcheck: ")
    assert "\x1b" not in told
    assert "Traceback" not in told


def test_captures_of_other_traffic_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = [(BEGIN + x * STEP, frame(7, x, sport=99)) for x in range(COUNT)]
    (folder / "sound-b.pcap").write_bytes(capture(other))
    assert main(argv(folder, "sound")) == 2
    assert "no stream appears at more than one of these points" in capsys.readouterr().err


def test_it_says_which_point_cannot_be_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "sound-b.pcap").write_bytes(b"no capture at all, but long enough to be looked at")
    assert main(argv(folder, "sound")) == 2
    assert capsys.readouterr().err.startswith("seqcheck: b: ")


def test_a_capture_is_never_written_over(folder: Path) -> None:
    place = folder / "sound-a.pcap"
    before = place.read_bytes()
    assert main(argv(folder, "sound", "--report", f"json={place}", "--force")) == 2
    assert place.read_bytes() == before


EVIL = "\x1b[2J\u202e<img src=x>|[x](http://x)\n# y @all"


@pytest.mark.parametrize("reporter", [locate_terminal, locate_markdown, locate_html, locate_json])
def test_hostile_words_stay_words(reporter: Any) -> None:
    first, second = way(3, 4)
    made = tell(observed({"a": first, EVIL: second}), Asked())
    key = {"source": EVIL, "target": EVIL, EVIL: 1}
    made = replace(
        made, streams=tuple(replace(each, keys=(key, None), matched="numbers") for each in made.streams),
        caveats=(EVIL,), statement=EVIL,
    )  # fmt: skip
    out = io.BytesIO()
    reporter.write(made, out, Page())
    shown = out.getvalue().decode()
    assert not set(shown) & {"\x1b", "\u202e"}
    assert "<img" not in shown or reporter in (locate_terminal, locate_json)
    assert reporter is not locate_markdown or ("\n# y" not in shown and re.search(r"(?<!\\)\]\(", shown) is None)


def test_what_is_written_is_what_the_schema_says() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="needs jsonschema")
    schema = SCHEMAS["locate"]()
    jsonschema.Draft202012Validator.check_schema(schema)
    first, second = way(3, 4)
    third = capture([(BEGIN + x * STEP, frame(2, x)) for x in range(COUNT)])
    for points in ({"a": first, "b": second}, {"a": first, "b": second, "c": third}):
        out = io.BytesIO()
        locate_json.write(tell(observed(points), Asked()), out, Page())
        document = json.loads(out.getvalue())
        jsonschema.Draft202012Validator(schema).validate(document)
        document["segments"][0]["lost"] = "3"
        assert not jsonschema.Draft202012Validator(schema).is_valid(document)


TOLD = (
    located.Way, located.PointSeen, located.Clock, located.Segment, located.Delay, located.WayStream, located.Findings,
    located.Located,
)  # fmt: skip


def test_every_key_of_the_json_is_documented() -> None:
    page = Path(__file__).parent.parent.joinpath("docs", "locate.md").read_text(encoding="utf-8")
    told = page.split("## JSON")[1].split("\n## ")[0]
    for cls in TOLD:
        for field in fields(cls):
            assert f"`{field.name}`" in told, f"{cls.__name__}.{field.name}"


def test_between_two_points_no_sender_repeats_itself(folder: Path) -> None:
    """Though each copy takes a place of its own in the rhythm, as a sender's does: the point before saw no copy."""
    frames = [frame(1, x) for x in range(COUNT)]
    again = [each for x, each in enumerate(frames) for _ in range(1 + (x % 131 == 60))]
    points = []
    for name, sent in (("one", frames), ("two", again)):
        path = folder / f"{name}.pcap"
        path.write_bytes(capture([(BEGIN + place * STEP, each) for place, each in enumerate(sent)]))
        points.append(f"{name}={path}")
    out = folder / "count.json"
    assert main(["locate", "-q", "--layout", LAYOUT, f"--report=json={out}", *points]) == 1
    segment = next(one for one in json.loads(out.read_text())["segments"] if one["after"] == "one")
    assert segment["doubled"] == len(again) - COUNT == 15
    assert segment["by_cause"] == {"path-copy": 15}
    assert "sender" not in segment["verdict"]["statement"]
