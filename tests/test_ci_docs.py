"""docs/ci.md: its workflows are YAML, and the commands in it do what the page says."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import seqcheck

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BASH = shutil.which("bash")
pytestmark = pytest.mark.skipif(BASH is None, reason="no bash here to run the commands with")


def block(title: str, language: str) -> str:
    """The first block in that language below a heading."""
    found = re.search(rf"^## {title}$.*?^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found, title
    return found[1]


@pytest.fixture
def shell(tmp_path: Path) -> Any:
    """Runs a script in an empty folder, with this seqcheck and without an installer."""
    commands = tmp_path / "bin"
    folder = tmp_path / "work"
    commands.mkdir()
    folder.mkdir()
    (folder / "expect.toml").write_text(block("Expectations", "toml"))
    for name, script in {
        "seqcheck": f'exec "{sys.executable}" -P -m seqcheck "$@"',
        "python": '[ "$*" = "-m pip install ./seqcheck" ]',
    }.items():
        (commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (commands / name).chmod(0o755)
    path = os.pathsep.join([str(commands), os.environ["PATH"]])
    package = os.pathsep.join([str(Path(seqcheck.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])

    def run(script: str, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": path, "PYTHONPATH": package, "SEQCHECK": "./seqcheck", **more}
        return subprocess.run(
            [str(BASH), "-e", "-o", "pipefail", "-c", script], cwd=folder, env=environment, capture_output=True,
            text=True, check=False, timeout=120,
        )  # fmt: skip

    run.folder = folder  # type: ignore[attr-defined]
    return run


def test_the_github_workflow(shell: Any) -> None:
    workflow = yaml.safe_load(block("GitHub Actions", "yaml"))
    (job,) = workflow["jobs"].values()
    steps = job["steps"]
    summary = shell.folder / "summary.md"
    for step in steps:
        if "run" in step:
            done = shell(step["run"], GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
            assert done.returncode == 0, (step, done.stdout, done.stderr)
            assert "::error" not in done.stderr
    assert summary.read_text().startswith("## seqcheck: stale-slot")
    for place in next(step["with"]["path"] for step in steps if "upload" in step.get("uses", "")).split():
        assert (shell.folder / place).exists()
    assert {path.name for path in (shell.folder / "reports").iterdir()} == {
        f"run.{x}" for x in ("html", "md", "xml", "json")
    }


def test_the_github_workflow_fails_where_something_else_is_found(shell: Any) -> None:
    (shell.folder / "expect.toml").write_text("duplicates = 21\nmissing = { min = 1000 }\n")
    (job,) = yaml.safe_load(block("GitHub Actions", "yaml"))["jobs"].values()
    capture, analyse = (step["run"] for step in job["steps"] if step.get("name") in ("Capture", "Analyse"))
    assert shell(capture).returncode == 0
    done = shell(analyse, GITHUB_ACTIONS="true")
    assert done.returncode == 1
    errors = [line for line in done.stderr.splitlines() if line.startswith("::error ")]
    assert len(errors) == 2
    assert "::duplicates: expected 21, found 20. " in errors[0]
    assert "missing: expected 1000 or more, found " in errors[1]


def test_the_gitlab_job(shell: Any) -> None:
    (job,) = yaml.safe_load(block("GitLab", "yaml")).values()
    done = shell("\n".join([*job["before_script"], *job["script"]]))
    assert done.returncode == 0, (done.stdout, done.stderr)
    assert (shell.folder / job["artifacts"]["reports"]["junit"]).read_text().startswith("<?xml")


@pytest.mark.parametrize(("title", "made"), [
    ("Worse than before\\?", ["diff.md"]),
    ("Many captures", ["reports/one.html", "reports/one.xml", "reports/two.html", "reports/two.xml"]),
])  # fmt: skip
def test_the_other_commands(title: str, made: list[str], shell: Any) -> None:
    done = shell(block(title, "sh"))
    assert done.returncode == 0, (done.stdout, done.stderr)
    for name in made:
        assert (shell.folder / name).stat().st_size


def test_the_tests_for_pytest(shell: Any) -> None:
    (shell.folder / "test_sender.py").write_text(block("pytest", "python"))
    plugin = "-p no:cacheprovider -p seqcheck.testing.plugin"
    done = shell(f'"{sys.executable}" -m pytest -q {plugin} test_sender.py', PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert done.returncode == 0, done.stdout
    assert "3 passed" in done.stdout


def test_every_key_of_an_expectation_is_documented() -> None:
    from seqcheck.demands.expected import COUNTS, STREAM_COUNTS

    part = PAGE.split("## Expectations")[1].split("\n## ")[0]
    for name in (*COUNTS, *STREAM_COUNTS, "cause", "strength", "ring_size", "[causes]", "[[stream]]", "key"):
        assert re.search(rf"(^|[`]){re.escape(name)}", part, re.MULTILINE), name
