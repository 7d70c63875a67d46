"""The page in a real browser: no error on its console, charts drawn, tables sorted and filtered. Needs Chromium."""

import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seqcheck.engine import session
from seqcheck.outputs import Page
from seqcheck.outputs.html import report as html

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="needs chromium and chromium-driver (Debian)")
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--window-size=1180,900",
)  # fmt: skip
SAMPLES = Path(__file__).parent.parent / "samples"
PAINTED = """
return [...document.querySelectorAll("figure:not([hidden]) .chart:not([hidden])")].map((chart) => {
  const canvas = chart.querySelector("canvas");
  if (!canvas) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let painted = 0;
  for (let at = 3; at < data.length; at += 4) painted += data[at] > 0;
  return painted;
});
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium")
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def opened(browser: Any, name: str, folder: Path) -> Any:
    """The browser with the page of a sample."""
    path = folder / "page.html"
    out = io.BytesIO()
    html.write(session.analyze(SAMPLES / name), out, Page())
    path.write_bytes(out.getvalue())
    browser.get_log("browser")
    browser.get(path.as_uri())
    return browser


def column(browser: Any, title: str) -> list[str]:
    """The texts of a column of the duplicates that are shown."""
    script = """
    const table = document.getElementById("duplicates");
    const at = [...table.tHead.rows[0].cells].findIndex((head) => head.textContent === arguments[0]);
    return [...table.tBodies[0].rows].filter((row) => !row.hidden).map((row) => row.cells[at].textContent);
    """
    found: list[str] = browser.execute_script(script, title)
    return found


@pytest.mark.parametrize(
    ("name", "charts"), [("mixed.pcapng", 6), ("clean.pcap", 2), ("loss.pcap", 3), ("two-streams.pcap", 6)]
)
def test_charts_are_drawn_and_the_console_is_silent(browser: Any, name: str, charts: int, tmp_path: Path) -> None:
    opened(browser, name, tmp_path)
    painted = browser.execute_script(PAINTED)
    assert len(painted) == charts
    assert min(painted) > 1000
    assert browser.get_log("browser") == []


def test_the_ring_is_marked_and_colours_follow_the_theme(browser: Any, tmp_path: Path) -> None:
    opened(browser, "mixed.pcapng", tmp_path)
    seen = set()
    for theme in ("system", "light", "dark"):
        assert browser.find_element("id", "theme").text == f"Theme: {theme}"
        seen.add(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
        assert min(browser.execute_script(PAINTED)) > 1000
        browser.find_element("id", "theme").click()
    assert len(seen) == 2
    assert browser.get_log("browser") == []


def test_sorting_by_keyboard(browser: Any, tmp_path: Path) -> None:
    opened(browser, "mixed.pcapng", tmp_path)
    titles = [head.text for head in browser.find_elements("css selector", "#duplicates thead th")]
    button = browser.find_elements("css selector", "#duplicates thead button")[titles.index("distance")]
    before = column(browser, "distance")
    button.send_keys("\ue007")  # Enter
    assert column(browser, "distance") == sorted(before, key=int)
    head = browser.find_elements("css selector", "#duplicates thead th")[titles.index("distance")]
    assert head.get_attribute("aria-sort") == "ascending"
    button.send_keys(" ")
    assert column(browser, "distance") == sorted(before, key=int, reverse=True)
    assert head.get_attribute("aria-sort") == "descending"
    assert len(browser.find_elements("css selector", '#duplicates th[aria-sort="none"]')) == len(titles) - 1


def test_what_is_not_known_sorts_last_either_way(browser: Any, tmp_path: Path) -> None:
    opened(browser, "mixed.pcapng", tmp_path)
    titles = [head.text for head in browser.find_elements("css selector", "#duplicates thead th")]
    button = browser.find_elements("css selector", "#duplicates thead button")[titles.index("laps")]
    for _ in range(2):
        button.click()
        laps = column(browser, "laps")
        assert "–" in laps
        assert laps.index("–") == len(laps) - laps.count("–")


def test_filtering_and_the_filter_for_wireshark(browser: Any, tmp_path: Path) -> None:
    opened(browser, "mixed.pcapng", tmp_path)
    total = len(column(browser, "frame"))
    browser.find_element("id", "filter").send_keys("path-copy")
    assert set(column(browser, "cause")) == {"path-copy"}
    shown = column(browser, "frame")
    assert 0 < len(shown) < total
    assert browser.find_element("id", "shown").text == f"{len(shown)} of {total} shown"
    wireshark = browser.find_element("id", "wireshark").get_attribute("value")
    assert wireshark.startswith("frame.number in {")
    assert shown[0] in wireshark.partition("{")[2].rstrip("}").split(", ")
    browser.find_element("id", "filter").clear()
    browser.find_element("id", "filter").send_keys(shown[0])
    assert shown[0] in column(browser, "frame")


def test_a_hostile_name_runs_nothing(browser: Any, tmp_path: Path) -> None:
    capture = tmp_path / "<img src=x onerror=alert(1)><script>document.title='owned'<script>.pcap".replace("/", "")
    capture.write_bytes((SAMPLES / "mixed.pcapng").read_bytes())
    out = io.BytesIO()
    html.write(session.analyze(capture), out, Page())
    path = tmp_path / "page.html"
    path.write_bytes(out.getvalue())
    browser.get_log("browser")
    browser.get(path.as_uri())
    assert browser.title == "seqcheck: stale-slot"
    assert browser.find_elements("css selector", "img") == []
    assert capture.name in browser.find_element("id", "read").text
    assert browser.get_log("browser") == []


def test_a_script_that_is_not_the_page_own_is_blocked(browser: Any, tmp_path: Path) -> None:
    opened(browser, "clean.pcap", tmp_path)
    browser.execute_script(
        "const it = document.createElement('script'); it.textContent = 'window.owned = 1'; document.body.append(it)"
    )
    assert browser.execute_script("return window.owned") is None
    assert any("Content Security Policy" in line["message"] for line in browser.get_log("browser"))
