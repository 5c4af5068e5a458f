"""The arguments of an OAI-PMH request: which verb takes which, and how they are written (sections 2.7, 3 and 4)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from services.catalog.exchange.oai.errors import ErrorCode, Refused

MAX_LENGTH = 2000
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9\-._~:/?@!$&'()*+,;=]+")
_SET = re.compile(r"[A-Za-z0-9\-_.!~*'()]+(:[A-Za-z0-9\-_.!~*'()]+)*")
_PREFIX = re.compile(r"[A-Za-z0-9\-_.!~*'()]+")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SYNTAX = {"identifier": _URI, "set": _SET, "metadataPrefix": _PREFIX}

TOKEN = "resumptionToken"  # noqa: S105  # a name of the protocol


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb must and may be given; `listed`: a resumption token may stand in place of all of it."""

    required: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    listed: bool = False


_LIST = Verb(frozenset({"metadataPrefix"}), frozenset({"from", "until", "set"}), listed=True)
VERBS = {
    "Identify": Verb(),
    "ListMetadataFormats": Verb(optional=frozenset({"identifier"})),
    "ListSets": Verb(listed=True),
    "GetRecord": Verb(frozenset({"identifier", "metadataPrefix"})),
    "ListIdentifiers": _LIST,
    "ListRecords": _LIST,
}


@dataclass(frozen=True, slots=True)
class Span:
    """[start, end) in time; None where a list was not bounded."""

    start: datetime | None
    end: datetime | None


def checked(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """The arguments of a request, `verb` among them, each once and only those that the verb takes. Raises Refused."""
    given = list(pairs)
    arguments = dict(given)
    verb = VERBS.get(arguments.get("verb", ""))
    if verb is None or [name for name, _ in given].count("verb") > 1:
        raise Refused(ErrorCode.BAD_VERB, f"verb must be one of {', '.join(VERBS)}, once")
    if len(arguments) < len(given):
        raise _bad("an argument is repeated")
    _check_names(verb, set(arguments) - {"verb"})
    _check_syntax(arguments)
    return arguments


def span_of(arguments: Mapping[str, str]) -> Span:
    """What `from` and `until` include, both by the day or both by the second. Raises Refused."""
    start, until = arguments.get("from"), arguments.get("until")
    if start and until and len(start) != len(until):
        raise _bad("from and until must have the same granularity")
    span = Span(_moment(start) if start else None, _end(until) if until else None)
    if span.start and span.end and span.start >= span.end:
        raise _bad("from is later than until")
    return span


def _check_names(verb: Verb, names: set[str]) -> None:
    if verb.listed and TOKEN in names:
        if names != {TOKEN}:
            raise _bad("resumptionToken is exclusive")
        return
    if missing := sorted(verb.required - names):
        raise _bad(f"missing: {', '.join(missing)}")
    if names - verb.required - verb.optional:
        raise _bad("the verb does not take all of these arguments")


def _check_syntax(arguments: Mapping[str, str]) -> None:
    for name, value in arguments.items():
        if len(value) > MAX_LENGTH or (name in _SYNTAX and not _SYNTAX[name].fullmatch(value)):
            raise _bad(f"{name} has an illegal syntax")
    for name in ("from", "until"):
        if name in arguments:
            _moment(arguments[name])


def _moment(text: str) -> datetime:
    if not (_DAY.fullmatch(text) or _SECOND.fullmatch(text)) or not text.isascii():
        raise _bad("dates are YYYY-MM-DD or YYYY-MM-DDThh:mm:ssZ")
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError as error:
        raise _bad("there is no such date") from error


def _end(until: str) -> datetime:
    """The moment after a day or a second, which `until` includes."""
    step = timedelta(days=1) if len(until) == len("2026-01-01") else timedelta(seconds=1)
    try:
        return _moment(until) + step
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _bad(text: str) -> Refused:
    return Refused(ErrorCode.BAD_ARGUMENT, text)
