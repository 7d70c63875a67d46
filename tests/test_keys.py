"""What a person asks of the dashboard by keys: which they are, the pages they turn to; and charts of a whole run."""

import io
from dataclasses import replace

import pytest
import specimens
from rich.console import Console
from test_live_parts import NOW

from seqcheck.model.snapshot import Ask, Taken
from seqcheck.outputs.dashboard import PAGES, Dashboard
from seqcheck.outputs.history import MOST, SECOND, History
from seqcheck.outputs.keyboard import Keys


@pytest.mark.parametrize(("typed", "keys"), [
    ([b"q"], ["end"]), ([b"pr"], ["pause", "report"]), ([b"xyz\x00\xff1"], []), ([b"\x1b[A\x1b[B"], ["up", "down"]),
    ([b"\x1b[", b"5~"], ["page up"]), ([b"\x1b"], ["back"]), ([b"\x1bq"], ["back", "end"]),
    ([b"\x1bOA?"], ["up", "help"]), ([b"\x1b[", b"\x1b[B"], ["back", "down"]),
])  # fmt: skip
def test_bytes_into_keys(typed: list[bytes], keys: list[str]) -> None:
    read = Keys()
    assert [key for data in typed for key in read.of(data)] == keys


def test_a_whole_run_in_one_line_however_long() -> None:
    history = History(["frames"])
    for second in range(1, 10 * MOST + 1):
        history.add(second * SECOND, {"frames": second * 7})
    values = history.values["frames"]
    assert len(values) <= MOST
    assert sum(values) == 10 * MOST * 7
    assert history.length_ns == 16 * SECOND
    assert max(values) == 16 * 7
    history.add(10 * MOST * SECOND, {"frames": 3})  # a restart took some back
    assert min(history.values["frames"]) >= 0


def test_the_line_shows_the_highest_and_whatever_is_not_nothing() -> None:
    history = History(["twice"])
    for second, total in enumerate((0, 1, 1, 1001, 1501)):
        history.add(second * SECOND, {"twice": total})
    assert history.line("twice", 80, plain=False) == " ▁ █▄"
    assert history.line("twice", 2, plain=True) == "#="
    assert History(["x"]).line("x", 5, plain=False) == " "


class Typist(Dashboard):
    """A dashboard at which somebody types."""

    def press(self, keys: bytes) -> tuple[Ask, int]:
        """What it asks for then, and how often it ended the capture."""
        ends: list[int] = []
        self._screen.typed = lambda: keys  # type: ignore[method-assign]
        return self.heed(lambda: ends.append(1)), len(ends)

    def seen(self, width: int = 100, height: int = 30) -> list[str]:
        lines = ["".join(text for text, _ in line) for line in self.draw(NOW, (width, height))]
        assert len(lines) <= height
        assert max(map(len, lines)) <= width
        return lines


@pytest.fixture
def dashboard() -> Typist:
    return Typist("eth0", Console(file=io.StringIO(), force_terminal=True, width=100, height=30, color_system=None))


def test_keys_turn_pages_and_back(dashboard: Typist) -> None:
    picture = dashboard.seen()
    assert picture[-1].startswith("q end ")
    for keys, page in ((b"s", "streams"), (b"e", "findings"), (b"?", "help"), (b"r", "report")):
        ask, _ = dashboard.press(keys)
        assert ask is (Ask.REPORT if page == "report" else Ask.PICTURE)
        assert dashboard.seen()[1] == page
        assert dashboard.seen()[0] == picture[0], "the answer stays"
    assert dashboard.press(b"\x1b")[0] is Ask.PICTURE
    assert dashboard.seen() == picture
    dashboard.press(b"ss")
    assert dashboard.seen() == picture
    assert dashboard.press(b"") == (Ask.NOTHING, 0)
    assert dashboard.press(b"q") == (Ask.PICTURE, 1)


def test_arrows_scroll_as_far_as_there_is_something(dashboard: Typist) -> None:
    dashboard.press(b"r")
    whole = [line.rstrip() for line in PAGES["report"](NOW, 100)]
    seen = [line.rstrip() for line in dashboard.seen()[2:-1]]
    assert seen == whole[: len(seen)]
    assert len(seen) < len(whole)
    dashboard.press(b"\x1b[B\x1b[B")
    assert [line.rstrip() for line in dashboard.seen()[2:-1]] == whole[2 : 2 + len(seen)]
    dashboard.press(b"\x1b[F")
    assert [line.rstrip() for line in dashboard.seen()[2:-1]] == whole[-len(seen) :]
    dashboard.press(b"\x1b[A" * 3)
    assert [line.rstrip() for line in dashboard.seen()[2:-1]] == whole[-len(seen) - 3 : -3]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (140, 50), (40, 10), (20, 4)])
@pytest.mark.parametrize("page", ["", *PAGES])
def test_every_page_fits(dashboard: Typist, width: int, height: int, page: str) -> None:
    dashboard.turn_to(page)
    assert all("\x1b" not in line for line in dashboard.seen(width, height))


def test_a_pause_stops_the_picture_and_nothing_else(dashboard: Typist) -> None:
    with dashboard:
        dashboard(NOW)
        dashboard.press(b"p")
        dashboard(replace(NOW, frames=777_777))
        dashboard.press(b"s")
        dashboard(replace(NOW, frames=777_777))
        dashboard.press(b"s")
    assert "777,777" not in dashboard._console.file.getvalue()  # type: ignore[attr-defined]
    assert dashboard.seen()[-1].startswith("paused")
    with dashboard:
        dashboard.press(b"p")
        dashboard(replace(NOW, frames=777_777))
    assert "777,777" in dashboard._console.file.getvalue()  # type: ignore[attr-defined]


def test_a_figure_for_each_interface_and_charts(dashboard: Typist) -> None:
    interfaces = (Taken(name="eth0", frames=1500, dropped=0), Taken(name="eth1\x1b", frames=500, dropped=0))
    now = replace(NOW, interfaces=interfaces, report=specimens.STALE)
    lines = ["".join(text for text, _ in line) for line in dashboard.draw(now, (100, 30))]
    assert any("eth0 1,500 · eth1" in line and "\x1b" not in line for line in lines)
    assert sum(line.startswith("over time") for line in lines) == 1
