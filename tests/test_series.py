"""Numbered files: names, what is kept, and that other files are not touched."""

import stat
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from seqcheck.cli import series as module
from seqcheck.cli.growing import Growing
from seqcheck.cli.naming import Namer
from seqcheck.cli.series import Numbered, Series
from seqcheck.errors import OutputError


def put(series: Series, data: bytes) -> None:
    """A file of the series."""
    with closing(Numbered(series)) as one:
        one.stream.write(data)
        one.appear()


def there(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(params=["unnamed", "named", "elsewhere"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """File systems with and without unnamed files, and files that another process makes."""
    if request.param == "named":
        monkeypatch.setattr(module, "UNNAMED", 0)
        monkeypatch.setattr(module, "heed", lambda: None)
    return str(request.param)


def test_the_newest_are_kept(way: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        series = stack.enter_context(closing(Series(str(tmp_path / "run.pcapng"), most=2)))
        if way == "elsewhere":
            stack.enter_context(closing(Namer([], [series])))
        for number in range(1, 5):
            put(series, b"%d" % number)
        assert series.removed == 2
    assert there(tmp_path) == {"run.00003.pcapng": b"3", "run.00004.pcapng": b"4"}


def test_a_file_that_was_not_named_leaves_nothing(way: str, tmp_path: Path) -> None:
    with ExitStack() as stack:
        series = stack.enter_context(closing(Series(str(tmp_path / "run.pcapng"), most=2)))
        if way == "elsewhere":
            stack.enter_context(closing(Namer([], [series])))
        one = Growing(Numbered(series), silent=1)
        one.write(b"head")
        assert "run.00001.pcapng" not in there(tmp_path)
        one.write(b" and body")
        assert there(tmp_path) == {"run.00001.pcapng": b"head and body"}
        Numbered(series).stream.write(b"never named")
    assert there(tmp_path) == {"run.00001.pcapng": b"head and body"}


@pytest.mark.parametrize("force", [False, True])
def test_numbers_go_on_and_files_of_others_stay(tmp_path: Path, force: bool) -> None:
    old = ("run.00007.pcapng", "run.00009.pcapng", "run.1.pcapng", "run.00001.pcap", "running.00001.pcapng")
    for name in old:
        (tmp_path / name).write_bytes(b"old")
    with closing(Series(str(tmp_path / "run.pcapng"), most=2, force=force)) as series:
        put(series, b"10")
        put(series, b"11")
    left = there(tmp_path)
    assert {left.pop("run.00010.pcapng"), left.pop("run.00011.pcapng")} == {b"10", b"11"}
    assert sorted(left) == sorted(old[2:] if force else old)


def test_a_number_that_somebody_took_meanwhile(tmp_path: Path) -> None:
    with closing(Series(str(tmp_path / "run.pcapng"), most=5)) as series:
        (tmp_path / "run.00001.pcapng").symlink_to(tmp_path / "elsewhere")
        put(series, b"mine")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run.00001.pcapng", "run.00002.pcapng"]
    assert (tmp_path / "run.00002.pcapng").read_bytes() == b"mine"


def test_the_folder_is_the_one_that_was_opened(tmp_path: Path) -> None:
    folder, moved = tmp_path / "folder", tmp_path / "moved"
    folder.mkdir()
    with closing(Series(str(folder / "run.pcapng"), most=5)) as series:
        folder.rename(moved)
        folder.symlink_to(tmp_path)
        put(series, b"1")
    assert there(moved) == {"run.00001.pcapng": b"1"}


@pytest.mark.parametrize("path", ["nowhere/run.pcapng", "folder/", "folder/.."])
def test_where_no_file_can_be(tmp_path: Path, path: str) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        Series(f"{tmp_path}/{path}", most=1)


def test_what_goes_wrong_elsewhere_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with closing(Series(str(folder / "run.pcapng"), most=1)) as series, closing(Namer([], [series])):
        folder.rmdir()
        with pytest.raises(OutputError, match="there is no folder"):
            series.begin()


def test_others_may_read_them_as_other_reports(tmp_path: Path) -> None:
    with closing(Series(str(tmp_path / "run.pcapng"), most=1)) as series:
        put(series, b"1")
    (tmp_path / "plain").write_bytes(b"")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert len(modes) == 1
