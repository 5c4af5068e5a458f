"""How much of a true text a reading got right."""

import unicodedata

import numpy as np


def character_error_rate(truth: str, reading: str) -> float:
    """Edits (Levenshtein) that make the reading the truth, per true character; NFC, any white space as one blank."""
    true, read = folded(truth), folded(reading)
    letters = np.array([ord(letter) for letter in read])
    places = np.arange(len(read) + 1)
    distances = places
    for row, letter in enumerate(true, start=1):
        best = np.minimum(distances[1:] + 1, distances[:-1] + (letters != ord(letter)))
        distances = np.minimum.accumulate(np.concatenate(([row], best)) - places) + places
    return float(distances[-1] / len(true))


def folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
