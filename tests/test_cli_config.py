"""Settings from files: what wins, what cannot be, whose files are read; and seqcheck config."""

import os
from pathlib import Path

import pytest

from seqcheck.cli import settings
from seqcheck.cli.main import main, parse
from seqcheck.errors import UsageError

SAMPLES = Path(__file__).parent.parent / "samples"
PROJECT = """
layout = "mine"
ring-size = [512, 4096]
max-missing = "0.1%"
[layouts]
mine = "udp:5000 seq=u32be@0"
[profile.lab]
ring-size = 1024
fail-on = ["stale-slot:moderate", "loop"]
allow-damage = true
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder, and an empty home."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    (tmp_path / "home" / "seqcheck").mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def user(folder: Path, text: str) -> None:
    (folder.parent / "home" / "seqcheck" / "config.toml").write_text(text)


def test_without_files_nothing_is_added() -> None:
    assert settings.extend(["analyze", "a.pcap"], "analyze")[0] == ["analyze", "a.pcap"]


@pytest.mark.parametrize("verb", ["analyze", "live"])
def test_what_the_folder_says_is_taken_and_the_command_line_wins(folder: Path, verb: str) -> None:
    (folder / "seqcheck.toml").write_text(PROJECT)
    args = parse([verb, "x"])
    assert (args.layouts, args.ring_sizes, str(args.max_missing)) == (["udp:5000 seq=u32be@0"], [512, 4096], "0.1%")
    args = parse([verb, "--ring-size", "8", "--layout=rtp", "--max-missing", "3", "x"])
    assert (args.layouts, args.ring_sizes, str(args.max_missing)) == (["rtp"], [8], "3")
    args = parse([verb, "--no-config", "x"])
    assert (args.layouts, args.ring_sizes, args.max_missing) == ([], [], None)


def test_a_profile_wins_over_the_file_and_the_folder_over_the_user(folder: Path) -> None:
    (folder / "seqcheck.toml").write_text(PROJECT)
    user(folder, 'max-late = 7\nring-size = 2\n[layouts]\nmine = "rtp"\nother = "txseq"\n[profile.lab]\nlisted = 5\n')
    args = parse(["analyze", "--profile", "lab", "x"])
    assert (args.ring_sizes, args.listed, str(args.max_late), args.allow_damage) == ([1024], 5, "7", True)
    assert [str(each.cause) for each in args.fail_on] == ["stale-slot", "loop"]
    assert parse(["analyze", "--layout", "other", "x"]).layouts == ["txseq"]
    assert parse(["analyze", "--layout=mine", "x"]).layouts == ["udp:5000 seq=u32be@0"]
    assert parse(["analyze", "--", "--layout=mine"]).captures == ["--layout=mine"]


def test_pyproject_is_read_where_it_has_the_table_and_there_is_no_file_of_our_own(folder: Path) -> None:
    (folder / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert parse(["analyze", "x"]).ring_sizes == []
    (folder / "pyproject.toml").write_text("[tool.seqcheck]\nring-size = 64\n")
    assert parse(["analyze", "x"]).ring_sizes == [64]
    (folder / "seqcheck.toml").write_text("listed = 3\n")
    assert parse(["analyze", "x"]).ring_sizes == []


def test_a_list_of_layouts(folder: Path) -> None:
    (folder / "seqcheck.toml").write_text('layout = ["rtp", "mgen"]\n')
    assert parse(["analyze", "x"]).layouts == ["rtp", "mgen"]
    assert parse(["analyze", "--layout", "txseq", "x"]).layouts == ["txseq"]


@pytest.mark.parametrize(("text", "message"), [
    ("ringsize = 3", "seqcheck.toml: there is no setting 'ringsize'; did you mean ring-size?"),
    ("report = 'html=x'", "seqcheck.toml: there is no setting 'report'; there are: "),
    ("layouts = 3", "seqcheck.toml: layouts is not a table"),
    ("[profile]\nlab = 3", "seqcheck.toml: lab is not a table"),
    ("[profile.lab]\nprofile = 3", "seqcheck.toml: profile.lab: there is no setting 'profile'"),
    ("layout = 1.5", "seqcheck.toml: layout: 1.5 is neither text nor a number"),
    ("ring-size = [true]", "seqcheck.toml: ring-size: True is neither text nor a number"),
    ("allow-damage = 1", "seqcheck.toml: allow-damage: 1 is neither true nor false"),
    ("x = [", "seqcheck.toml: not TOML"),
    ("#" * ((1 << 20) + 1), "seqcheck.toml: more than 1048576 bytes"),
])  # fmt: skip
def test_what_cannot_be_is_said_with_the_file(folder: Path, text: str, message: str) -> None:
    (folder / "seqcheck.toml").write_text(text)
    with pytest.raises(UsageError) as raised:
        parse(["analyze", "x"])
    assert raised.value.message.startswith(message)
    assert parse(["analyze", "--no-config", "x"]).captures == ["x"]


def test_a_value_that_the_option_refuses_is_blamed_on_the_file(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seqcheck.toml").write_text("ring-size = -4\n")
    assert main(["analyze", "x"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "seqcheck: argument --ring-size: '-4' is not a number from 2 to 1000000",
        "  --ring-size is from seqcheck.toml; --no-config reads no such file.",
    ]


def test_a_profile_that_is_not_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seqcheck.toml").write_text(PROJECT)
    assert main(["analyze", "--profile=lap", "x"]) == 2
    assert "there is no profile 'lap'; did you mean lab?" in capsys.readouterr().err


def test_somebody_elses_file_is_not_heeded(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "seqcheck.toml").write_text(PROJECT)
    owner = os.stat(folder / "seqcheck.toml").st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    monkeypatch.delenv("SUDO_UID", raising=False)
    if owner:
        assert parse(["analyze", "x"]).layouts == []
        assert "belongs to somebody else" in capsys.readouterr().err
    assert settings._trusted(0)
    assert not settings._trusted(owner + 2)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("SUDO_UID", "1234")
    assert settings._trusted(1234)
    assert not settings._trusted(1235)


def test_config_shows_what_holds_and_where_it_is_from(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["config"]) == 0
    assert capsys.readouterr().out.startswith("No settings: ")
    (folder / "seqcheck.toml").write_text(PROJECT)
    user(folder, "max-late = 7\n")
    assert main(["config", "--profile", "lab"]) == 0
    home = folder.parent / "home" / "seqcheck" / "config.toml"
    assert set(capsys.readouterr().out.splitlines()) == {
        "--layout=mine  (seqcheck.toml)",
        "--ring-size=1024  (seqcheck.toml, profile lab)",
        "--max-missing=0.1%  (seqcheck.toml)",
        f"--max-late=7  ({home})",
        "--fail-on=stale-slot:moderate --fail-on=loop  (seqcheck.toml, profile lab)",
        "--allow-damage  (seqcheck.toml, profile lab)",
        "layout mine: udp:5000 seq=u32be@0  (seqcheck.toml)",
        "profiles: lab",
    }


def test_an_analysis_uses_it(folder: Path) -> None:
    sample = str(SAMPLES / "thread-4096.pcap")
    assert main(["analyze", "--report", "json=/dev/null", sample]) == 1
    (folder / "seqcheck.toml").write_text('max-duplicates = 1\nlayout = "seqcheck"\n')
    assert main(["analyze", "--report", "json=/dev/null", sample]) == 0
    assert main([sample, "--max-duplicates", "0", "--report", "json=/dev/null"]) == 1


def test_every_setting_is_an_option_and_documented() -> None:
    page = (SAMPLES.parent / "docs" / "cli.md").read_text().partition("### Configuration files")[2]
    for verb in ("analyze", "live"):
        for name in settings.KEYS:
            assert hasattr(
                parse([verb, "x"]), {"ring-size": "ring_sizes", "layout": "layouts"}.get(name, name.replace("-", "_"))
            )
            assert f"`{name}`" in page


def test_a_pipe_of_that_name_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "seqcheck.toml")
    assert parse(["analyze", "x"]).captures == ["x"]


def test_the_demo_is_not_led_astray(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "seqcheck.toml").write_text(PROJECT)
    assert main(["demo", "--no-open", "here"]) == 0
    assert "consistent with a stale TX slot in a ring of 512" in capsys.readouterr().out
