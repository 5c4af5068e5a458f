"""Which words can be Vietnamese: every syllable that its spelling rules allow, made from onset, rhyme and tone."""

import unicodedata
from functools import lru_cache

TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
STOPPED_TONES = frozenset("\u0301\u0323")
"""Sắc and nặng: the only tones of a syllable that ends in c, ch, p or t, one of which it must have."""
STOPS = ("c", "ch", "p", "t")

RHYMES = {
    "plain": (
        "a ac ach ai am an ang anh ao ap at au ay ăc ăk ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây "
        "o oc oi om on ong op ot oong ooc ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt "
        "u uc ui um un ung up ut ua uôc uôi uôm uôn uông uôt ư ưc ưi ưm ưn ưng ưt ưu ưa "
        "ươc ươi ươm ươn ương ươp ươt ươu"
    ),
    "front": (
        "e ec em en eng eo ep et ê êch êm ên ênh êp êt êu i ich im in inh ip it iu ia iêc iêm iên iêng iêp iêt iêu y"
    ),
    "rounded": (
        "oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng oăt oe oen oeo oet "
        "uân uâng uât uây uê uêch uênh uơ uy uya uych uyên uyêt uynh uyt uyu uyp"
    ),
    "bare": "yêm yên yêng yêt yêu",
    "after-qu": (
        "a ac ach ai am an ang anh ao ap at au ay ăc ăm ăn ăng ăp ăt ân âng ât ây e en eng eo et ê êch ên ênh êt "
        "i it ich in inh iên iêt o ôc ơ ơi y ych yên yêt ynh yt yu"
    ),
}
"""Without tones, parted by blanks."""
ONSETS = {
    ("b", "ch", "d", "đ", "h", "l", "m", "n", "nh", "ph", "r", "s", "t", "th", "tr", "v", "x", "kh", ""): (
        "plain",
        "front",
        "rounded",
    ),
    ("c", "ng"): ("plain", "rounded"),
    ("g",): ("plain", "rounded"),
    ("k", "gh", "ngh"): ("front",),
    ("gi",): ("plain", "front"),
    ("p",): ("plain", "front", "rounded"),
    ("",): ("bare",),
    ("qu",): ("after-qu",),
}
EXTRA = frozenset({"gi", "gin", "giêng", "giêt", "giêc", "giêu", "giêm", "ky", "quôc", "khuyu", "khuya"})
"""Spellings where g, i and the rhyme share a letter (gì, giếng), and a few outside the pattern."""


def bases() -> frozenset[str]:
    """Every syllable without its tone."""
    made = {
        onset + rhyme
        for onsets, kinds in ONSETS.items()
        for onset in onsets
        for kind in kinds
        for rhyme in RHYMES[kind].split()
    }
    return frozenset(made | EXTRA)


BASES = bases()


@lru_cache(maxsize=50_000)
def is_syllable(word: str) -> bool:
    """Whether the word (any case, any normal form) is spelled as a Vietnamese syllable can be."""
    base, tones = untoned(word.lower())
    if len(tones) > 1 or base not in BASES:
        return False
    return not base.endswith(STOPS) or bool(tones and tones[0] in STOPPED_TONES)


def untoned(word: str) -> tuple[str, str]:
    """The word (NFC) without its tone marks, and the marks; those of vowels (ă â ê ô ơ ư) stay."""
    decomposed = unicodedata.normalize("NFD", word)
    tones = "".join(letter for letter in decomposed if letter in TONES)
    return unicodedata.normalize("NFC", "".join(letter for letter in decomposed if letter not in TONES)), tones


@lru_cache(maxsize=50_000)
def is_accented(word: str) -> bool:
    """Whether any letter of the word carries a mark of Vietnamese."""
    return any(letter in "đĐ" or unicodedata.combining(letter) for letter in unicodedata.normalize("NFD", word))
