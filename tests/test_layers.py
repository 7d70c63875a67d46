"""Who imports whom (docs/architecture.md, Layers), read from the source; and what a start loads, seen from outside."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import seqcheck

ROOT = Path(seqcheck.__file__).parent
# From the bottom up; a part (a folder or a module) may import what lies below it, and nothing beside it.
LAYERS = (
    ("version", "escape", "errors", "dataclass", "closing", "serial", "spawning"),
    ("arguments", "documents", "spelling"),
    ("model",),
    ("demands", "comparison"),
    ("wire", "linux"),
    ("kernel",),
    ("layout",),
    ("sink", "saved"),
    ("decode", "track"),
    ("diagnose", "capture"),
    ("report", "interfaces"),
    ("engine",),
    ("outputs", "simulate"),
    ("locate",),
    ("cli", "testing"),
)
LEVEL = {part: level for level, layer in enumerate(LAYERS) for part in layer}
# The columns and codes, and what a kernel offers: data and types without a loop.
SHARED = ("kernel.border", "kernel.protocols")
# The one exception, with its reason.
ALLOWED = {("model", "outputs"): "what a Report offers to those who hold one: repr, to_json, write; loaded when asked"}
RICH = ("cli", "outputs")
ENTRY = ("__init__", "__main__")


def modules() -> Iterator[tuple[str, str, ast.Module]]:
    """(part, dotted name below seqcheck, tree) of every module of the package."""
    for path in sorted(ROOT.rglob("*.py")):
        names = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(names[:-1] if names[-1] == "__init__" and len(names) > 1 else names)
        yield names[0], name, ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(name: str, tree: ast.AST) -> Iterator[tuple[str, bool]]:
    """(absolute name, at start-up) of everything that a module imports, whether at its top or inside a function."""
    package = (ROOT / Path(*name.split("."))).is_dir()
    home = ["seqcheck", *name.split(".")][: None if package else -1]

    def walk(node: ast.AST, early: bool) -> Iterator[tuple[str, bool]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import):
                yield from ((alias.name, early) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                base = home[: len(home) - child.level + 1] if child.level else []
                origin = ".".join([*base, *([child.module] if child.module else [])])
                yield from ((f"{origin}.{alias.name}", early) for alias in child.names)
            elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)):
                inside = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
                yield from walk(child, early and not inside)

    yield from walk(tree, True)


ALL = [(part, name, list(imports(name, tree))) for part, name, tree in modules()]


@pytest.mark.parametrize(("part", "name", "found"), ALL, ids=[name for _, name, _ in ALL])
def test_imports_go_down(part: str, name: str, found: list[tuple[str, bool]]) -> None:
    if part in ENTRY:
        return
    for target, _ in found:
        words = target.split(".")
        if words[0] != "seqcheck" or len(words) == 1:
            continue
        other = words[1]
        below = LEVEL.get(other, 99) < LEVEL.get(part, -1)
        shared = ".".join(words[1:]).startswith(SHARED)
        assert other == part or below or shared or (part, other) in ALLOWED, f"{name} imports {target}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """At their tops: inside a room, too, there is an order, in which each can be read before those that use it."""
    names = {name for _, name, _ in ALL}
    above: dict[str, set[str]] = {name: set() for name in names}
    for _, name, found in ALL:
        for target, early in found:
            words = target.split(".")[1:]
            module = next((m for k in range(len(words), 0, -1) if (m := ".".join(words[:k])) in names), None)
            if early and module not in (None, name):
                above[name].add(module)
    while free := {name for name, needs in above.items() if not needs & above.keys()}:
        above = {name: needs for name, needs in above.items() if name not in free}
    assert not above


def test_every_part_has_its_layer() -> None:
    parts = {part for part, _, _ in ALL} - set(ENTRY)
    assert parts == set(LEVEL)


@pytest.mark.parametrize(("part", "name", "found"), ALL, ids=[name for _, name, _ in ALL])
def test_outside_packages_stay_where_they_belong(part: str, name: str, found: list[tuple[str, bool]]) -> None:
    for target, early in found:
        package = target.split(".")[0]
        if package == "rich":
            assert part in RICH, f"{name} knows rich"
        if package == "scapy":
            assert not early, f"{name} imports scapy at start-up"
        if package == "dpkt":
            assert not early, f"{name} imports dpkt at start-up"


@pytest.mark.parametrize("part", ["simulate"])
def test_the_simulator_does_not_know_what_it_is_judged_by(part: str) -> None:
    for other, name, found in ALL:
        if other == part:
            for target, _ in found:
                assert target.split(".")[1:2] not in (["track"], ["diagnose"], ["engine"], ["capture"]), name


def test_reports_are_made_of_values() -> None:
    values = {"model", "comparison", "demands", "layout", "wire"}
    small = {"dataclass", "errors", "escape", "version"}
    for part, name, found in ALL:
        if part == "outputs":
            for target, _ in found:
                words = target.split(".")
                texts = target.startswith("seqcheck.diagnose.causes")  # what `explain` says: data
                assert words[0] != "seqcheck" or words[1] in {part, *values, *small} or texts, (
                    f"{name} imports {target}"
                )


def test_wire_has_no_input_and_no_output() -> None:
    for part, name, found in ALL:
        if part == "wire":
            used = {target.split(".")[0] for target, _ in found}
            assert not used & {"os", "io", "pathlib", "sys", "socket", "mmap", "tempfile"}, name


def loaded(code: str, *, whole: bool = False) -> set[str]:
    """The top-level packages in sys.modules after `code` ran in a fresh interpreter, or all modules."""
    script = f"import sys\n{code}\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    found = done.stdout.splitlines()[-1].split()
    return set(found) if whole else {name.split(".")[0] for name in found}


HEAVY = {"numpy", "scapy", "dpkt", "rich"}
# What a run over a clean capture can do without. All of it is loaded where something asks for it.
IDLE = {
    "scapy", "dpkt", "rich", "numpy.ma", "dataclasses", "tomllib", "pathlib", "shutil", "tempfile", "fractions",
    "queue", "threading", "zlib", "difflib", "ipaddress", "importlib.resources", "importlib.util",
    "seqcheck.demands", "seqcheck.diagnose.judge", "seqcheck.diagnose.explanations", "seqcheck.capture.merge",
    "seqcheck.capture.compressed", "seqcheck.layout.files", "seqcheck.layout.wireshark",
    "seqcheck.engine.spool", "seqcheck.simulate", "seqcheck.comparison", "seqcheck.model.snapshot", "seqcheck.linux",
    "seqcheck.engine.other_traffic", "seqcheck.engine.same_ring", "seqcheck.engine.second_look",
}  # fmt: skip
SAMPLES = Path(__file__).parents[1] / "samples"


def run(*argv: str) -> set[str]:
    """The modules loaded by the time that a run of seqcheck has ended, except for those that NumPy alone loads."""
    found = loaded(f"from seqcheck.cli.main import main; main({argv!r})", whole=True)
    return found - loaded("import numpy", whole=True)


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["-v", "analyze", "--help"], ["simulate", "--help"]])
def test_the_start_is_light(argv: list[str]) -> None:
    assert not loaded(f"from seqcheck.cli.main import main; assert main({argv!r}) == 0") & HEAVY


def test_a_clean_run_loads_what_it_needs_and_no_more() -> None:
    found = run("analyze", "--layout", "seqcheck", "--report", "json", str(SAMPLES / "clean.pcap"))
    assert "seqcheck.engine.session" in found
    assert not found & IDLE


def test_a_run_with_findings_loads_no_more_than_that() -> None:
    found = run("analyze", "--ring-size", "32", "--report", "json", str(SAMPLES / "thread-32.pcap"))
    assert "seqcheck.diagnose.judge" in found
    assert not found & {"scapy", "rich", "numpy.ma", "dataclasses", "tomllib", "pathlib", "seqcheck.demands"}


# Parts that a live run is in when it has given up root, and may no longer read the files of modules; and modules of
# theirs that it never enters, or (named_fields) enters before.
BEHIND_THE_DROP = (
    "decode", "track", "diagnose", "report", "layout", "dataclass", "spelling",
    *(f"engine.{name}" for name in (
        "recognition", "evidence", "pipeline", "observation", "judging", "standing", "own_drops", "watch", "merged",
        "other_traffic", "same_ring",
    )),
    "interfaces.up_to",
)  # fmt: skip
ELSEWHERE = {"layout.wireshark", "layout.scapy_bridge", "layout.named_fields"}


def test_a_live_run_has_loaded_in_time_what_others_load_late() -> None:
    found = loaded("from seqcheck.cli.rehearsal import rehearse; rehearse((), drawn=False)", whole=True)
    late = {
        target
        for _, name, targets in ALL
        if f"{name}.".startswith(tuple(f"{behind}." for behind in BEHIND_THE_DROP)) and name not in ELSEWHERE
        for target, early in targets
        if not early
    }
    assert {"difflib", "ipaddress", "dpkt"} <= late
    assert [target for target in late if target not in found and target.rpartition(".")[0] not in found] == []


def test_importing_the_package_is_light() -> None:
    assert not loaded("import seqcheck; seqcheck.__version__; seqcheck.Report; seqcheck.SeqcheckError") & HEAVY


def test_the_json_report_does_not_need_rich() -> None:
    assert "rich" not in loaded("from seqcheck.outputs import reporter; reporter('json')")
    assert "rich" in loaded("from seqcheck.outputs import reporter; reporter('terminal')")


def test_public_names_are_there_and_listed() -> None:
    for name in seqcheck.__all__:
        assert getattr(seqcheck, name) is not None
        assert name in dir(seqcheck)
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = seqcheck.analyse


def test_diagnose_takes_the_findings_and_not_the_tracker() -> None:
    for part, name, found in ALL:
        if part == "diagnose":
            assert "seqcheck.track.tracker.Track" not in {target for target, _ in found}, name


@pytest.mark.parametrize("room", ["diagnose", "report"])
def test_what_judges_and_what_words_it_is_pure(room: str) -> None:
    for part, name, found in ALL:
        if part == room:
            used = {target.split(".")[0] for target, _ in found}
            assert not used & {"os", "io", "pathlib", "sys", "time", "logging", "random"}, name


def test_inference_knows_no_sentence() -> None:
    for part, name, found in ALL:
        if part == "diagnose":
            assert not any(target.startswith("seqcheck.report") for target, _ in found), name


def test_an_explanation_knows_no_other_than_those_it_is_made_of() -> None:
    """No order of explanations: none asks the contest, the judge, or what another one took."""
    for _, name, found in ALL:
        if name.startswith("diagnose.explanations"):
            asked = {target.removeprefix("seqcheck.diagnose.").split(".")[0] for target, _ in found}
            assert not asked & {"judge", "contest", "account", "result", "populations"}, name
