"""What other people run: the action, workflows, the pre-commit hook, issue forms; and what the package says of
itself."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import seqcheck
from seqcheck.version import VERSION

ROOT = Path(__file__).parent.parent
if not (ROOT / ".github").is_dir():
    pytest.skip("only in a checkout", allow_module_level=True)
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
BASH = shutil.which("bash")


def steps(tree: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step of a workflow, or of an action."""
    for job in tree.get("jobs", {"": tree.get("runs", {})}).values():
        yield from job["steps"]


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "action.yml"], ids=lambda path: path.name)
def test_each_step_does_one_thing_and_scripts_hold_no_expressions(path: Path) -> None:
    found = list(steps(yaml.safe_load(path.read_text())))
    assert found
    for step in found:
        assert ("uses" in step) != ("run" in step), step
        if "uses" in step:
            assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[\w./-]+", step["uses"]), step
        else:
            assert "${{" not in step["run"]  # what an input holds must not become a command
            done = subprocess.run([BASH or "sh", "-n", "-c", step["run"]], capture_output=True, text=True, check=False)
            assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_says_when_and_with_which_rights(path: Path) -> None:
    tree = yaml.safe_load(path.read_text())
    assert tree[True]  # YAML 1.1 reads `on` so
    assert tree["permissions"] == {"contents": "read"}
    for job in tree["jobs"].values():
        assert set(job.get("needs", [])) <= set(tree["jobs"])
        assert job["runs-on"]


def test_the_action_uses_the_inputs_that_it_has() -> None:
    text = (ROOT / "action.yml").read_text()
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(ACTION["inputs"])
    for name, each in ACTION["inputs"].items():
        assert each["description"], name
        assert each.get("required") or "default" in each, name


def test_the_action_can_be_used_twice_in_a_workflow() -> None:
    """An artifact's name and a category must be unique in a run."""
    named = [step["with"] for step in ACTION["runs"]["steps"] if "upload" in step.get("uses", "")]
    assert [each.get("category") or each["name"] for each in named] == ["${{ inputs.artifact }}"] * 2


@pytest.mark.skipif(BASH is None, reason="no bash here to run the action with")
@pytest.mark.parametrize(("sample", "arguments", "code"), [
    ("thread-4096.pcap", "", 1), ("thread-4096.pcap", "--max-duplicates=1\n--quiet", 0), ("clean.pcap", "", 0),
    ("none.pcap", "", 2), ("clean.pcap", "--fail-on=$(touch owned)", 2),
])  # fmt: skip
def test_the_action_analyzes(tmp_path: Path, sample: str, arguments: str, code: int) -> None:
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("id") == "analyze"]
    commands = tmp_path / "bin"
    commands.mkdir()
    (commands / "seqcheck").write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m seqcheck "$@"\n')
    (commands / "seqcheck").chmod(0o755)
    package = os.pathsep.join([str(Path(seqcheck.__file__).parent.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [str(BASH), "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", step["run"]],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
        env={
            **os.environ, "PATH": os.pathsep.join([str(commands), os.environ["PATH"]]), "PYTHONPATH": package,
            "CAPTURE": str(ROOT / "samples" / sample), "LAYOUT": "seqcheck", "RING_SIZE": "4096",
            "ARGUMENTS": arguments, "REPORTS": "reports folder",
            "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"), "GITHUB_OUTPUT": str(tmp_path / "output"),
        },
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"
    assert not (tmp_path / "owned").exists()
    if code < 2:
        assert (tmp_path / "summary").read_text().startswith("## seqcheck: ")
        made = {path.name for path in (tmp_path / "reports folder").iterdir()}
        assert made == {f"seqcheck.{end}" for end in ("html", "md", "xml", "json", "sarif")}


def test_the_hook_for_pre_commit_runs_and_takes_captures() -> None:
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    for name, fits in (("a/run.pcap", 1), ("x.pcapng.zst", 1), ("x.cap.gz", 1), ("x.pcap.txt", 0), ("pcap", 0)):
        assert bool(re.search(hook["files"], name)) == fits, name
    program, *words = hook["entry"].split()
    assert program == "seqcheck"
    for sample, code in (("clean.pcap", 0), ("thread-4096.pcap", 1)):
        command = [sys.executable, "-m", "seqcheck", *words, str(ROOT / "samples" / sample)]
        assert subprocess.run(command, capture_output=True, check=False, timeout=60).returncode == code


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_an_issue_form_asks_for_something(path: Path) -> None:
    form = yaml.safe_load(path.read_text())
    assert {"name", "description", "body"} <= set(form)
    asked = [each["id"] for each in form["body"] if each["type"] != "markdown"]
    assert asked
    assert len(set(asked)) == len(asked)
    assert any(each.get("validations", {}).get("required") for each in form["body"])


def test_versions_and_licences_agree() -> None:
    assert yaml.safe_load((ROOT / "CITATION.cff").read_text())["version"] == VERSION
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["license"] == "GPL-2.0-or-later AND MIT"
    for name in project["license-files"]:
        assert (ROOT / name).is_file()
    lowest = project["requires-python"].removeprefix(">=")
    assert f"Programming Language :: Python :: {lowest}" in project["classifiers"]
    for version in ("3.11", "3.12", "3.13", "3.14"):
        assert f"Programming Language :: Python :: {version}" in project["classifiers"]
        assert f'"{version}"' in (ROOT / ".github" / "workflows" / "tests.yml").read_text()


def test_the_worked_example_is_a_report() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    module, line = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(module, "CONTRIBUTING.md", "exec", dont_inherit=True), made)
    import io

    import specimens

    out = io.BytesIO()
    made["write"](specimens.STALE, out, None)
    assert out.getvalue().split() == [str(each.seq).encode() for each in specimens.STALE.duplicates.listed]
    assert re.match(r'"numbers": Format\(module="seqcheck\.outputs\.numbers", about=', line)
