"""Maps: the title stands near the scale."""

import re
from collections.abc import Sequence

from services.ocr.description.lines import Line
from services.ocr.description.matching import begins, finding, tokens_of
from services.ocr.description.names import (
    sentence,
)
from services.ocr.description.terms import terms
from services.ocr.description.titlepage import (
    TITLE_SIZE,
    body_of,
    ends_in_year,
    is_imprint,
    is_publisher,
    largest_of,
    place_of,
    publisher_of,
    title_page_of,
    year_of,
)
from shared.events.draft import DocumentForm, MetadataDraft

SCALE = re.compile(r"\b(?:t[yi] [l1i]e|eche[l1]{2}e|sca[l1]e)\b.{0,6}1 ?[:/] ?\d")


def map_draft(pages: Sequence[Sequence[Line]]) -> MetadataDraft | None:
    lines = next((page for page in pages if page), ())
    starts = [index for index, line in enumerate(lines) if begins(line.text, terms().maps, 0.9)]
    scale = next((line for line in lines if SCALE.search(line.folded)), None)
    if not starts or scale is None:
        return None
    title = _map_title(lines[starts[0] :], scale)
    others = [line for line in lines if line is not scale and line not in title]
    page = title_page_of(others, largest_of(lines))
    return MetadataDraft(
        form=DocumentForm.MAP,
        title=finding(sentence(" ".join(line.text for line in title)), "map-title", tokens_of(title)),
        issuer=body_of(page.bodies),
        publisher=publisher_of(page.publishers),
        place=place_of(page.imprints),
        date=year_of(page.imprints) or year_of([line for line in others if ends_in_year(line)][-1:]),
        document_type=finding("ban-do", "scale", scale.tokens),
    )


def _map_title(lines: Sequence[Line], scale: Line) -> list[Line]:
    title = [lines[0]]
    for line in lines[1:4]:
        alike_size = not line.height or line.height > TITLE_SIZE * lines[0].height
        if line is scale or not alike_size or is_publisher(line) or is_imprint(line):
            break
        title.append(line)
    return title
