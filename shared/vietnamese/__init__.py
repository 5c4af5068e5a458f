"""How Vietnamese text is compared: folding, normal form, syllables; pure functions that every service may enter."""

from shared.vietnamese.folding import fold, fold_aligned, fold_letters, normalise, respell
from shared.vietnamese.syllables import Syllable, syllables

__all__ = ["Syllable", "fold", "fold_aligned", "fold_letters", "normalise", "respell", "syllables"]
