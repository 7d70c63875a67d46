"""The completions, in the shells they are for."""

import shutil
import subprocess
from pathlib import Path

import pytest

from seqcheck.cli.completion.bash import quoted as in_bash
from seqcheck.cli.completion.fish import quoted as in_fish
from seqcheck.cli.completion.zsh import quoted as in_zsh
from seqcheck.cli.main import VERBS, main

ROOT = Path(__file__).parent.parent

# What is typed, and what it becomes: one possibility each.
TYPED = {
    "seqcheck ana": "seqcheck analyze",
    "seqcheck analyze --lay": "seqcheck analyze --layout",
    "seqcheck analyze --layout repub": "seqcheck analyze --layout republic",
    "seqcheck analyze --layout=repub": "seqcheck analyze --layout=republic",
    "seqcheck analyze --report jun": "seqcheck analyze --report junit",
    "seqcheck analyze --report junit=samples/READ": "seqcheck analyze --report junit=samples/README.md",
    "seqcheck analyze --fail-on sta": "seqcheck analyze --fail-on stale-slot",
    "seqcheck analyze --fail-on stale-slot:mod": "seqcheck analyze --fail-on stale-slot:moderate",
    "seqcheck analyze samples/clean.p": "seqcheck analyze samples/clean.pcap",
    "seqcheck analyze a.pcap samples/clean.p": "seqcheck analyze a.pcap samples/clean.pcap",
    "seqcheck -q analyze --each samples/clean.p": "seqcheck -q analyze --each samples/clean.pcap",
    "seqcheck diff --report mark": "seqcheck diff --report markdown",
    "seqcheck locate --report mark": "seqcheck locate --report markdown",
    "seqcheck diff samples/READ": "seqcheck diff samples/README.md",
    "seqcheck completion fi": "seqcheck completion fish",
    "seqcheck dedup --cause path-c": "seqcheck dedup --cause path-copy",
    "seqcheck explain unex": "seqcheck explain unexplained",
    "seqcheck schema jsonl": "seqcheck schema jsonl",
    "seqcheck live --clock ad": "seqcheck live --clock adapter",
    "seqcheck simulate --format pcapn": "seqcheck simulate --format pcapng",
}


@pytest.fixture
def script(request: pytest.FixtureRequest, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The script for the shell that the test's name begins with."""
    shell = request.node.name.split("_")[1]
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    assert main(["completion", shell]) == 0
    path = tmp_path / f"seqcheck.{shell}"
    path.write_text(capsys.readouterr().out)
    return path


def run(*command: str | Path, script: str = "") -> list[str]:
    done = subprocess.run(
        [*map(str, command)], input=script, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


BASH = """
source "$1"
while IFS= read -r line; do
    COMP_LINE=$line COMP_POINT=${#line} COMP_WORDS=() COMP_CWORD=0 COMPREPLY=()
    _seqcheck
    echo "${COMPREPLY[*]}"
done
"""


def bash(script: Path, lines: list[str]) -> list[list[str]]:
    text = "".join(f"{line}\n" for line in lines)
    return [line.split() for line in run("bash", "-c", BASH, "bash", script, script=text)]


def test_bash_completes_what_is_typed(script: Path) -> None:
    for (typed, whole), found in zip(TYPED.items(), bash(script, [*TYPED]), strict=True):
        word = whole.split()[-1]
        cut = max(typed.rfind("="), typed.rfind(":"), typed.rfind(" ")) - typed.rfind(" ")
        assert found == [word[cut:]], typed


def test_bash_offers_verbs_and_options(script: Path) -> None:
    verbs, options, value, after = bash(
        script, ["seqcheck ", "seqcheck man -", "seqcheck analyze --ring-size ", "seqcheck -v man -"]
    )
    assert verbs == [*VERBS]
    assert options == ["-q", "--quiet", "-v", "--verbose", "-h", "--help"]
    assert value == []
    assert after == options


def test_bash_needs_nothing_newer_than_3_2(script: Path) -> None:
    text = script.read_text()
    assert "mapfile" not in text
    assert "declare -A" not in text
    run("bash", "-n", script)


FISH = """
source $argv[1]
while read -l line
    set found (complete -C $line | string replace -r "\\t.*" '')
    echo $found
end
"""


def test_fish_completes_what_is_typed(script: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    text = "".join(f"{line}\n" for line in TYPED)
    answers = run("fish", "--no-config", "-c", FISH, script, script=text)
    for (typed, whole), found in zip(TYPED.items(), answers, strict=True):
        offered = found.split()
        word = whole.split()[-1]
        assert word in offered, typed
        assert all(each.startswith(word) for each in offered), typed


ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= PS2=; unsetopt prompt_cr prompt_sp; stty -echo; autoload -Uz compinit; compinit -D -u; source $1"
zpty -w shell "tell() { print -r -- \\"<[\\$BUFFER]>\\"; BUFFER= }; zle -N tell; bindkey '^O' tell; print RE''ADY"
zpty -r shell out $'*READY*'
while IFS= read -r line; do
    zpty -w -n shell "$line"$'\\t\\x0f'
    zpty -r shell out '*<\\[*\\]>*'
    print -r -- "${${out##*<\\[}%\\]>*}"
done
zpty -d shell
"""


def test_zsh_completes_what_is_typed(script: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    text = "".join(f"{line}\n" for line in TYPED)
    answers = run("zsh", "-f", "-c", ZSH, "zsh", script, script=text)
    for (typed, whole), found in zip(TYPED.items(), answers, strict=True):
        assert found.rstrip(" =:") == whole, typed


@pytest.mark.parametrize(("quoted", "text"), [
    (lambda text: in_bash([text]), "it's $(here) `x` \\ \" a"), (in_zsh, "it's $(here) `x` \\ \" a"),
])  # fmt: skip
def test_quotes_hold_anything(quoted: object, text: str) -> None:
    assert callable(quoted)
    assert run("sh", "-c", f"printf '%s\\n' {quoted(text)}") == [text]


def test_fish_quotes_hold_anything() -> None:
    assert in_fish("it's \\ x") == "'it\\'s \\\\ x'"


def test_another_shell_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 2
    assert "tcsh" in capsys.readouterr().err
