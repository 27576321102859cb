"""Words of somebody who may be in danger. They raise a flag for staff, and do nothing else."""

import re
import threading
import time
import unicodedata
from collections.abc import Iterable

from intake.models import DangerWord

KEPT_SECONDS = 30.0
ANY_ENDING = "*"
APOSTROPHES = str.maketrans(dict.fromkeys("'\u2019\u2018\u02bc`\u00b4\u2032\uff07"))
WORD = re.compile(r"[^\W_]+")

_lock = threading.Lock()
_kept: tuple[float, tuple[str, ...]] | None = None


def speaks_of_danger(texts: Iterable[str]) -> bool:
    """Whether one of `texts` holds one of the phrases. One query, and none for KEPT_SECONDS after it."""
    phrases = read_phrases()
    plain = [_plain(text) for text in texts]
    return any(phrase in text for text in plain for phrase in phrases)


def read_phrases() -> tuple[str, ...]:
    """Each with the blanks between which it must stand; without the last one when any ending will do."""
    global _kept
    kept = _kept
    if kept and 0 <= time.monotonic() - kept[0] < KEPT_SECONDS:
        return kept[1]
    rows = DangerWord.objects.filter(is_active=True).values_list("phrase", flat=True)
    phrases = tuple(phrase for phrase in map(as_sought, rows) if phrase.strip())
    with _lock:
        _kept = (time.monotonic(), phrases)
    return phrases


def as_sought(phrase: str) -> str:
    """How a phrase is compared; blank when no letter is left."""
    plain = _plain(phrase)
    return plain[:-1] if phrase.rstrip().endswith(ANY_ENDING) else plain


def forget() -> None:
    """Read them anew next time."""
    global _kept
    _kept = None


def _plain(text: str) -> str:
    """Its words with one blank around each: without capitals, accents, apostrophes and other marks."""
    text = text.translate(APOSTROPHES)
    if not text.isascii():
        text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(sign for sign in text if not _is_unseen(sign))
    return f" {' '.join(WORD.findall(text.casefold()))} "


def _is_unseen(sign: str) -> bool:
    """An accent, or what must not tear a word apart: soft hyphens, zero-width signs."""
    return bool(unicodedata.combining(sign)) or unicodedata.category(sign) == "Cf"
