"""The page as a document: self-contained, bounded, and readable without its charts."""

import io
import re
from dataclasses import replace

import pytest
import specimens

from seqcheck.model import Report
from seqcheck.reporters import Page, html
from seqcheck.reporters.html_words import MEANING


def page(report: Report) -> str:
    out = io.BytesIO()
    html.write(report, out, Page())
    return out.getvalue().decode()


@pytest.mark.parametrize("name", specimens.ALL)
def test_it_loads_nothing_and_says_so(name: str) -> None:
    text = page(specimens.ALL[name])
    without = re.sub(r"<(script|style|pre)[^>]*>.*?</\1>", "", text, flags=re.DOTALL)
    assert not re.search(r"""\b(src|srcset|background|poster)\s*=|@import|url\(""", without)
    assert set(re.findall(r'href="([^"]*)"', without)) == {"#why", "#charts", "#findings", "#read"}
    assert "default-src 'none'" in text
    assert "{{" not in without


def test_the_policy_names_the_scripts_and_the_style_that_are_there() -> None:
    text = page(specimens.STALE)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    for content in [
        *re.findall(r"<script>(.*?)</script>", text, re.DOTALL),
        *re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
    ]:
        assert html.digest(content) in policy[1]
    assert "unsafe" not in policy[1]


def test_no_style_and_no_handler_in_an_attribute() -> None:
    text = re.sub(r"<(script|style)[^>]*>.*?</\1>", "", page(specimens.UNEXPLAINED), flags=re.DOTALL)
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", text)


def test_many_findings_stay_small() -> None:
    many = tuple(specimens.stale(n, 4096, 5000 + n) for n in range(20_000))
    report = replace(
        specimens.MANY,
        duplicates=replace(
            specimens.STALE.duplicates, total=1_000_000, listed=many, by_cause={"stale-slot": 1_000_000}
        ),
    )
    text = page(report)
    assert len(text) < 2_000_000
    assert text.count("<tr>") < 2000
    assert "The first 1,000 of 1,000,000" in text
    assert "The first 200 of 10,000" in text


def test_tables_say_what_they_are() -> None:
    text = page(specimens.UNEXPLAINED)
    for table in re.findall(r"<table.*?</table>", text, re.DOTALL):
        assert "<caption>" in table
        assert re.findall(r"<th ", table) == re.findall(r'<th (?=scope="col")', table)
    assert text.count('role="region"') == text.count("<table")
    assert text.count('class="chart" role="img" aria-label="') == text.count('class="chart"')


def test_the_verdict_is_the_heading_and_is_explained() -> None:
    text = page(specimens.STALE)
    assert f'<h1 id="verdict">{specimens.STALE.verdict.statement}</h1>' in text
    assert MEANING["stale-slot"].replace("'", "&#x27;") in text
    for sentence in specimens.STALE.verdict.because:
        assert sentence in text


def test_every_cause_has_words() -> None:
    from typing import get_args

    from seqcheck.model import Cause

    assert set(MEANING) == {*get_args(Cause), "loss"}  # loss: clean, but for what is missing


def test_the_licence_of_the_charts_is_in_it() -> None:
    assert "Leon Sorokin" in page(specimens.CLEAN)
