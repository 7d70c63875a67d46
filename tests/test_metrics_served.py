"""`live --metrics`: figures for Prometheus at an address or in a file, and what contrib/ makes of them."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import netns
import pytest

pytest.importorskip("prometheus_client", reason="needs prometheus-client")
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

ROOT = Path(__file__).parent.parent
SAMPLES, CONTRIB = ROOT / "samples", ROOT / "contrib"
RULES, BOARD = CONTRIB / "prometheus" / "seqcheck.yml", CONTRIB / "grafana" / "seqcheck.json"
LIVE = (*netns.SEQCHECK, "live")


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    path = tmp_path / "capture"
    os.mkfifo(path)
    return path


def get(port: int, accept: str = "") -> tuple[str, str]:
    """The type and the body."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=netns.TIMEOUT)
    asked.request("GET", "/metrics", headers={"Accept": accept} if accept else {})
    answer = asked.getresponse()
    assert answer.status == 200
    return answer.headers["Content-Type"], answer.read().decode()


def port_of(live: netns.Program) -> int:
    live.says("metrics at")
    found = re.search(r"metrics at http://127\.0\.0\.1:(\d+)/metrics", "\n".join(live.err))
    assert found
    return int(found[1])


def values(families: Any) -> dict[str, float]:
    """Samples by name and labels."""
    return {
        one.name + "".join(f",{name}={one.labels[name]}" for name in sorted(one.labels)): one.value
        for family in families
        for one in family.samples
    }


def test_what_is_served_is_what_is_found(fifo: Path) -> None:
    data = SAMPLES.joinpath("stale-slot.pcap").read_bytes()
    options = ("--metrics", ":0", "--interval", "20ms", "--report", "jsonl")
    with netns.started([*LIVE, str(fifo), *options]) as live:
        port = port_of(live)
        assert "seqcheck_info{" in get(port)[1]
        with open(fifo, "wb", buffering=0) as pipe:
            pipe.write(data)
            live.wait_for(lambda: any(one["duplicates"] == 8 and one["verdict"] for one in live.snapshots()))
            kind, body = get(port, "application/openmetrics-text; version=1.0.0")
            live.process.send_signal(signal.SIGTERM)
            assert live.end() == 1
    assert kind.startswith("application/openmetrics-text")
    told = values(openmetrics(body))
    assert (told["seqcheck_duplicates"], told["seqcheck_frames_total"], told["seqcheck_missing"]) == (8, 1150, 0)
    assert told["seqcheck_findings"] == 1
    assert [name for name in told if name.startswith("seqcheck_verdict_info,cause=stale-slot")]
    assert sum(value for name, value in told.items() if name.startswith("seqcheck_cause_duplicates")) <= 8
    assert [name for name in told if name.startswith("seqcheck_stream_received,stream=0 ")]


def test_a_file_for_the_node_exporter(tmp_path: Path) -> None:
    folder = tmp_path / "textfile"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    path = folder / "seqcheck.prom"
    data = SAMPLES.joinpath("stale-slot.pcap").read_bytes()
    read, write = os.pipe()
    with open(write, "wb", buffering=0) as pipe:
        command = [*LIVE, "-", "--metrics", str(path), "--interval", "10ms", "--report", "jsonl"]
        with subprocess.Popen(command, stdin=read, stdout=subprocess.PIPE, text=True) as live:
            os.close(read)
            pipe.write(data)
            assert live.stdout is not None
            for line in live.stdout:
                if json.loads(line).get("duplicates") == 8:
                    break
            live.kill()
            live.wait(netns.TIMEOUT)
    told = values(plain(path.read_text()))
    assert told["seqcheck_frames_total"] <= 1150
    assert [name for name in told if name.startswith("seqcheck_info")]
    assert {each.name for each in folder.iterdir()} <= {"seqcheck.prom", ".seqcheck.prom.part"}


def test_the_file_holds_in_the_end_what_the_report_says(tmp_path: Path) -> None:
    """However long the interval was."""
    folder = tmp_path / "textfile"
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    path = folder / "seqcheck.prom"
    with (SAMPLES / "stale-slot.pcap").open("rb") as stream:
        command = [*LIVE, "-", "-q", "--metrics", str(path), "--interval", "1h", "--report", "json"]
        done = subprocess.run(command, stdin=stream, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    assert done.returncode == 1, done.stderr
    told = values(plain(path.read_text()))
    assert (told["seqcheck_duplicates"], told["seqcheck_frames_total"]) == (8, 1150)
    assert [name for name in told if name.startswith("seqcheck_verdict_info") and "stale-slot" in name]


@pytest.mark.parametrize(("place", "words"), [
    ("nonsense", "neither ADDRESS:PORT"), (":99999", "neither"), ("192.0.2.1:9", "cannot listen"),
    ("/nowhere/x.prom", "cannot write"), ("::1:9", "neither"),
])  # fmt: skip
def test_what_cannot_be_is_refused(place: str, words: str) -> None:
    got = subprocess.run(
        [*LIVE, "-", "--metrics", place], input=b"", capture_output=True, check=False, timeout=netns.TIMEOUT
    )
    assert (got.returncode, words in got.stderr.decode()) == (2, True), got.stderr
    assert b"Traceback" not in got.stderr


def test_without_the_package_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['prometheus_client'] = None\n"
        "from seqcheck.cli.main import main; sys.exit(main(['live', '-', '--metrics', ':0']))"
    )
    got = subprocess.run([sys.executable, "-c", code], input="", capture_output=True, text=True, check=False)
    assert (got.returncode, "pip install 'seqcheck[metrics]'" in got.stderr) == (2, True), got.stderr


def expressions() -> list[str]:
    board = json.loads(BOARD.read_text())
    return [target["expr"] for panel in board["panels"] for target in panel["targets"]]


def test_the_board_and_the_rules_ask_for_nothing_that_is_not_there() -> None:
    from seqcheck.outputs import openmetrics as told

    counters = [f"seqcheck_{name}_total" for name, _, _ in told.COUNTERS]
    gauges = [f"seqcheck_{name}" for name, _, _ in (*told.GAUGES, *told.OF_STREAMS)]
    more = ["interface_frames_total", "verdict_info", "findings", "cause_duplicates"]
    asked = {word for text in [*expressions(), RULES.read_text()] for word in re.findall(r"\bseqcheck_\w+", text)}
    assert asked <= {*counters, *gauges, *(f"seqcheck_{name}" for name in more)}
    assert len(asked) > 10


@pytest.mark.skipif(not shutil.which("promtool"), reason="needs promtool, of prometheus")
def test_the_rules_are_valid() -> None:
    got = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True, check=False)
    assert got.returncode == 0, got.stderr
    assert "6 rules found" in got.stdout


WHY_NOT = netns.why_not() or ("" if shutil.which("prometheus") else "needs prometheus")
# In the receiver's namespace, where every port is free: asks Prometheus until an expression has a result.
QUERY = """
import json, sys, time, urllib.request
for _ in range(2000):
    try:
        with urllib.request.urlopen("http://127.0.0.1:9090/api/v1/query?" + sys.argv[1], timeout=60) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        found = []
    if found:
        print(json.dumps(found))
        break
    time.sleep(0.1)
"""


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[tuple[netns.Pair, netns.Program]]:
    settings = {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": [str(RULES)],
        "scrape_configs": [{"job_name": "seqcheck", "static_configs": [{"targets": ["127.0.0.1:9435"]}]}],
    }
    path = tmp_path / "prometheus.yml"
    path.write_text(json.dumps(settings))  # which is YAML, too
    command = ("prometheus", f"--config.file={path}", f"--storage.tsdb.path={tmp_path}/data")
    listen = "--web.listen-address=127.0.0.1:9090"
    with netns.pair() as pair, netns.program(pair.rx, *command, listen) as server:
        server.says("Server is ready")
        yield pair, server


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "-")
def test_prometheus_scrapes_and_alerts(prometheus: tuple[netns.Pair, netns.Program]) -> None:
    pair, _ = prometheus

    def query(expression: str) -> Any:
        what = urllib.parse.urlencode({"query": expression})
        command = ["ip", "netns", "exec", pair.rx, sys.executable, "-c", QUERY, what]
        got = subprocess.run(command, capture_output=True, text=True, check=True, timeout=4 * netns.TIMEOUT)
        assert got.stdout, f"no result: {expression}"
        return json.loads(got.stdout)

    options = ("--metrics", "127.0.0.1:9435", "--interval", "100ms")
    with netns.live(pair.rx, pair.into, *options) as live:
        truth = pair.send("--count", "20000", "--ring-size", "128", "--inject", "stale=1%")
        (found,) = query(f"seqcheck_duplicates == {truth['duplicates']}")
        assert found["metric"]["job"] == "seqcheck"
        query('seqcheck_verdict_info{cause="stale-slot", ring_size="128", strength=~"strong|moderate"}')
        (frames,) = query(f'seqcheck_interface_frames_total{{interface="{pair.into}"}} == {truth["sent"]}')
        assert int(frames["value"][1]) == truth["sent"]
        for expression in expressions():
            assert query(expression.replace("$instance", ".*")) is not None
        (alert,) = query('ALERTS{alertname="SeqcheckRing"}')
        assert alert["metric"]["cause"] == "stale-slot"
        assert live.end(signal.SIGTERM) == 1
