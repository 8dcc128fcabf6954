"""Made-up names: every thing, colour and action of a world's sentences renamed, so that knowing a benchmark by heart
is no help. Standard library only.

A word of a closed class ("you", "the", "into") stays, as do numbers; every other word becomes a made-up one, so a
family that comes later leaks nothing. Which one is a hash of the word's stem: the same in every world, release and
process, and what was recorded stays valid. Endings stay ("unlock", "unlocked": "wubkof", "wubkofed"), so that mission
and captions still share words as they did. Device codes, dynamics and observations know nothing of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache

OPTION = "renamed"
EFFECT = "things, colours and actions have made-up names in all sentences"

# Words that name no thing, quality or action: articles, pronouns, prepositions, conjunctions, auxiliaries, amounts.
_CLOSED = (
    "a an the this that these those you your yours yourself it its itself he she him her his they them "
    "their we us our i me my who whom whose which what where when why how there here nothing something "
    "anything everything no none not never any some all both each every either neither other another such "
    "same in on at by for from to of off up down out over under into onto through with without within "
    "across along around behind before after above below between beside against near toward towards until "
    "about as than and or but nor so if then else while because since though although too also again only "
    "just now already still yet is are am was were be been being do does did done has have had having "
    "will would can could may might must shall should one two three four five six seven eight nine ten "
    "many much more most few fewer less least several once twice don doesn didn isn aren wasn weren s t "
    "ll re ve d m "
)
FUNCTION = frozenset(_CLOSED.split())
# Irregular forms, with the stem and the ending under which they are renamed.
FORMS: Mapping[str, tuple[str, str]] = {
    form: (stem, ending)
    for ending, forms in {
        "ed": "ate eat drank drink woke wake made make slept sleep fought fight shot shoot broke break lit light dug "
        "dig got get drew draw found find fell fall took take threw throw held hold built build grew grow went go "
        "saw see felt feel lost lose kept keep bought buy sold sell ran run rose rise swung swing "
        "came come stood stand heard hear knew know wore wear spoke speak",
        "en": "eaten eat drunk drink wooden wood woken wake broken break fallen fall taken take thrown throw grown "
        "grow gone go seen see known know worn wear risen rise golden gold",
        "s": "leaves leaf men man women woman mice mouse feet foot teeth tooth knives knife wolves wolf children child",
    }.items()
    for form, stem in zip(forms.split()[::2], forms.split()[1::2], strict=True)
}
ENDINGS = ("ing", "ed", "es", "s")
# A made-up word is six letters, "dulvek", of which there are 17 * 5 * 11 * 17 * 5 * 9: so many that no two stems of all
# worlds' words share one (a test looks), and so long that no ending is mistaken for a part of one.
ONSETS, VOWELS = "bdfghjklmnprtvwyz", "aeiou"
CODAS, LAST = "bfgklmprvxz", "bfgkmpvxz"  # fewer at the end: English words end in -er, -al, -or
_ENGLISH = "laptop markup reflex reflux vertex vortex lapdog kidnap hiccup zigzag"
ENGLISH = frozenset(_ENGLISH.split())
_WORD = re.compile(r"[A-Za-z]+")


def rename(sentence: str) -> str:
    """The sentence with made-up names; capitals, endings, numbers and signs stay as they are."""
    return _WORD.sub(lambda found: rename_word(found[0]), sentence)


@lru_cache(maxsize=65_536)
def rename_word(word: str) -> str:
    """A word's made-up one; a word of a closed class stays, and so does a letter: it names a place in a bag."""
    lower = word.lower()
    if lower in FUNCTION or len(word) == 1:
        return word
    stem, ending = _parted(lower)
    made_up = _made_up(stem) + ending
    if len(word) > 1 and word.isupper():
        return made_up.upper()
    return made_up.capitalize() if word[0].isupper() else made_up


def content_words(sentence: str) -> frozenset[str]:
    """The words of a sentence that `rename` replaces, in small letters."""
    return frozenset(word.lower() for word in _WORD.findall(sentence) if len(word) > 1) - FUNCTION


def _parted(word: str) -> tuple[str, str]:
    """Stem and ending; the stem is the same in all forms: drop, dropped; close, closed; carry, carries."""
    if word in FORMS:
        stem, ending = FORMS[word]
        return _plain(stem), ending
    for ending in ENDINGS:
        stem = word.removesuffix(ending)
        if stem == word or len(stem) < 3 or not re.search("[aeiouy]", stem):
            continue
        if ending == "es" and not re.search("(s|x|z|ch|sh|i|o)$", stem):
            continue  # "doses" is "dose" and "s"
        if ending == "s" and stem[-1] in "su":
            continue  # "grass", "cactus"
        return _plain(stem, cut=ending in ("ing", "ed")), "s" if ending == "es" else ending
    return _plain(word), ""


def _plain(stem: str, cut: bool = False) -> str:
    """The same for all forms: no final e, i for y, and no doubled last letter where an ending was cut off."""
    if cut and stem[-1] == stem[-2] and stem[-1] not in "lsz":
        stem = stem[:-1]
    stem = stem.removesuffix("e") if len(stem) > 2 else stem
    return stem[:-1] + "i" if stem.endswith("y") else stem


def _made_up(stem: str) -> str:
    turn = 0
    while True:
        number = int.from_bytes(hashlib.sha256(f"{stem} {turn}".encode()).digest()[:8])
        letters = ""
        for choices in (ONSETS, VOWELS, CODAS, ONSETS, VOWELS, LAST):
            number, at = divmod(number, len(choices))
            letters += choices[at]
        if (
            letters not in ENGLISH and letters[2] != letters[3]
        ):  # "hammer", "pepper": so do English words look
            return letters
        turn += 1
