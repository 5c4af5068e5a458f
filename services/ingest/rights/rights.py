"""Who may read a document, by rule. Rules and licences are data (rights.yaml); no I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlsplit

import yaml

from services.ingest.rights.facts import Restriction, RightsFacts, WorkKind
from shared.events.vocabulary import (
    FROM_OPEN_TO_CLOSED,
    AccessLevel,
    DocumentMetadata,
    Moment,
    ShortText,
    Value,
    narrowest,
)

_YEAR = re.compile(r"(?<!\d)(1[0-9]{3}|20\d{2})(?!\d)")
_VERSION_AND_REST = re.compile(r"/\d+\.\d+(?:/.*)?$")
_BY_PUBLICATION = {WorkKind.PHOTOGRAPH, WorkKind.FILM, WorkKind.APPLIED_ART}


class RightsStatus(StrEnum):
    PUBLIC_DOMAIN = "public-domain"
    LICENSED = "licensed"
    PERMITTED = "permitted"
    ORPHAN = "orphan"
    IN_COPYRIGHT = "in-copyright"
    NOT_EVALUATED = "not-evaluated"


class Override(Value):
    """A person's word that a wider access than the rules allow is right."""

    by: ShortText
    reason: ShortText


class RightsAssessment(Value):
    """What was decided about a document's rights: by which rule, from which facts, when, for whom."""

    status: RightsStatus
    rule: str
    """A key of rules in rights.yaml."""
    source: str
    evidence: str
    """The facts that the rule used, for people."""
    statement: str
    """URI of rightsstatements.org or Creative Commons."""
    restriction: Restriction | None = None
    protected_until: int | None = None
    """The last year of protection, where the facts tell."""
    review_on: date | None = None
    """The first day on which the same facts may give another answer: a term, permission or embargo ends."""
    allowed: AccessLevel
    asked: AccessLevel
    granted: AccessLevel
    override: Override | None = None
    by: ShortText
    at: Moment


@dataclass(frozen=True)
class Finding:
    """A rule that fits, the facts it used, and what they tell of the end of protection."""

    rule: str
    evidence: str
    allowed: AccessLevel | None = None
    """Where the facts and not the rule say it."""
    statement: str | None = None
    status: str | None = None
    protected_until: int | None = None
    ends_on: date | None = None


@dataclass(frozen=True)
class Case:
    """Everything a rule may look at."""

    facts: RightsFacts
    authors: int
    published: int | None
    on: date


def assess(
    facts: RightsFacts | None, metadata: DocumentMetadata, *, asked: AccessLevel, by: str, at: datetime
) -> RightsAssessment:
    """Whom the rules let read it on that day, and what is granted of what was asked.

    A stricter wish always wins; a wider one is granted on a person's reason alone, and never where the rule forbids.
    """
    known = facts or RightsFacts()
    case = _case(known, metadata, at.date())
    finding = next(found for rule in RULES if (found := rule(case)))
    rule = rules()["rules"][finding.rule]
    copyright_level = AccessLevel(finding.allowed or rule["allowed"])
    limit = _restriction(case)
    allowed = narrowest(copyright_level, AccessLevel(limit["allowed"])) if limit else copyright_level
    overridable = rule["overridable"] and (not limit or limit["overridable"])
    override = Override(by=by, reason=known.reason) if known.reason and overridable and wider(asked, allowed) else None
    return RightsAssessment(
        status=RightsStatus(finding.status or rule["status"]),
        rule=finding.rule,
        source=rule["source"],
        evidence=finding.evidence,
        statement=finding.statement or rule["statement"],
        restriction=known.restriction if limit else None,
        protected_until=finding.protected_until,
        review_on=_review_on(finding, known if limit else None),
        allowed=allowed,
        asked=asked,
        granted=asked if override else narrowest(asked, allowed),
        override=override,
        by=by,
        at=at,
    )


def wider(level: AccessLevel, than: AccessLevel) -> bool:
    return FROM_OPEN_TO_CLOSED.index(level) < FROM_OPEN_TO_CLOSED.index(than)


def licence_of(uri: str) -> Mapping[str, Any] | None:
    """The entry of a licence URI: `allowed` and `status`; None for one that is not known, or is no URI."""
    try:
        parts = urlsplit(uri.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    path = _VERSION_AND_REST.sub("", parts.path).rstrip("/")
    found: Mapping[str, Any] | None = _licences().get(f"{host}{path}".lower())
    return found


def _not_protected(case: Case) -> Finding | None:
    if case.facts.kind == WorkKind.OFFICIAL:
        return Finding("not-protected", "kind = official")
    return None


def _licensed(case: Case) -> Finding | None:
    uri = case.facts.licence
    licence = licence_of(uri) if uri else None
    if uri is None or licence is None:
        return None
    return Finding("licensed", f"licence = {uri}", AccessLevel(licence["allowed"]), uri, licence["status"])


def _expired_after_death(case: Case) -> Finding | None:
    last = _last_year_after_death(case)
    if last is None or case.on.year <= last:
        return None
    return Finding("expired-after-death", f"died = {_years(case.facts.died)}", protected_until=last)


def _expired_after_publication(case: Case) -> Finding | None:
    rule, last = _last_year_by_kind(case)
    if last is None or case.on.year <= last:
        return None
    return Finding(rule, _dates(case), protected_until=last)


def _expired_by_age(case: Case) -> Finding | None:
    terms = rules()["terms"]
    if case.published is None:
        return None
    last = case.published + terms["longest_life_after_publication"] + terms["after_death"]
    if case.on.year <= last:
        return None
    return Finding("expired-by-age", f"published = {case.published}", protected_until=last)


def _permitted(case: Case) -> Finding | None:
    permission = case.facts.permission
    if permission is None or (permission.until and permission.until < case.on):
        return None
    return Finding(
        "permitted",
        f"permission = {permission.holder}: {permission.document}",
        AccessLevel(permission.access_level),
        ends_on=permission.until,
    )


def _orphan(case: Case) -> Finding | None:
    if not case.facts.orphan_search:
        return None
    return Finding("orphan", f"orphan_search = {case.facts.orphan_search}", protected_until=_last_year(case))


def _in_copyright(case: Case) -> Finding | None:
    """Facts were given and none of them opens it: the careful reading is that somebody holds the rights."""
    facts = case.facts
    if facts.permission:
        return Finding("in-copyright", f"permission ended {facts.permission.until}")
    if facts.licence:
        return Finding("in-copyright", f"licence = {facts.licence}: unknown")
    if not (facts.died or facts.published or facts.created or facts.anonymous):
        return None
    return Finding("in-copyright", _dates(case), protected_until=_last_year(case))


def _not_evaluated(case: Case) -> Finding:
    return Finding("not-evaluated", _dates(case) or "—")


RULES: tuple[Callable[[Case], Finding | None], ...] = (
    _not_protected,
    _licensed,
    _expired_after_death,
    _expired_after_publication,
    _expired_by_age,
    _permitted,
    _orphan,
    _in_copyright,
    _not_evaluated,
)


def _case(facts: RightsFacts, metadata: DocumentMetadata, on: date) -> Case:
    described = _YEAR.findall(metadata.date or "")
    published = facts.published or (int(described[-1]) if described else None)
    return Case(facts, facts.authors or len(metadata.creators) or len(facts.died), published, on)


def _last_year(case: Case) -> int | None:
    """The last year of protection as far as the facts given tell; None when they do not."""
    kind_rules = _last_year_by_kind(case)[1]
    return kind_rules if kind_rules is not None else _last_year_after_death(case)


def _last_year_after_death(case: Case) -> int | None:
    """Of authors all of whose deaths are known; not for kinds whose term runs from publication."""
    died = case.facts.died
    if not died or len(died) < case.authors or case.facts.kind in _BY_PUBLICATION:
        return None
    return max(died) + int(rules()["terms"]["after_death"])


def _last_year_by_kind(case: Case) -> tuple[str, int | None]:
    """The rule and the last year for photographs, films, applied art and anonymous works."""
    terms, facts = rules()["terms"], case.facts
    if facts.kind in _BY_PUBLICATION and _published_late(case):
        created = facts.created or 0
        return "expired-after-creation", created + terms["after_creation"]
    from_publication = facts.kind in _BY_PUBLICATION or facts.anonymous
    # The date of a description is proof enough of age, not of first publication.
    if not from_publication or facts.published is None:
        return "expired-after-publication", None
    return "expired-after-publication", facts.published + terms["after_publication"]


def _published_late(case: Case) -> bool:
    facts = case.facts
    if facts.created is None:
        return False
    latest = facts.created + int(rules()["terms"]["unpublished_within"])
    return (facts.published or case.on.year) > latest


def _restriction(case: Case) -> Mapping[str, Any] | None:
    facts = case.facts
    if facts.restriction is None or (facts.embargo_until and facts.embargo_until < case.on):
        return None
    found: Mapping[str, Any] = rules()["restrictions"][facts.restriction]
    return found


def _review_on(finding: Finding, limited: RightsFacts | None) -> date | None:
    ends = [finding.ends_on, limited.embargo_until if limited else None]
    days = [date.fromordinal(end.toordinal() + 1) for end in ends if end and end < date.max]
    if (
        finding.rule in {"in-copyright", "orphan"}
        and finding.protected_until
        and finding.protected_until < date.max.year
    ):
        days.append(date(finding.protected_until + 1, 1, 1))
    return min(days, default=None)


def _dates(case: Case) -> str:
    facts = case.facts
    given = {
        "kind": facts.kind if facts.kind != WorkKind.TEXT else None,
        "anonymous": "true" if facts.anonymous else None,
        "died": _years(facts.died) or None,
        "published": case.published,
        "created": facts.created,
    }
    return ", ".join(f"{name} = {value}" for name, value in given.items() if value)


def _years(years: tuple[int, ...]) -> str:
    return ", ".join(map(str, years))


@cache
def rules() -> Mapping[str, Any]:
    """rights.yaml as it is written."""
    loaded: Mapping[str, Any] = yaml.safe_load(files(__package__).joinpath("rights.yaml").read_text("utf-8"))
    return loaded


@cache
def _licences() -> Mapping[str, Any]:
    return {uri.lower(): entry for uri, entry in rules()["licences"].items()}
