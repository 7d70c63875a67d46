"""Whatever the format, the numbers are the same."""

import csv
import io
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from seqcheck.engine import session
from seqcheck.model import Report
from seqcheck.model.results import Results
from seqcheck.outputs import FORMATS, Page, needed, publish
from seqcheck.track import tracker as track

SAMPLES = Path(__file__).parent.parent / "samples"
NAMES = ["mixed.pcapng", "loss.pcap", "two-streams.pcap", "restart.pcap", "early-overwrite.pcap", "clean.pcap"]


@pytest.fixture(scope="module", params=NAMES)
def written(request: pytest.FixtureRequest) -> Iterator[dict[str, bytes]]:
    """Every format of one sample, made in one pass."""
    names = [name for name in FORMATS if name != "pcapng-all"]
    with session.examine(SAMPLES / request.param, session.Query(keep=needed(names))) as results:
        yield {name: one(name, results) for name in names}


def one(name: str, results: Results) -> bytes:
    out = io.BytesIO()
    publish(name, results, out, Page())
    return out.getvalue()


def figures(report: dict[str, object] | object) -> Counter[str]:
    """What all formats say: duplicates by cause, missing numbers and late records."""
    assert isinstance(report, dict)
    found = Counter({f"duplicate {cause}": count for cause, count in report["duplicates"]["by_cause"].items()})
    found["missing"] = report["gaps"]["missing"]
    found["late"] = sum(stream["late"] for stream in report["streams"])
    found["restart"] = sum(stream["restarts"] for stream in report["streams"])
    return +found


def counted(rows: list[dict[str, object]], kind: str) -> Counter[str]:
    """The same from single findings."""
    found: Counter[str] = Counter()
    for row in rows:
        match row[kind]:
            case "duplicate":
                found[f"duplicate {row['cause']}"] += 1
            case "gap":
                found["missing"] += int(str(row["count"]))
            case name:
                found[str(name)] += 1
    return found


def test_the_lists_add_up_to_the_report(written: dict[str, bytes]) -> None:
    expected = figures(json.loads(written["json"]))
    lines = [json.loads(line) for line in written["jsonl"].splitlines()]
    assert figures(lines[0]) == expected
    assert counted(lines[1:], "type") == expected
    rows = list(csv.DictReader(io.StringIO(written["csv"].decode())))
    assert counted(rows, "finding") == expected


def test_parquet_holds_what_csv_does(written: dict[str, bytes]) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="needs pyarrow")
    table = parquet.read_table(io.BytesIO(written["parquet"]))
    rows = list(csv.DictReader(io.StringIO(written["csv"].decode())))
    times = np.array(table["time"].cast("int64").to_pylist(), "datetime64[ns]")
    assert [row.pop("time") for row in rows] == list(np.datetime_as_string(times, timezone="UTC"))
    assert str(table.schema.field("time").type) == "timestamp[ns, tz=UTC]"
    assert table["time"].cast("int64") == table["ns"]
    table = table.drop_columns(["time"])
    plain = {None: "", True: "true", False: "false"}
    told = [
        {
            name: plain[value] if value is None or value is True or value is False else str(value)
            for name, value in row.items()
        }
        for row in table.to_pylist()
    ]
    assert told == rows
    assert figures(json.loads(table.schema.metadata[b"seqcheck.report"])) == figures(json.loads(written["json"]))


def test_the_formats_for_people_say_the_same(written: dict[str, bytes]) -> None:
    report = json.loads(written["json"])
    total, missing = report["duplicates"]["total"], report["gaps"]["missing"]
    late = sum(stream["late"] for stream in report["streams"])
    page = written["html"].decode()
    shown = dict(re.findall(r"<div><dt>([a-z, ]+)</dt><dd>([0-9a-z,]+)</dd></div>", page))
    assert (shown["duplicates"], shown["missing"], shown["late"]) == (f"{total:,}", f"{missing:,}", f"{late:,}")
    table = dict(re.findall(r"^\| ([a-z ]+) \| ([0-9,]+) \|$", written["markdown"].decode(), re.MULTILINE))
    assert (table["duplicates"], table["missing"], table["late"]) == (f"{total:,}", f"{missing:,}", f"{late:,}")
    suite = ElementTree.fromstring(written["junit"])
    told = {item.get("name"): item.get("value") for item in suite.iter("property")}
    assert (told["duplicates"], told["missing"], told["late"]) == (str(total), str(missing), str(late))
    terminal = written["terminal"].decode()
    assert f"{total:,} duplicate" in terminal
    assert f"{missing:,} missing · {late:,} late" in terminal


def test_the_overview_adds_up(written: dict[str, bytes]) -> None:
    report = json.loads(written["json"])
    line = report["overview"]["timeline"]
    assert sum(each["frames"] for each in line) == report["capture"]["frames"]
    assert sum(each["records"] for each in line) == report["records"]["sequenced"]
    assert sum(each["duplicates"] for each in line) == report["duplicates"]["total"]
    assert sum(each["missing"] for each in line) == report["gaps"]["missing"]
    assert sum(each["late"] for each in line) == sum(stream["late"] for stream in report["streams"])
    slots = report["overview"]["slots"]
    if slots:
        assert sum(cell["count"] for cell in slots["cells"]) == slots["of"] <= report["duplicates"]["total"]


def test_the_pcapng_has_both_copies_and_the_frames_around_gaps(written: dict[str, bytes], tmp_path: Path) -> None:
    report = json.loads(written["json"])
    expected = {each["frame"] for each in report["duplicates"]["listed"] + report["gaps"]["listed"]}
    expected |= {each["earlier_frame"] for each in report["duplicates"]["listed"]}
    assert expected <= commented(written["pcapng"], tmp_path).keys()


def commented(data: bytes, folder: Path) -> dict[int, str]:
    """Frame number in the capture -> comment, as tshark reads them."""
    path = folder / "annotated.pcapng"
    path.write_bytes(data)
    fields = ["-T", "fields", "-e", "frame.packet_id", "-e", "frame.comment"]
    try:
        done = subprocess.run(["tshark", "-r", str(path), *fields], capture_output=True, text=True, check=True)
    except FileNotFoundError:
        pytest.skip("needs tshark")
    return {int(number): comment for number, _, comment in (line.partition("\t") for line in done.stdout.splitlines())}


def rows(results: Results) -> list[dict[str, object]]:
    return [
        dict(zip(batch.columns, row, strict=True)) | {"kind": batch.kind}
        for batch in results.findings()
        for row in zip(*batch.columns.values(), strict=True)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_findings_beyond_what_is_kept_are_not_lost(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With next to no room for rows, the set-aside rows still give every finding, and as many as the report counts."""
    query = session.Query(keep="findings")
    with session.examine(SAMPLES / name, query) as results:
        whole = rows(results)
    monkeypatch.setattr(track, "LIMIT", 3)
    with session.examine(SAMPLES / name, query) as results:
        few, report = rows(results), results.report
    judged = {"cause", "laps", "shortfall", "identical", "same_length", "differs"}
    stripped = [[{k: v for k, v in row.items() if k not in judged} for row in found] for found in (whole, few)]
    assert stripped[0] == stripped[1]
    check_counts(report, few)


def check_counts(report: Report, found: list[dict[str, object]]) -> None:
    causes = Counter(str(row["cause"]) for row in found if row["kind"] == "duplicate")
    assert causes == Counter(report.duplicates.by_cause)


def test_a_pipe_gives_the_same_findings_and_frames(tmp_path: Path) -> None:
    names = ["csv", "pcapng"]
    query = session.Query(keep=needed(names))
    with session.examine(SAMPLES / "mixed.pcapng", query) as results:
        plain = {name: one(name, results) for name in names}
    with (
        subprocess.Popen(["cat", str(SAMPLES / "mixed.pcapng")], stdout=subprocess.PIPE) as cat,
        session.examine(cat.stdout, query) as results,
    ):
        piped = {name: one(name, results) for name in names}
    assert piped["csv"] == plain["csv"]
    assert commented(piped["pcapng"], tmp_path) == commented(plain["pcapng"], tmp_path)
