"""Started by root, nothing is imported or opened once privileges were given up.

The package lies behind a folder that only root can enter, as a virtual environment under root's home does, and an audit
hook ends the process at the first import or open after the drop.
"""

import json
import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

import netns
import numpy
import pytest

import seqcheck
from seqcheck.errors import SeqcheckError
from seqcheck.outputs import FORMATS

pytestmark = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="needs root")
SAMPLES = Path(__file__).parent.parent / "samples"
# Nothing, and the kernel's counters of an interface, which anybody may read and which come and go with it.
SCRIPT = """
import os, sys
FREE = (os.devnull, "/sys/class/net/")
sys.path[:0] = [sys.argv[1] + "/ours", sys.argv[1] + "/others"]
del sys.argv[1]
from seqcheck.linux import privilege
drop = privilege.drop
def watched(user):
    if "DROPPED" in os.environ:
        os.close(os.open(os.environ["DROPPED"], os.O_CREAT | os.O_EXCL))
    drop(user)
    assert os.geteuid() != 0 or user is None
    def hook(event, given):
        asked = event in ("open", "import", "os.listdir", "os.scandir")
        if asked and not isinstance(given[0], int) and not str(given[0]).startswith(FREE):  # int: a descriptor
            frame, stack = sys._getframe(), []
            while frame := frame.f_back:
                stack.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
            os.write(2, f"AFTER THE DROP: {event} {given[:1]} {stack}\\n".encode())
            os._exit(77)
    sys.addaudithook(hook)
privilege.drop = watched
from seqcheck.cli.main import main
sys.exit(main())
"""
LAYOUT = 'anchor = "udp:5000"\nmagic = ["u32be@0==0x53455143"]\nstream = ["u32be@6"]\nseq = "u64be@10"\n'


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of root's with the package in it, a layout, an expectation."""
    folder = tmp_path / "root"
    folder.mkdir(mode=0o700)
    (folder / "ours").symlink_to(Path(seqcheck.__file__).parent.parent)
    (folder / "others").symlink_to(Path(numpy.__file__).parent.parent)
    (folder / "layout.toml").write_text(LAYOUT)
    (folder / "expected.toml").write_text('cause = ["stale-slot", "clean", "unexplained"]\n')
    return folder


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ("HOME", "PYTHONPATH")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1", **more}


def run(home: Path, *words: str, stdin: IO[bytes] | None = None, **more: str) -> subprocess.CompletedProcess[str]:
    """Run it. Whoever reads gives up root, unless asked not to, and touches nothing afterwards."""
    command, dropped = [sys.executable, "-S", "-P", "-c", SCRIPT, str(home), *words], home / "dropped"
    got = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=home, stdin=stdin,
        env=environment(DROPPED=str(dropped), **more), timeout=120,
    )  # fmt: skip
    assert "AFTER THE DROP" not in got.stderr, got.stderr
    assert got.returncode == 2 or dropped.exists() == ("--keep-privileges" not in words), got.stderr
    dropped.unlink(missing_ok=True)
    return got


def reports(home: Path) -> list[str]:
    return [f"--report={name}={home}/report.{name}" for name in FORMATS]


def sizes(home: Path) -> dict[str, int]:
    return {name: (home / f"report.{name}").stat().st_size for name in FORMATS if (home / f"report.{name}").exists()}


SUDO = {"SUDO_UID": "12345", "SUDO_GID": "12345", "SUDO_USER": "somebody"}


@pytest.mark.parametrize("sudo", [{}, SUDO], ids=["nobody", "sudo"])
@pytest.mark.parametrize("suffix", ["", ".gz", ".zst", ".xz"])
def test_every_report_of_a_file_of_roots(home: Path, sudo: dict[str, str], suffix: str) -> None:
    capture = home / f"run.pcap{suffix}"
    capture.write_bytes(packed(SAMPLES.joinpath("stale-slot.pcap").read_bytes(), suffix))
    capture.chmod(0o600)
    expect = ["--layout", "layout.toml", "--expect", "expected.toml", "-v"]
    got = run(home, "analyze", *expect, *reports(home), capture.name, **sudo)
    assert got.returncode in (0, 1), got.stderr
    assert {name for name, size in sizes(home).items() if size > 200} == set(FORMATS)
    assert json.loads((home / "report.json").read_text())["duplicates"]["total"] == 8


def packed(data: bytes, suffix: str) -> bytes:
    if suffix == ".gz":
        import gzip

        return gzip.compress(data)
    if suffix == ".xz":
        import lzma

        return lzma.compress(data)
    if suffix == ".zst":
        from backports import zstd

        return bytes(zstd.compress(data))
    return data


def test_several_files_a_pipe_and_a_terminal_report(home: Path) -> None:
    for name in ("loss.pcap", "stale-slot.pcap", "mixed.pcapng"):
        (home / name).write_bytes((SAMPLES / name).read_bytes())
    assert "Verdict" in run(home, "analyze", "loss.pcap", "stale-slot.pcap", "mixed.pcapng").stdout
    script = [sys.executable, "-S", "-P", "-c", SCRIPT, str(home), "analyze", "-"]
    with open(home / "loss.pcap", "rb") as stream:
        piped = subprocess.run(script, input=stream.read(), capture_output=True, check=False, env=environment())
    assert (piped.returncode, piped.stderr) == (1, b"")


@pytest.mark.parametrize("link", [1, 101], ids=["ethernet", "raw"])
def test_a_part_of_a_capture(home: Path, link: int) -> None:
    """A link layer that is met while reading has its filter compiled then."""
    if not compiler():
        pytest.skip("needs libpcap or tcpdump")
    data = (SAMPLES / "stale-slot.pcap").read_bytes()
    (home / "run.pcap").write_bytes(data if link == 1 else unwrapped(data))
    asked = ["--where", "udp", "--from", "+0.01ms", "--frames", "2-900", "--layout", "layout.toml"]
    got = run(home, "analyze", *asked, *reports(home), "run.pcap")
    assert got.returncode in (0, 1), got.stderr
    capture = json.loads((home / "report.json").read_text())["capture"]
    assert 0 < capture["frames"] < 900
    assert "where udp" in capture["selected"]


def unwrapped(data: bytes) -> bytes:
    """A classic pcap's IPv4 packets, without Ethernet."""
    made, at = bytearray(data[:20] + struct.pack("<I", 101)), 24
    while at < len(data):
        seconds, fraction, size, wire = struct.unpack_from("<4I", data, at)
        frame = data[at + 16 : at + 16 + size]
        if frame[12:14] == b"\x08\x00":
            made += struct.pack("<4I", seconds, fraction, size - 14, wire - 14) + frame[14:]
        at += 16 + size
    return bytes(made)


def test_each_on_its_own(home: Path) -> None:
    for name in ("loss.pcap", "stale-slot.pcap", "clean.pcap"):
        (home / name).write_bytes((SAMPLES / name).read_bytes())
    (home / "bad.pcap").write_bytes(b"nothing")
    words = ["analyze", "--each", f"--report=json={home}/out/", f"--report=html={home}/out/"]
    got = subprocess.run(
        [sys.executable, "-m", "seqcheck", *words, *map(str, sorted(home.glob("*.pcap")))],
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert got.returncode == 2
    assert "4 captures: 1 clean, 2 with findings, 1 trouble" in got.stdout
    assert "bad.pcap" in got.stderr
    made = {path.name for path in (home / "out").iterdir()}
    assert made == {f"{name}.{form}" for name in ("loss", "stale-slot", "clean") for form in ("json", "html")}


OTHERS = {
    "discover": (0, ["discover", *(f"--report={name}=out.{name}" for name in ("terminal", "json")), "run.pcap"]),
    "discover, a pipe": (0, ["discover", "-"]),
    "layouts": (0, ["layouts", "layout.toml", "--on", "run.pcap"]),
    "redact": (0, ["redact", "run.pcap", "out.pcapng"]),
    "redact, by a file": (0, ["redact", "--layout", "layout.toml", "run.pcap", "out.pcapng"]),
    "dedup": (0, ["dedup", "run.pcap", "out.pcapng"]),
    "dedup, by cause": (0, ["dedup", "--cause", "stale-slot", "--layout", "layout.toml", "run.pcap", "out.pcapng"]),
    "locate": (
        1,
        ["locate", *(f"--report={name}=out.{name}" for name in ("terminal", "json", "markdown", "html")),
         "a=clean.pcap", "b=run.pcap"],
    ),
    "locate, several files, by a layout": (
        1, ["locate", "--layout", "layout.toml", "a=clean.pcap", "a=run.pcap.xz", "b=run.pcap", "--one-clock"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("name", "sudo"), [*((name, {}) for name in OTHERS), ("locate", SUDO)])
def test_the_other_verbs_that_read_captures(home: Path, name: str, sudo: dict[str, str]) -> None:
    data = (SAMPLES / "stale-slot.pcap").read_bytes()
    (home / "run.pcap").write_bytes(data)
    (home / "run.pcap.xz").write_bytes(packed(data, ".xz"))
    (home / "clean.pcap").write_bytes(deduplicated(home))
    code, words = OTHERS[name]
    with open(home / "run.pcap", "rb") as stream:
        got = run(home, *words, stdin=stream, **sudo)
    assert got.returncode == code, got.stderr
    made = [word.rpartition("=")[2] for word in words if re.search(r"(^|=)out\.", word)]
    assert all((home / each).stat().st_size > 100 for each in made)
    assert got.stdout or made
    told = [line for line in got.stderr.splitlines() if "seqcheck: wrote" in line]
    assert sorted(line.split()[2].rstrip(",") for line in told) == sorted(made)


def deduplicated(home: Path) -> bytes:
    """The same capture without its copies, as another point of the way has it."""
    from seqcheck.cli.main import main

    assert main(["-q", "dedup", str(home / "run.pcap"), str(home / "once.pcapng")]) == 0
    return (home / "once.pcapng").read_bytes()


@pytest.mark.parametrize(
    "words",
    [["discover", "bad"], ["layouts", "udp:1 seq=u32be@0", "--on", "run.pcap"], ["redact", "bad", "out"],
     ["dedup", "bad", "out"], ["locate", "--report=json=out", "a=run.pcap", "b=bad"]],
    ids=lambda words: words[0],
)  # fmt: skip
def test_the_other_verbs_tell_what_goes_wrong_and_leave_nothing(home: Path, words: list[str]) -> None:
    (home / "run.pcap").write_bytes((SAMPLES / "stale-slot.pcap").read_bytes())
    (home / "bad").write_bytes(b"\n\r\r\n" + b"\x1c\0\0\0" * 20)
    before = sorted(path.name for path in home.iterdir())
    got = run(home, *words)
    assert (got.returncode, got.stdout) == (2, "")
    assert got.stderr.startswith("seqcheck: ")
    assert "Traceback" not in got.stderr
    assert sorted(path.name for path in home.iterdir()) == before


def test_what_goes_wrong_is_told_and_leaves_nothing(home: Path) -> None:
    (home / "run.pcap").write_bytes(SAMPLES.joinpath("stale-slot.pcap").read_bytes())
    got = run(home, "analyze", "--layout", "udp:1 seq=u32be@0", "--report=json=out.json", "run.pcap")
    assert (got.returncode, "fits the layout" in got.stderr) == (2, True)
    assert not (home / "out.json").exists()
    (home / "taken.json").write_text("old")
    script = [sys.executable, "-S", "-P", "-c", SCRIPT, str(home), "analyze", "--report=json=taken.json", "run.pcap"]
    refused = subprocess.run(script, capture_output=True, text=True, check=False, cwd=home, env=environment())
    assert (refused.returncode, "already exists" in refused.stderr) == (2, True)
    assert run(home, "analyze", "--force", "--report=json=taken.json", "run.pcap").returncode == 1
    assert json.loads((home / "taken.json").read_text())["schema"] == "seqcheck.report/1"


def test_privileges_can_be_kept(home: Path) -> None:
    capture = home / "run.pcap"
    capture.write_bytes(SAMPLES.joinpath("stale-slot.pcap").read_bytes())
    asked = run(home, "analyze", "--keep-privileges", "--report=json=kept.json", "run.pcap")
    assert asked.returncode == 1
    assert json.loads((home / "kept.json").read_text())["duplicates"]["total"] == 8
    for words in (["discover"], ["layouts", "layout.toml", "--on"], ["locate", "--report=json", "a=run.pcap"]):
        last = "b=run.pcap" if "a=run.pcap" in words else "run.pcap"
        assert run(home, *words, last, "--keep-privileges").returncode in (0, 1)
    for verb in ("redact", "dedup"):
        assert run(home, verb, "run.pcap", f"{verb}.pcapng", "--keep-privileges").returncode == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_reach_whoever_reads(home: Path, number: signal.Signals) -> None:
    pipe = home / "pipe"
    os.mkfifo(pipe)
    words = [sys.executable, "-m", "seqcheck", "analyze", "--report=json=out.json", str(pipe)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, cwd=home, start_new_session=True) as process:
        with open(pipe, "wb") as stream:
            stream.write(SAMPLES.joinpath("stale-slot.pcap").read_bytes()[:30_000])
            stream.flush()
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
            while not children.read_text().split():
                assert process.poll() is None
            process.send_signal(number)
            assert process.wait(60) == 128 + number
        assert process.stderr is not None
        assert process.stderr.read() == b""
    assert sorted(path.name for path in home.iterdir() if "json" in path.name or "part" in path.name) == []


def compiler() -> bool:
    """Whether filters can be compiled here."""
    from seqcheck.linux import bpf

    try:
        return bool(bpf.compile("udp", "lo", 1))
    except SeqcheckError:
        return False


LIVE = [name for name, each in FORMATS.items() if each.keep == "report" or name == "jsonl"]
MORE = [[], ["--via", "scapy"], ["--filter", "udp"], ["--workers", "3", "--wait"]]


@netns.needed()
@pytest.mark.parametrize("more", MORE, ids=["ring", "scapy", "filter", "workers"])
@pytest.mark.parametrize("sudo", [{}, SUDO], ids=["nobody", "sudo"])
def test_a_live_capture(home: Path, more: list[str], sudo: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    if "--filter" in more and not compiler():
        pytest.skip("needs libpcap or tcpdump")
    monkeypatch.delenv("HOME", raising=False)
    for name, value in {**environment(), **sudo}.items():
        monkeypatch.setenv(name, value)
    words: list[Any] = [f"--report={name}={home}/report.{name}" for name in LIVE]
    words += ["--layout", f"{home}/layout.toml", "--expect", f"{home}/expected.toml"]
    words += ["--evidence", f"{home}/evidence.pcapng", "--count", "2000", *more]
    words += ["--recorder", "4M", "--recorder-file", f"{home}/traffic.pcapng", "--recorder-pause", "1ms"]
    if "--filter" in more:
        words += ["--evidence-files", "2", "--evidence-limit", "8K"]
    with netns.pair() as pair:
        command = [sys.executable, "-S", "-P", "-c", SCRIPT, str(home), "live", pair.into, *words]
        with netns.program(pair.rx, "env", "-C", str(home), *command) as live:
            live.says("listening on")
            pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%", "--rate", "20000")
            code = live.end()
    assert "AFTER THE DROP" not in (said := "\n".join(live.err)), said
    assert code in (0, 1), live.err
    assert {name for name, size in sizes(home).items() if size > 200} == set(LIVE)
    assert (home / "traffic.00001.pcapng").stat().st_size > 1000
    assert sum(path.stat().st_size for path in home.glob("evidence*.pcapng")) > 1000


# In the receiver's namespace: asks, in both formats, until the verdict is told.
ASK = """
import sys, time, urllib.request
for turn in range(2000):
    kind = ("text/plain", "application/openmetrics-text; version=1.0.0")[turn % 2]
    request = urllib.request.Request(sys.argv[1], headers={"Accept": kind})
    with urllib.request.urlopen(request, timeout=60) as answer:
        body = answer.read().decode()
    if "seqcheck_frames_total 3000.0" in body and "seqcheck_verdict_info" in body:
        print(body)
        break
    time.sleep(0.05)
"""


@netns.needed()
def test_metrics_are_served_without_looking_anything_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("prometheus_client", reason="needs prometheus-client")
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    words = ["--metrics", ":0", "--interval", "20ms", f"--report=json={home}/report.json"]
    with netns.pair() as pair:
        command = [sys.executable, "-S", "-P", "-c", SCRIPT, str(home), "live", pair.into, *words]
        with netns.program(pair.rx, "env", "-C", str(home), *command) as live:
            live.says("metrics at")
            place = next(line.split()[-1] for line in live.err if "metrics at" in line)
            live.says("listening on")
            pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%")
            asked = ["ip", "netns", "exec", pair.rx, sys.executable, "-c", ASK, place]
            told = subprocess.run(asked, capture_output=True, text=True, check=True, timeout=2 * netns.TIMEOUT).stdout
            assert live.end(signal.SIGTERM) == 1
    assert "AFTER THE DROP" not in (said := "\n".join(live.err)), said
    assert "seqcheck_duplicates" in told


@netns.needed()
def test_wireshark_is_served_without_looking_anything_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment().items():
        monkeypatch.setenv(name, value)
    fifo = home / "fifo"
    os.mkfifo(fifo)
    words = ["extcap", "--capture", "--fifo", str(fifo), f"--layout={home}/layout.toml"]
    with netns.pair() as pair:
        words += ["--extcap-interface", f"seqcheck-{pair.into}"]
        command = [sys.executable, "-S", "-P", "-c", SCRIPT, str(home), *words]
        with netns.program(pair.rx, "env", "-C", str(home), *command) as capture, open(fifo, "rb") as stream:
            analysis = subprocess.Popen(
                [sys.executable, "-m", "seqcheck", "analyze", "-", "--report", "json"],
                stdin=stream, stdout=subprocess.PIPE,
            )  # fmt: skip
            while netns.run("ip", "netns", "exec", pair.rx, "cat", "/proc/net/packet").count(" 0003 ") < 2:
                assert capture.process.poll() is None, capture.err
            status = Path(f"/proc/{capture.process.pid}/status")
            while "NoNewPrivs:\t1" not in status.read_text("ascii"):
                assert capture.process.poll() is None, capture.err
            truth = pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%")
            code = capture.end(signal.SIGTERM)
            told = json.loads(analysis.communicate(timeout=netns.TIMEOUT)[0])
    assert (code, capture.err) == (0, [])
    assert told["duplicates"]["total"] == truth["duplicates"] > 0


@pytest.mark.skipif(sys.platform != "linux", reason="capabilities are Linux's")
def test_root_that_cannot_be_given_up_is_told() -> None:
    bounded = (  # CAP_SETGID, which a container may lack
        "import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 6, 0, 0, 0); "
        "os.execv(sys.executable, [sys.executable, '-m', 'seqcheck', *sys.argv[1:]])"
    )
    command = [sys.executable, "-c", bounded, "analyze", str(SAMPLES / "stale-slot.pcap")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=netns.TIMEOUT)
    assert done.returncode == 2
    assert done.stderr.startswith("seqcheck: cannot give up root and become ")
    assert "--keep-privileges" in done.stderr
