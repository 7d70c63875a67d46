"""What Python programs use: frames fed one by one, reports as text, files and tables, arguments that cannot be."""

import importlib.util
import io
import json
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import dpkt
import numpy as np
import pandas
import polars
import pyarrow
import pytest
import specimens

import seqcheck
import seqcheck.testing
from seqcheck import layout
from seqcheck.model import Duplicates, Report

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
CAPTURES = ("thread-4096.pcap", "two-streams.pcap", "restart.pcap", "ring-replay.pcap", "stale-length.pcap")


def fed(path: Path, **options: Any) -> Report:
    """A capture's frames, fed one by one, as dpkt reads them."""
    data = path.read_bytes()
    nano = data[:4] in (b"\x4d\x3c\xb2\xa1", b"\xa1\xb2\x3c\x4d")
    analyzer = seqcheck.Analyzer(name=str(path), **options)
    at = 24
    while at < len(data):
        seconds, fraction, size, wire = struct.unpack_from("<4I", data, at)
        ns = seconds * 10**9 + fraction * (1 if nano else 1000)
        analyzer.feed(memoryview(data)[at + 16 : at + 16 + size], ns=ns, wire=wire)
        at += 16 + size
    return analyzer.report()


@pytest.mark.parametrize("given", [None, "seqcheck", layout.resolve("seqcheck")], ids=["none", "name", "layout"])
@pytest.mark.parametrize("name", CAPTURES)
def test_frames_fed_give_the_report_of_the_file(name: str, given: Any) -> None:
    path = SAMPLES / name
    report = seqcheck.analyze(path, layout=given, also_content=False)
    assert json.loads(fed(path, layout=given).to_json()) == json.loads(report.to_json())


def test_more_frames_than_a_slot_holds() -> None:
    analyzer = seqcheck.Analyzer(layout="frame seq=u32be@0")
    for number in range(70_000):
        analyzer.feed(number.to_bytes(4, "big") + bytes(60), ns=number)
        if number == 65_000:
            analyzer.feed((64_990).to_bytes(4, "big") + bytes(60), ns=number)
    report = analyzer.report()
    (twice,) = report.duplicates.listed
    assert (report.capture.frames, report.gaps.missing) == (70_001, 0)
    assert (twice.frame, twice.earlier_frame, twice.identical) == (65_002, 64_991, True)


def test_peek_is_how_things_stand_and_report_ends_it() -> None:
    analyzer = seqcheck.Analyzer(layout="frame seq=u32be@0")
    with pytest.raises(seqcheck.InputError):
        analyzer.peek()
    for number in (1, 2, 3, 3, 5, 6, 7):
        analyzer.feed(number.to_bytes(4, "big"), ns=number)
    assert (analyzer.peek().duplicates.total, analyzer.peek().gaps.missing) == (1, 1)
    analyzer.feed((4).to_bytes(4, "big"), ns=6)
    assert analyzer.report().gaps.missing == 0
    assert analyzer.report() is analyzer.report() is analyzer.peek()
    with pytest.raises(seqcheck.UsageError, match="no more frames"):
        analyzer.feed(b"", ns=0)


@pytest.mark.parametrize(("data", "options"), [
    (b"1234", {"ns": 1.5}), (b"1234", {"ns": 1 << 63}), (b"1234", {"ns": 0, "wire": 3}),
    (b"1234", {"ns": 0, "link": 1 << 16}), (b"1234", {"ns": True}), (b"1234", {"ns": 0, "wire": "9"}),
])  # fmt: skip
def test_frames_that_cannot_be(data: bytes, options: dict[str, Any]) -> None:
    with pytest.raises(seqcheck.UsageError, match="not an integer"):
        seqcheck.Analyzer().feed(data, **options)


def test_cut_frames_and_other_link_layers() -> None:
    analyzer = seqcheck.Analyzer(layout="udp:9 seq=u32be@0")
    for number in range(20):
        datagram = dpkt.udp.UDP(sport=9, dport=9, ulen=18, data=number.to_bytes(4, "big") + bytes(6))
        packet = dpkt.ip.IP(src=b"\x0a\x00\x00\x01", dst=b"\x0a\x00\x00\x02", p=17, len=38, data=datagram)
        analyzer.feed(bytes(packet)[:34], ns=number, wire=38, link=101)
    report = analyzer.report()
    assert (report.records.sequenced, report.capture.cut_frames, report.capture.bytes) == (20, 20, 20 * 38)


@pytest.mark.parametrize("sizes", [[-1], [1], [1_000_001], "128", b"128", [4096.0], [True], [[4096]], None, ["128"]])
def test_ring_sizes_that_cannot_be(sizes: Any) -> None:
    for call in (lambda: seqcheck.analyze(SAMPLES / "clean.pcap", ring_sizes=sizes),
                 lambda: seqcheck.Analyzer(ring_sizes=sizes)):  # fmt: skip
        with pytest.raises(seqcheck.UsageError, match="ring_sizes: "):
            call()


@pytest.mark.parametrize("sizes", [4096, [4096], (4096, 4096), np.array([4096]), range(4096, 4097), np.int64(4096)])
def test_ring_sizes_that_can(sizes: Any) -> None:
    assert seqcheck.analyze(SAMPLES / "thread-4096.pcap", ring_sizes=sizes).verdict.ring_size == 4096


@pytest.mark.parametrize("listed", [-1, 1.0, "3", 10**8])
def test_how_many_are_listed_is_checked(listed: Any) -> None:
    with pytest.raises(seqcheck.UsageError, match="listed: "):
        seqcheck.analyze(SAMPLES / "clean.pcap", listed=listed)


@pytest.mark.parametrize(
    ("what", "given"),
    [
        *(("captures", each) for each in (None, 5, [None], [["a"]], io.StringIO("a"))),
        *(("layout", each) for each in (5, [None], seqcheck.Layout, b"udp")),
        *(("jobs", each) for each in (0, -1, 1.5, "2", None)),
        *(("also_content", each) for each in ("x", 2, [])), ("select", 5), ("progress", 5),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be(what: str, given: Any) -> None:
    with pytest.raises(seqcheck.UsageError, match=what):
        seqcheck.analyze(**({"captures": (SAMPLES / "clean.pcap").read_bytes()} | {what: given}))


CLEAN = (SAMPLES / "clean.pcap").read_bytes()


@pytest.mark.parametrize(
    ("what", "call"),
    [
        ("data", lambda given: seqcheck.Analyzer().feed(given, ns=0)),
        ("name", lambda given: seqcheck.Analyzer(name=given)),
        ("also_content", lambda given: seqcheck.Analyzer(also_content=given)),
        ("interfaces", lambda given: seqcheck.live(given)),
        ("interfaces", lambda given: seqcheck.live(["lo", given])),
        ("where", lambda given: seqcheck.live("lo", where=given)),
        ("also_content", lambda given: seqcheck.live("lo", also_content=given)),
        ("path", lambda given: seqcheck.analyze(CLEAN).write("json", given)),
        ("cause", lambda given: seqcheck.testing.assert_verdict(CLEAN, given)),
        ("expected", lambda given: seqcheck.testing.assert_expected(CLEAN, given)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("given", [5, 1.5, [None], object()])
def test_other_arguments_that_cannot_be(what: str, call: Callable[[Any], Any], given: Any) -> None:
    with pytest.raises(seqcheck.UsageError, match=what):
        call(given)


def test_a_file_that_is_open_is_no_path() -> None:
    """A report was written into it, and it was closed."""
    here, there = os.pipe()
    with pytest.raises(seqcheck.UsageError, match="is not a path"):
        seqcheck.analyze(CLEAN).write("json", there)  # type: ignore[arg-type]
    os.close(here)
    os.close(there)


@pytest.mark.parametrize("path", ["a\0b", "\ud800", "/nowhere/at/all"])
def test_a_report_that_cannot_be_written(path: str) -> None:
    with pytest.raises(seqcheck.OutputError, match="cannot write"):
        seqcheck.analyze(CLEAN).write("json", path)


def test_an_expression_ends_where_it_ends() -> None:
    with pytest.raises(seqcheck.UsageError, match="is not a tcpdump expression"):
        seqcheck.Selection(where="\0udp port 9999")


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_any_bytes_are_a_capture(kind: Any) -> None:
    data = (SAMPLES / "clean.pcap").read_bytes()
    assert seqcheck.analyze(kind(data)).to_json() == seqcheck.analyze(data).to_json()


def test_the_bytes_of_a_capture_are_one() -> None:
    data = (SAMPLES / "thread-4096.pcap").read_bytes()
    whole = seqcheck.analyze(data)
    assert whole.duplicates == seqcheck.analyze(io.BytesIO(data)).duplicates
    assert seqcheck.analyze([data]).duplicates == whole.duplicates


def test_every_name_is_there_and_every_error_public() -> None:
    for name in seqcheck.__all__:
        assert getattr(seqcheck, name) is not None
    for error in ("UsageError", "InputError", "OutputError", "PrivilegeError"):
        assert issubclass(getattr(seqcheck, error), seqcheck.SeqcheckError)


@pytest.mark.parametrize("name", specimens.ALL)
def test_a_report_shows_itself_in_five_lines(name: str) -> None:
    report = specimens.ALL[name]
    lines = repr(report).splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 160
    assert report.verdict.cause in lines[1]


def test_a_notebook_gets_text_and_no_markup() -> None:
    evil = replace(specimens.STALE, verdict=replace(specimens.STALE.verdict, statement="<script>\x1b[2J & </p>"))
    html = evil._repr_html_()
    assert "&lt;script&gt;\\x1b[2J &amp; &lt;/p&gt;" in html
    assert "\x1b" not in repr(evil)


def test_a_report_is_written_to_a_file(tmp_path: Path) -> None:
    report = specimens.STALE
    report.write("json", tmp_path / "run.json")
    assert json.loads((tmp_path / "run.json").read_text()) == json.loads(report.to_json())
    with pytest.raises(seqcheck.OutputError, match="already exists"):
        report.write("markdown", tmp_path / "run.json")
    report.write("markdown", str(tmp_path / "run.json"), force=True)
    assert (tmp_path / "run.json").read_text().startswith("## seqcheck: stale-slot")
    with pytest.raises(seqcheck.OutputError, match="cannot write"):
        report.write("html", tmp_path / "no" / "run.html")
    for name, why in (("csv", "needs all findings"), ("pdf", "no report 'pdf'")):
        with pytest.raises(seqcheck.UsageError, match=why):
            report.write(name, tmp_path / "x")
    assert not (tmp_path / "x").exists()


def rows(duplicates: Duplicates) -> list[dict[str, Any]]:
    """What every table must hold, with times as time stamps to the microsecond."""
    return [
        {
            **{name: getattr(each, name) for name in each.__dataclass_fields__},
            "differs": " ".join(each.differs),
            "time": datetime.fromtimestamp(each.ns // 1000 / 10**6, UTC),
        }
        for each in duplicates.listed
    ]


UNKNOWN = replace(
    specimens.STALE.duplicates.listed[0], seq=(1 << 64) - 1, earlier_frame=None, distance=None, identical=None,
    laps=None, shortfall=None, differs=("ip.id", "udp.checksum"),
)  # fmt: skip
DUPLICATES = replace(specimens.STALE.duplicates, listed=(*specimens.STALE.duplicates.listed, UNKNOWN))


@pytest.mark.parametrize("duplicates", [DUPLICATES, specimens.CLEAN.duplicates], ids=["some", "none"])
def test_every_library_gets_the_same_table(duplicates: Duplicates) -> None:
    expected = rows(duplicates)
    arrow = duplicates.to_arrow()
    table = arrow.set_column(arrow.column_names.index("time"), "time",
                             arrow["time"].cast(pyarrow.timestamp("us", "UTC"), safe=False))  # fmt: skip
    assert table.to_pylist() == expected
    assert arrow.schema.field("time").type == pyarrow.timestamp("ns", "UTC")
    frame = duplicates.to_polars()
    assert frame.with_columns(frame["time"].dt.cast_time_unit("us")).to_dicts() == expected
    pandas_frame = duplicates.to_pandas()
    assert str(pandas_frame["time"].dtype) == "datetime64[ns, UTC]"
    assert [
        {name: None if value is pandas.NA else value for name, value in row.items()}
        for row in pandas_frame.assign(time=pandas_frame["time"].dt.floor("us")).to_dict("records")
    ] == expected


def test_whoever_takes_arrow_streams_takes_them_as_they_are() -> None:
    assert polars.DataFrame(DUPLICATES).equals(DUPLICATES.to_polars())
    assert pyarrow.table(DUPLICATES) == DUPLICATES.to_arrow()
    gaps = seqcheck.analyze(SAMPLES / "loss.pcap").gaps
    assert gaps.to_polars()["count"].sum() == gaps.missing > 0


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "polars", None)
    with pytest.raises(seqcheck.OutputError, match="needs polars, which is not installed"):
        DUPLICATES.to_polars()


def example(name: str) -> ModuleType:
    """A module of docs/examples."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / "examples" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_with_scapy_runs(capsys: pytest.CaptureFixture[str]) -> None:
    report = example("frames").main()
    assert (report.verdict.cause, report.verdict.ring_size, report.duplicates.total) == ("stale-slot", 64, 6)
    assert capsys.readouterr().out.splitlines()[-1] == "1901 1837 64"


def test_the_manual_names_everything_public() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    methods = [name for name in dir(seqcheck.Analyzer) if not name.startswith("_")]
    tables = [name for name in dir(Duplicates) if name.startswith("to_")]
    names = [f"`seqcheck.{name}" for name in seqcheck.__all__ if name not in ("Progress", "Report", "__version__")]
    for name in (*names, *(f"`{name}(" for name in (*methods, *tables)), "`Progress`", "`Report`"):
        assert name in page, name
