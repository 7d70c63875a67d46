"""What somebody may have meant who wrote a word that does not exist."""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 0.65


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """ "; did you mean --ring-size?" or nothing. Case, dashes and underscores do not count; a beginning is enough where
    only one word begins so."""
    found = nearest(word, known)
    return f"; did you mean {found}?" if found else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that is most like this one, or nothing."""
    from seqcheck.spelling import alike  # here, since hardly any run needs it

    plain = {_plain(each): each for each in known}
    if begun := [each for each in plain if each.startswith(_plain(word))]:
        return plain[begun[0]] if len(begun) == 1 else ""
    close = alike(_plain(word), plain, cutoff=CLOSE)
    return plain[close[0]] if close else ""


def _plain(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")
