"""How far a reading can be trusted: its expected character error rate, told without the truth, and what to do about it.

Pure functions over readings and texts; every room of ocr may enter.
"""

from services.ocr.trust.trust import (
    Decision,
    DocumentTrust,
    PageTrust,
    TextTrust,
    trust_of,
    trust_of_document,
    trust_of_text,
)

__all__ = ["Decision", "DocumentTrust", "PageTrust", "TextTrust", "trust_of", "trust_of_document", "trust_of_text"]
