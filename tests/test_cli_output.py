"""Results appear whole or not at all, and replace nothing unasked."""

import os
from pathlib import Path

import pytest

from seqcheck.cli.output import Output, same_file, spare
from seqcheck.errors import OutputError, UsageError


def write(path: Path, text: bytes, *, force: bool = False) -> None:
    with Output(str(path), force=force) as output:
        output.stream.write(text)
        output.commit()


def test_a_new_file_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    with Output(str(target)) as output:
        output.stream.write(b"{}")
        assert not target.exists()
        output.commit()
        assert target.read_bytes() == b"{}"
    assert os.listdir(tmp_path) == ["run.json"]


def test_without_commit_nothing_is_left(tmp_path: Path) -> None:
    with Output(str(tmp_path / "run.json")) as output:
        output.stream.write(b"half")
    assert os.listdir(tmp_path) == []


def test_an_error_leaves_nothing_and_the_old_file_as_it_was(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), Output(str(target), force=True) as output:
        output.stream.write(b"new")
        raise ZeroDivisionError
    assert target.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["run.json"]


def test_nothing_is_replaced_without_force(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    target.write_bytes(b"old")
    with pytest.raises(OutputError, match="exists already") as caught:
        Output(str(target))
    assert "--force" in caught.value.hint
    write(target, b"new", force=True)
    assert target.read_bytes() == b"new"


def test_a_file_that_appeared_meanwhile_is_kept(tmp_path: Path) -> None:
    target = tmp_path / "run.json"
    with pytest.raises(OutputError, match="exists already"), Output(str(target)) as output:
        output.stream.write(b"mine")
        target.write_bytes(b"theirs")
        output.commit()
    assert target.read_bytes() == b"theirs"
    assert os.listdir(tmp_path) == ["run.json"]


def test_without_hard_links_it_works_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(source: object, target: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    target = tmp_path / "run.json"
    write(target, b"1")
    assert target.read_bytes() == b"1"
    assert os.listdir(tmp_path) == ["run.json"]


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
    with pytest.raises(OutputError, match=r"cannot write .*: (No such file|Is a directory|Not a directory)"):
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
    with pytest.raises(UsageError, match="one of the captures"):
        spare([str(capture)], [str(tmp_path / "same.pcap")])
    spare([str(capture), "-"], ["-", str(tmp_path / "run.json"), os.devnull])
    assert not same_file(str(capture), str(tmp_path / "run.json"))
