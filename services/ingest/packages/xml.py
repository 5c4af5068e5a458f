"""XML that nobody trusts: no document type, hence no entities; within a size; the root named as expected."""

from __future__ import annotations

from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, ElementTree

from services.ingest.documents.refusal import Refused


def read_xml(path: Path, name: str, max_bytes: int) -> Element:
    """The root of a file; `name` is shown where it is refused. Raises Refused."""
    if path.stat().st_size > max_bytes:
        raise Refused("package-xml-too-large", status=413, file=name, megabytes=max_bytes // 1_000_000)
    try:
        root = ElementTree.parse(path, forbid_dtd=True).getroot()
    except DefusedXmlException as error:
        raise Refused("package-xml-forbidden", file=name) from error
    except (ParseError, ValueError, LookupError) as error:
        raise Refused("package-xml-broken", file=name, what=str(error)[:200]) from error
    if root is None:
        raise Refused("package-xml-broken", file=name, what="no element")
    return root


def local_name(element: Element) -> str:
    return element.tag.rpartition("}")[2]
