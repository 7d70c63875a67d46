"""Exit codes, errors and the parser: what holds for every verb."""

import argparse
import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable

import pytest

from seqcheck.cli import main as cli
from seqcheck.errors import InputError, OutputError, PrivilegeError, UsageError
from seqcheck.version import VERSION


def run_verb(monkeypatch: pytest.MonkeyPatch, run: Callable[[argparse.Namespace], int], verbose: bool = False) -> int:
    """main() with a verb that does `run`."""
    monkeypatch.setattr(cli, "parse", lambda argv: argparse.Namespace(run=run, verbose=verbose))
    return cli.main([])


def raising(error: BaseException) -> Callable[[argparse.Namespace], int]:
    def run(args: argparse.Namespace) -> int:
        raise error

    return run


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_verbs_code_is_the_exit_code(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    assert run_verb(monkeypatch, lambda args: code) == code


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (UsageError("bad", hint="do this"), ["seqcheck: bad", "  do this"]),
        (InputError("no capture"), ["seqcheck: no capture"]),
        (OutputError("full", hint="a\nb"), ["seqcheck: full", "  a", "  b"]),
        (PrivilegeError("not yours"), ["seqcheck: not yours"]),
        (PermissionError(errno.EACCES, "Permission denied", "x.pcap"), ["seqcheck: x.pcap: Permission denied"]),
        (OSError(errno.EIO, "Input/output error"), ["seqcheck: Input/output error"]),
        (MemoryError(), ["seqcheck: out of memory"]),
        (InputError("\x1b[2J\u202e"), ["seqcheck: \\x1b[2J\\u202e"]),
    ],
)
def test_an_error_is_one_line_and_its_advice(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception, lines: list[str]
) -> None:
    assert run_verb(monkeypatch, raising(error)) == 2
    out, err = capsys.readouterr()
    assert err.splitlines() == lines
    assert out == ""


def test_a_fault_of_our_own_says_how_to_report_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_verb(monkeypatch, raising(ZeroDivisionError("by zero"))) == 2
    err = capsys.readouterr().err
    assert err.splitlines()[0] == "seqcheck: unexpected ZeroDivisionError: by zero"
    assert "SEQCHECK_DEBUG=1" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("value", "shown"), [("1", True), ("0", False), ("", False)])
def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], value: str, shown: bool
) -> None:
    monkeypatch.setenv("SEQCHECK_DEBUG", value)
    assert run_verb(monkeypatch, raising(InputError("no"))) == 2
    assert ("Traceback" in capsys.readouterr().err) is shown


def test_verbose_shows_the_traceback(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb(monkeypatch, raising(InputError("no")), verbose=True) == 2
    assert "Traceback" in capsys.readouterr().err


def test_an_interrupt_is_130_and_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_verb(monkeypatch, raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("argv", [["--help"], ["-h"], ["--help", "analyze"]])
def test_help_lists_every_verb(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert cli.main(argv) == 0
    out = capsys.readouterr().out
    for verb in cli.VERBS:
        assert f"\n    {verb}" in out


@pytest.mark.parametrize("verb", cli.VERBS)
def test_every_verb_has_its_help(capsys: pytest.CaptureFixture[str], verb: str) -> None:
    assert cli.main([verb, "--help"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"usage: seqcheck {verb}")
    assert "--quiet" in out
    assert "--verbose" in out


def test_without_a_verb_it_says_how_to_use_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "usage: seqcheck" in err


@pytest.mark.parametrize(
    "argv", [["frobnicate"], ["--frobnicate"], ["analyze"], ["analyze", "--lay", "x", "y"], ["layouts", "a", "b"]]
)
def test_bad_usage_is_an_error_like_any_other(capsys: pytest.CaptureFixture[str], argv: list[str]) -> None:
    assert cli.main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    first, advice = err.splitlines()
    assert first.startswith("seqcheck: ")
    assert advice.startswith("  try: seqcheck")


@pytest.mark.parametrize("argv", [["-v", "layouts"], ["layouts", "-v"], ["-v", "layouts", "-v"]])
def test_common_options_go_before_or_behind_the_verb(argv: list[str]) -> None:
    args = cli.parse(argv)
    assert args.verbose is True
    assert args.quiet is False


def test_version_names_the_kernel(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQCHECK_KERNEL", "reference")
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"seqcheck {VERSION} (kernel: reference)\n"


def seqcheck(*argv: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqcheck", *argv],
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
        **options,
    )  # type: ignore[call-overload,no-any-return]


def test_a_broken_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = seqcheck("layouts", stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_is_an_error() -> None:
    with open("/dev/full", "wb") as full:
        done = seqcheck("layouts", stdout=full)
    assert done.returncode == 2
    assert done.stderr == "seqcheck: cannot write standard output: No space left on device\n"


def test_python_m_is_the_same_command() -> None:
    done = seqcheck("--version", stdout=subprocess.PIPE)
    assert done.returncode == 0
    assert done.stdout.startswith(f"seqcheck {VERSION} (kernel: ")


@pytest.mark.parametrize("columns", ["60", "80", "140"])
def test_prose_in_the_help_fits_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], columns: str
) -> None:
    """Commands, which are indented, stay whole."""
    monkeypatch.setenv("COLUMNS", columns)
    for argv in ([], *([verb] for verb in cli.VERBS)):
        assert cli.main([*argv, "--help"]) == 0
        text = capsys.readouterr().out
        prose = [line for line in text.splitlines() if line and not line[0].isspace()]
        assert [line for line in prose if len(line) > int(columns)] == [], argv
    assert cli.main(["send", "--help"]) == 0
    text = capsys.readouterr().out
    assert "\n  sudo seqcheck send veth0 --ring-size 4096 --rate 100000 --other 2% --inject stale=0.01% --dur" in text
    assert "\nexit codes: 0 sent" in text


@pytest.mark.parametrize("columns", ["", "60", "no number", "0"])
def test_help_is_as_wide_as_the_terminal(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert cli.columns() == shutil.get_terminal_size((80, 24)).columns
    _, _, verbs = cli.build(()).format_help().partition("\nverbs:\n")
    assert max(map(len, verbs.partition("\n\n")[0].splitlines())) <= cli.columns()


@pytest.mark.parametrize("given", ["", "['--version']"])
def test_only_a_process_of_our_own_has_its_garbage_collected_less_often(given: str) -> None:
    code = f"""
import gc, sys
before = gc.get_threshold()
sys.argv = ["seqcheck", "--version"]
from seqcheck.cli.main import main
assert main({given}) == 0 and gc.isenabled()
print(gc.get_threshold() == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines()[-1] == str(bool(given))


@pytest.mark.parametrize(("argv", "first", "advice"), [
    (["analyse", "x"], "there is no verb 'analyse'; did you mean analyze?", "try: seqcheck --help"),
    (["-q", "layoutz", "x"], "there is no verb 'layoutz'; did you mean layouts?", "try: seqcheck --help"),
    (["analyze", "--ringsize", "128", "x"], "there is no option --ringsize; did you mean --ring-size?",
     "try: seqcheck analyze --help"),
    (["analyze", "--fail=any", "x"], "there is no option --fail; did you mean --fail-on?",
     "try: seqcheck analyze --help"),
    (["analyze", "--max=3", "x"], "there is no option --max", "try: seqcheck analyze --help"),
    (["analyze", "--evidence", "x", "y"], "there is no option --evidence here; live has it",
     "try: seqcheck analyze --help"),
    (["discover", "--one-clock", "y"], "there is no option --one-clock here; locate has it",
     "try: seqcheck discover --help"),
    (["diff", "--ring-size=4", "y", "x"], "there is no option --ring-size here; analyze, live, simulate, send and dedup"
     " have it", "try: seqcheck diff --help"),
    (["layouts", "a", "b"], "unexpected argument 'b'", "try: seqcheck layouts --help"),
    (["--ring-size=4", "x"], "there is no option --ring-size before the verb", "try: seqcheck analyze --ring-size ..."),
    (["analyze", "--report", "htlm=x", "y"], "argument --report: there is no report 'htlm'; did you mean html?",
     "try: seqcheck analyze --help"),
    (["analyze"], "the following arguments are required: CAPTURE", "try: seqcheck analyze --help"),
])  # fmt: skip
def test_a_mistake_is_told_with_what_may_be_meant(
    capsys: pytest.CaptureFixture[str], argv: list[str], first: str, advice: str
) -> None:
    assert cli.main(argv) == 2
    assert capsys.readouterr().err.splitlines() == [f"seqcheck: {first}", f"  {advice}"]


@pytest.mark.parametrize("argv", [["run.pcap"], ["-v", "run.pcapng.zst", "--ring-size", "4"], ["-"], [os.devnull]])
def test_a_capture_in_the_verbs_place_is_analyzed(argv: list[str]) -> None:
    args = cli.parse(argv)
    assert args.run.__module__ == "seqcheck.cli.analyze"
    assert args.captures == [word for word in argv if "." in word or word in ("-", os.devnull)]


@pytest.mark.parametrize("verb", ["analyze", "discover"])
def test_captures_may_stand_before_and_behind_options(verb: str) -> None:
    args = cli.parse([verb, "a.pcap", "--report", "json", "b.pcap", "-q", "-"])
    assert args.captures == ["a.pcap", "b.pcap", "-"]
    with pytest.raises(UsageError, match="no option --lay"):
        cli.parse([verb, "a.pcap", "--lay", "b.pcap"])
    with pytest.raises(UsageError, match="unexpected argument"):
        cli.parse(["redact", "a.pcap", "-q", "b.pcap", "c.pcap"])
