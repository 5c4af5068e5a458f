"""A MARC 21 record taken apart into a description."""

from __future__ import annotations

import pymarc

from services.catalog.identity.description import Description
from shared.vietnamese import fold, normalise


def describe(record: pymarc.Record) -> Description:
    """What the record says about its edition; never raises, whatever the record holds."""
    title = record.title or ""
    return Description(title=title, title_exact=normalise(title), title_folded=fold(title), main_title=fold(title))
