"""Pages whose text is known: composed, drawn and damaged from a seed, the same on every machine with the same fonts.

Two sets share no font, size, margin or sentence, and their damages have other strengths: `tuned` is what reading may be
tuned on, `held_out` is what it is judged by. held_out.json holds the hashes of the held-out pages, written
before anything was tuned on the others.
"""
