"""Labelled sets: descriptions with the edition each is of. Our own, and those of other projects beside the checkout.

Of NatLibFi/melinda-record-matching-js (MIT): its cases that compare whole descriptions; those that compare one field,
ids of a system or authority records say nothing of editions. Of cdlib/zephir-services (BSD-3-Clause): records with the
cluster (CID) that its OCLC concordance gives; clusters there are of whole sets, one record a digitised volume.
"""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pymarc

from deploy.local.settings import ROOT
from tests.editions.sets import descriptions

SHARED = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared"))
MELINDA = "data/marc/NatLibFi+melinda-record-matching-js/test-fixtures"
ZEPHIR = "data/marc/cdlib+zephir-services/zephir-exports/tests/exports/test_ht_bib_cache/micro-db.sql"
MELINDA_CASES = {
    "01": True,
    "02": False,
    "05": True,
    "09": False,
    "11": True,
    "18": True,
    "24": True,
    "25": False,
    "26": False,
}
"""Of match-detection/index: whether its authors expect a match."""
MELINDA_SEARCHES = {
    "01": ("01", "expectedMatches"),
    "09": ("01", "expectedNonMatches"),
    "11": ("01", "expectedNonMatches"),
}
"""Of index: where the record stands, and the candidates that are labelled."""


@dataclass(frozen=True)
class Sample:
    """One description of a set."""

    id: str
    edition: str
    record: pymarc.Record
    scope: str = ""
    """Only descriptions of one scope are labelled against each other."""


def vietnamese(which: str) -> list[Sample]:
    return [Sample(each.id, each.edition, each.record) for each in descriptions(which)]


def melinda() -> list[Sample]:
    """Every case is a pair of its own: `edition` is the case, or case and side where no match is expected."""
    folder = SHARED / MELINDA
    return [*_detections(folder / "match-detection" / "index"), *_searches(folder / "index")]


def _detections(folder: Path) -> Iterator[Sample]:
    for case, same in MELINDA_CASES.items():
        paths = [folder / case / f"record{side}.json" for side in "AB"]
        if all(path.exists() for path in paths):
            for path in paths:
                yield Sample(
                    f"{case}/{path.stem}", case if same else f"{case}/{path.stem}", _melinda_record(path), case
                )


def _searches(folder: Path) -> Iterator[Sample]:
    for case, (place, listed) in MELINDA_SEARCHES.items():
        found = json.loads((folder / case / f"{listed}.json").read_text("utf-8"))
        edition = f"search-{case}"
        yield Sample(f"{edition}/input", edition, _melinda_record(folder / place / "inputRecord.json"), edition)
        for number, each in enumerate(found):
            labelled = edition if listed == "expectedMatches" else f"{edition}/{number}"
            yield Sample(f"{edition}/{number}", labelled, _of_melinda(each["candidate"]["record"]), edition)


def _melinda_record(path: Path) -> pymarc.Record:
    return _of_melinda(json.loads(path.read_text("utf-8")))


def _of_melinda(loaded: dict[str, object]) -> pymarc.Record:
    record = pymarc.Record(force_utf8=True, leader=str(loaded["leader"]))
    fields: list[dict[str, object]] = loaded["fields"]  # type: ignore[assignment]
    for field in fields:
        record.add_field(_melinda_field(field))
    return record


def _melinda_field(field: dict[str, object]) -> pymarc.Field:
    tag = str(field["tag"])
    if "subfields" not in field:
        return pymarc.Field(tag, data=str(field.get("value", "")))
    listed: list[dict[str, str]] = field["subfields"]  # type: ignore[assignment]
    subfields = [pymarc.Subfield(each["code"], each.get("value", "")) for each in listed]
    return pymarc.Field(tag, pymarc.Indicators(str(field.get("ind1", " ")), str(field.get("ind2", " "))), subfields)


def zephir() -> list[Sample]:
    dump = (SHARED / ZEPHIR).read_text("utf-8")
    clusters = dict(re.findall(r"\n\t\((\d+),'(\d{9})'", dump[dump.index("INSERT INTO `zephir_records`") :]))
    rows = re.findall(r"\n\t\((\d+),'[^']+','(<\?xml.*?</record>)", dump, flags=re.DOTALL)
    return [Sample(number, clusters[number], _unescaped(xml)) for number, xml in rows]


def _unescaped(xml: str) -> pymarc.Record:
    text = re.sub(r"\\(.)", lambda found: {"n": "\n"}.get(found[1], found[1]), xml)
    return pymarc.parse_xml_to_array(io.BytesIO(text.encode()))[0]


SETS: dict[str, Callable[[], list[Sample]]] = {
    "vietnamese.tuned": partial(vietnamese, "tuned"),
    "vietnamese.held_out": partial(vietnamese, "held_out"),
    "vietnamese.unseen": partial(vietnamese, "unseen"),
    "vietnamese.sealed": partial(vietnamese, "sealed"),
    "vietnamese.blind": partial(vietnamese, "blind"),
    "melinda": melinda,
    "zephir": zephir,
}
FOREIGN = {"melinda": MELINDA, "zephir": ZEPHIR}


def is_here(name: str) -> bool:
    """Whether the data of a set are on this machine."""
    return name not in FOREIGN or (SHARED / FOREIGN[name]).exists()
