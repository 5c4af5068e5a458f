"""Puts right the marks of Vietnamese words by their neighbours: never the letters, and what was read is kept."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import product

from services.ocr.reading.bigrams import Bigrams, bigrams
from services.ocr.reading.word import Word
from shared.vietnamese import normalise
from shared.vietnamese.orthography import TONES, is_syllable

MARGIN = 8.0
"""Natural logarithm of how much likelier the other word must be beside its neighbours."""
SURE = 92.0
"""Confidence from which the engine is not doubted."""
FAMILIAR = 0.55
"""Share of the page's pairs of words that the model must have seen: it was made of laws, and where it knows little of a
page it would change what it does not know. Administrative pages have 0.56 to 0.77, tales of villages under 0.2, and of
the changes tried on these 13 were right and 188 wrong."""
LEAST_SEEN = 2
"""How often the model must have seen the other word beside each neighbour; the word as it was read, never."""
EDGES = re.compile(r"^(\W*)(.*?)(\W*)$", re.DOTALL)
ALIKE = {"a": "aăâ", "e": "eê", "o": "oôơ", "u": "uư", "d": "dđ"}
"""Letters that differ by their marks alone."""
LETTERS = {letter: group for group in ALIKE.values() for letter in group}


def corrected(words: Sequence[Word]) -> tuple[Word, ...]:
    """The same words; where other marks fit the neighbours far better, the word with these, and `raw` as read."""
    model = bigrams()
    plain = [syllable_of(word.text) for word in words]
    if familiarity(words, plain, model) < FAMILIAR:
        return tuple(words)
    better = [better_word(place, words, plain, model) for place in range(len(words))]
    return tuple(word if other is None else changed(word, other) for word, other in zip(words, better, strict=True))


def familiarity(words: Sequence[Word], plain: Sequence[str | None], model: Bigrams) -> float:
    pairs = [(one, neighbour(place, 1, words, plain)) for place, one in enumerate(plain) if one]
    known = [model.seen(one, two) > 0 for one, two in pairs if two]
    return sum(known) / len(known) if known else 0.0


def syllable_of(text: str) -> str | None:
    """Without punctuation, in small letters; None where it is no single run of letters."""
    found = EDGES.match(text)
    core = found[2] if found else ""
    return normalise(core) if core.isalpha() and (core.islower() or core.istitle() or core.isupper()) else None


def better_word(place: int, words: Sequence[Word], plain: Sequence[str | None], model: Bigrams) -> str | None:
    """What the word should be, or None where it should stay: also where it has no neighbour on either side."""
    current, before, after = plain[place], neighbour(place, -1, words, plain), neighbour(place, 1, words, plain)
    if current is None or before is None or after is None or is_name(words[place].text):
        return None
    if words[place].confidence >= SURE or model.seen(before, current) or model.seen(current, after):
        return None
    seen = [
        other
        for other in variants(current)
        if min(model.seen(before, other), model.seen(other, after)) >= LEAST_SEEN and other != current
    ]
    best = max(seen, key=lambda other: fit(other, before, after, model), default=None)
    if best is None or fit(best, before, after, model) - fit(current, before, after, model) < MARGIN:
        return None
    return best


def is_name(text: str) -> bool:
    """Names are what no model of general text knows."""
    return text[:1].isupper() and not text.isupper()


def neighbour(place: int, step: int, words: Sequence[Word], plain: Sequence[str | None]) -> str | None:
    """The syllable beside it, where no punctuation and no other part of the page stands between."""
    beside = place + step
    if not 0 <= beside < len(words) or words[beside].block != words[place].block:
        return None
    first, second = sorted((place, beside))
    if not (words[first].text[-1:].isalpha() and words[second].text[:1].isalpha()):
        return None
    syllable = plain[beside]
    return syllable if syllable and is_syllable(syllable) else None


def fit(word: str, before: str, after: str, model: Bigrams) -> float:
    return model.log(word, before) + model.log(after, word)


@lru_cache(maxsize=20_000)
def variants(word: str) -> tuple[str, ...]:
    """Every Vietnamese syllable of the same letters with at most one vowel mark and the tone changed."""
    decomposed = unicodedata.normalize("NFD", word)
    bare = unicodedata.normalize("NFC", "".join(letter for letter in decomposed if letter not in TONES))
    bases = {bare}
    for place, letter in enumerate(bare):
        bases |= {bare[:place] + other + bare[place + 1 :] for other in LETTERS.get(letter, "")}
    if "uo" in word or "ươ" in bare:
        bases |= {bare.replace("uo", "ươ"), bare.replace("ươ", "uô"), bare.replace("uô", "ươ")}
    made = {normalise(toned(base, tone)) for base, tone in product(bases, ("", *sorted(TONES)))}
    return tuple(sorted(found for found in made if is_syllable(found)))


def toned(base: str, tone: str) -> str:
    """The syllable with its tone on the letter where it is written."""
    if not tone:
        return base
    place = tone_place(base)
    return unicodedata.normalize("NFC", base[: place + 1] + tone + base[place + 1 :])


def tone_place(base: str) -> int:
    """On a vowel with a mark, else on the last vowel before a final consonant, else on the last but one."""
    start = 2 if base.startswith(("qu", "gi")) and len(base) > 2 and base[2] in VOWELS else 0
    places = [place for place in range(start, len(base)) if base[place] in VOWELS]
    if not places:
        return next((place for place, letter in enumerate(base) if letter in VOWELS), 0)
    marked = [place for place in places if base[place] in "ăâêôơư"]
    if marked:
        return marked[-1]
    if places[-1] < len(base) - 1 or len(places) == 1:
        return places[-1]
    return places[-2]


VOWELS = "aăâeêioôơuưy"


def changed(word: Word, better: str) -> Word:
    found = EDGES.match(word.text)
    before, core, after = found.groups() if found else ("", word.text, "")
    cased = (
        better.upper() if core.isupper() and len(core) > 1 else better.capitalize() if core[:1].isupper() else better
    )
    return word.model_copy(update={"text": before + cased + after, "raw": word.text})
