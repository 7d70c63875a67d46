"""Results appear complete or not at all, and replace nothing unasked."""

import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from seqcheck.cli import output
from seqcheck.cli.output import Output, same_file, spare
from seqcheck.errors import OutputError, UsageError
from seqcheck.outputs import FORMATS

SAMPLE = Path(__file__).parent.parent / "samples" / "stale-slot.pcap"


def write(path: Path, text: bytes, *, force: bool = False) -> None:
    with Output(str(path), force=force) as made:
        made.stream.write(text)
        made.commit()


def test_a_new_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    with Output(str(target)) as made:
        made.stream.write(b"{}")
        assert not target.exists()
        made.commit()
        assert target.read_bytes() == b"{}"
    assert os.listdir(tmp_path) == ["run.json"]


def test_without_commit_nothing_is_left(tmp_path: Path) -> None:
    with Output(str(tmp_path / "run.json")) as made:
        made.stream.write(b"half")
    assert os.listdir(tmp_path) == []


def test_an_error_leaves_nothing_and_the_old_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), Output(str(target), force=True) as made:
        made.stream.write(b"new")
        raise ZeroDivisionError
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="already exists") as caught:
        Output(str(target))
    assert "--force" in caught.value.hint
    write(target, b"new", force=True)
    assert target.read_bytes() == b"new"


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    with pytest.raises(OutputError, match="already exists"), Output(str(target)) as made:
        made.stream.write(b"mine")
        target.write_bytes(b"theirs")
        made.commit()
    assert target.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["run.json"]


@pytest.fixture(params=["unnamed", "named", "no links"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The ways in which a file can come to be, best first."""

    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    if request.param != "unnamed":
        monkeypatch.setattr(output, "UNNAMED", 0)
    if request.param == "no links":
        monkeypatch.setattr(os, "link", no_links)
    return str(request.param)


def test_every_way_makes_the_file_and_leaves_nothing_else(tmp_path: Path, way: str) -> None:
    target = tmp_path / "run.json"
    write(target, b"1")
    with pytest.raises(OutputError, match="already exists"):
        write(target, b"2")
    write(target, b"3", force=True)
    assert target.read_bytes() == b"3"
    with Output(str(tmp_path / "other")) as half:
        half.stream.write(b"half")
    assert os.listdir(tmp_path) == ["run.json"]


def test_what_an_earlier_run_left_behind_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "UNNAMED", 0)
    names = iter([b"aaaaaa", b"aaaaaa", b"bbbbbb"])
    monkeypatch.setattr(os, "urandom", lambda count: next(names))
    first = Output(str(tmp_path / "run.json"))
    write(tmp_path / "run.json", b"1")
    assert (tmp_path / "run.json").read_bytes() == b"1"
    with first:
        pass
    assert os.listdir(tmp_path) == ["run.json"]


def run(*words: str, **how: Any) -> subprocess.CompletedProcess[bytes]:
    code = "import sys; from seqcheck.cli.main import main; sys.exit(main())"
    return subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=False, **how)


@pytest.mark.parametrize("given", ["stdin", "link", "layout", "expect", "appended"])
def test_what_is_read_is_never_replaced(tmp_path: Path, given: str) -> None:
    capture = tmp_path / "run.pcap"
    capture.write_bytes(SAMPLE.read_bytes())
    other = tmp_path / "other"
    other.write_text('anchor = "udp:5000"\nseq = "u32be@0"\n' if given == "layout" else 'cause = "clean"\n')
    os.link(capture, tmp_path / "link.pcap")
    before = (capture.read_bytes(), other.read_bytes())
    with open(capture, "ab+") as stream, open(capture, "rb") as reading:
        got = {
            "stdin": lambda: run("analyze", "--force", "-", f"--report=json={capture}", stdin=reading),
            "link": lambda: run("analyze", "--force", str(capture), f"--report=json={tmp_path}/link.pcap"),
            "layout": lambda: run("analyze", "--force", "--layout", str(other), str(capture), f"--report=json={other}"),
            "expect": lambda: run("analyze", "--force", "--expect", str(other), str(capture), f"--report=json={other}"),
            "appended": lambda: subprocess.run(
                [sys.executable, "-m", "seqcheck", "analyze", str(capture), "--report", "pcapng"],
                stdout=stream, stderr=subprocess.PIPE, check=False,
            ),
        }[given]()  # fmt: skip
    assert got.returncode == 2
    assert b"write to another file" in got.stderr
    assert (capture.read_bytes(), other.read_bytes()) == before


def test_any_number_of_reports_may_go_to_nowhere() -> None:
    got = run("analyze", "--report=json=/dev/null", "--report=csv=/dev/null", str(SAMPLE))
    assert (got.returncode, got.stderr) == (1, b"")


@pytest.mark.parametrize("name", FORMATS)
def test_a_reader_that_goes_away_is_no_news(name: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    words = [sys.executable, "-m", "seqcheck", "analyze", "--report", name, str(SAMPLE)]
    got = subprocess.run(words, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (got.returncode, got.stderr) == (1, b"")


def test_a_pipe_that_nobody_reads_is_told_of(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    words = [sys.executable, "-m", "seqcheck", "analyze", f"--report=json={pipe}", str(SAMPLE)]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"seqcheck: waiting for somebody to read {pipe}\n".encode()
        assert json.loads(pipe.read_bytes())["schema"] == "seqcheck.report/1"
        assert process.wait() == 1


def test_more_files_than_the_soft_limit_allows(tmp_path: Path) -> None:
    paths = [tmp_path / f"{number}.pcap" for number in range(150)]
    for path in paths:
        shutil.copy(SAMPLE, path)

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))

    got = run("analyze", "--report=json=/dev/null", *map(str, paths[:110]), preexec_fn=limited)
    assert b"Too many open files" not in got.stderr
    assert b"overlap in time" in got.stderr, "which is another limit"


def test_the_umask_decides_who_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write(tmp_path / "run.json", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("place", ["missing/run.json", ".", "file/run.json"])
def test_an_impossible_place_is_an_error_at_once(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(
        OutputError,
        match=r"cannot write .*: (there is no folder .*(missing|file)$|it is a folder|Not a directory)",
    ):
        Output(str(tmp_path / place))


def test_devices_are_written_as_they_are() -> None:
    write(Path(os.devnull), b"anything")
    assert not os.path.isfile(os.devnull)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_device_is_an_error_that_names_it() -> None:
    with pytest.raises(OutputError, match="cannot write /dev/full: No space left on device"):
        write(Path("/dev/full"), b"anything")


def test_an_output_never_lands_on_an_input(tmp_path: Path) -> None:
    capture = tmp_path / "run.pcap"
    capture.write_bytes(b"")
    (tmp_path / "same.pcap").symlink_to(capture)
    with pytest.raises(UsageError, match="one of the inputs"):
        spare([str(capture)], [str(tmp_path / "same.pcap")])
    spare([str(capture), "-"], ["-", str(tmp_path / "run.json"), os.devnull])
    assert not same_file(str(capture), str(tmp_path / "run.json"))
