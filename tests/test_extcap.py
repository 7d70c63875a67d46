"""`seqcheck extcap`: what Wireshark asks, and a capture with comments, by tshark."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

import netns
import pytest

from seqcheck.cli.main import main
from seqcheck.linux import interface

WHY_NOT = netns.why_not() or ("" if shutil.which("tshark") else "needs tshark")
SCRIPT = Path(__file__).parent.parent / "contrib" / "wireshark" / "seqcheck-extcap"


def test_what_wireshark_asks(capsys: pytest.CaptureFixture[str]) -> None:
    name = next(each for each in interface.known() if interface.find(each) is not None)
    assert main(["extcap", "--extcap-interfaces", "--extcap-version=4.0"]) == 0
    first, *lines = capsys.readouterr().out.splitlines()
    assert first.startswith("extcap {version=")
    assert f"interface {{value=seqcheck-{name}}}{{display=seqcheck: {name}}}" in lines
    assert main(["extcap", "--extcap-interface", f"seqcheck-{name}", "--extcap-dlts"]) == 0
    assert capsys.readouterr().out.startswith("dlt {number=")
    assert main(["extcap", f"--extcap-interface=seqcheck-{name}", "--extcap-config"]) == 0
    assert "{call=--layout}" in capsys.readouterr().out


def test_a_filter_is_looked_at_while_it_is_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """Wireshark takes no output for valid, and any output for what is wrong."""
    name = next(each for each in interface.known() if interface.find(each) is not None)
    for expression, wrong in (("udp port 5000", ""), ("", ""), ("udp prt 5", "invalid filter 'udp prt 5'")):
        words = ["extcap", f"--extcap-capture-filter={expression}", f"--extcap-interface=seqcheck-{name}"]
        assert main(words) == 0
        said = capsys.readouterr()
        assert (said.out.startswith(wrong), said.err) == (True, "")
        assert bool(said.out) == bool(wrong)


@pytest.mark.parametrize("words", [
    [], ["--capture"], ["--extcap-interface=seqcheck-nowhere0", "--extcap-dlts"], ["--extcap-interface=x", "--capture"],
])  # fmt: skip
def test_what_cannot_be_is_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["extcap", *words]) == 2
    assert capsys.readouterr().err.startswith("seqcheck: ")


def test_no_file_is_made_or_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = next(each for each in interface.known() if interface.find(each) is not None)
    kept, new = tmp_path / "kept", tmp_path / "new"
    kept.write_text("mine")
    for path, said in ((kept, "is a file, not a FIFO"), (new, "No such file")):
        assert main(["extcap", "--capture", f"--extcap-interface=seqcheck-{name}", f"--fifo={path}"]) == 2
        assert said in capsys.readouterr().err
    assert kept.read_text() == "mine"
    assert not new.exists()


def test_the_script_leads_there() -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert SCRIPT.read_text().splitlines()[-1] == 'exec seqcheck extcap "$@"'


def extcap_folder() -> str:
    """Where Wireshark looks for such programs on this machine; skips where it has no such folder."""
    told = netns.run("tshark", "-G", "folders")
    found = [line.partition(":")[2].strip() for line in told.splitlines() if "extcap path" in line.lower()]
    there = [path for path in found if os.path.isdir(path)]
    if not there:
        pytest.skip("Wireshark has no folder for extcap programs here")
    return there[-1]


@pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT or "-")
def test_tshark_shows_the_comments(tmp_path: Path) -> None:
    folder = tmp_path / "extcap"
    folder.mkdir()
    program = folder / "seqcheck"
    program.write_text(f'#!/bin/sh\nexec {" ".join(netns.SEQCHECK)} extcap "$@"\n')
    program.chmod(0o755)
    path = tmp_path / "shown.pcapng"
    with netns.pair() as pair:
        command = ["tshark", "-i", f"seqcheck-{pair.into}", "-c", "3000", "-w", str(path), "-q"]
        # A program in a namespace of `ip netns exec` has mounts of its own.
        script = f"mount --bind {shlex.quote(str(folder))} {shlex.quote(extcap_folder())} && exec {shlex.join(command)}"
        with netns.program(pair.rx, "sh", "-c", script) as tshark:
            while netns.run("ip", "netns", "exec", pair.rx, "cat", "/proc/net/packet").count(" 0003 ") < 2:
                assert tshark.process.poll() is None, tshark.err
            truth = pair.send("--count", "3000", "--ring-size", "64", "--inject", "stale=1%")
            assert tshark.end() == 0, tshark.err
    shown = ["tshark", "-r", str(path), "-T", "fields", "-e", "frame.number", "-e", "frame.comment"]
    done = subprocess.run(shown, capture_output=True, text=True, check=True, timeout=netns.TIMEOUT)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) == 3000
    comments = [text for _, text in rows if text]
    assert len(comments) == truth["duplicates"] > 5
    assert all(" again, " in text and "records after frame" in text for text in comments)
