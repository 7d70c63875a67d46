"""What completions, manual and docs are made from is what the parsers say."""

import argparse

from seqcheck.cli.main import VERBS, build
from seqcheck.cli.shape import option, options, program, sentence


def test_nothing_is_left_out() -> None:
    parser = build()
    (verbs,) = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    top, found = program()
    assert [verb.name for verb in found] == [*VERBS]
    assert {flag for each in top.flagged for flag in each.flags} >= {"--version", "--help", "-q", "-v"}
    for verb in found:
        there = {flag for action in verbs.choices[verb.name]._actions for flag in action.option_strings}
        assert {flag for each in verb.flagged for flag in each.flags} == there
        assert verb.summary == VERBS[verb.name]
        assert all(each.help and "%" not in each.help.replace("%)", "").replace("0.1%", "").replace("1%", "")
                   for each in verb.options)  # fmt: skip


def test_an_option_as_it_is() -> None:
    parser = argparse.ArgumentParser()
    made = [
        parser.add_argument("file", metavar="CAPTURE", nargs="+", help="x"),
        parser.add_argument(
            "-n", "--number", metavar="N", type=int, default=3, action="append", help="of %(default)s%%"
        ),
        parser.add_argument("--how", choices=("a", "b"), help="y"),
        parser.add_argument("--flag", action="store_true", help="z"),
        parser.add_argument("word", nargs="?", metavar="WORD"),
    ]
    found = [option(action, "", "") for action in made]
    assert [each.name for each in found] == ["CAPTURE...", "N", "a|b", "", "[WORD]"]
    assert [each.repeats for each in found] == [True, True, False, False, False]
    assert [each.value.kind for each in found] == ["files", "text", "words", "nothing", "text"]
    assert found[1].help == "of 3%"
    assert found[2].value.words == ("a", "b")
    assert [each.flags[-1:] for each in options(parser, "")][-1] == ("--help",)


def test_a_short_form_of_a_help_text() -> None:
    assert sentence("slots, if known; may be repeated") == "slots, if known"
    assert sentence("end after so long: 90, 15m") == "end after so long"
    assert sentence("slots (default: 512)") == "slots (default: 512)"
