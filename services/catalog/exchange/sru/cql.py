"""CQL 1.2 read into a tree of the search room, or refused by the number of the standard."""

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from cql.lexer import CQLLexer, CQLLexerError
from cql.parser import (
    CQLBoolean,
    CQLParser12,
    CQLParserError,
    CQLPrefixedName,
    CQLRelation,
    CQLSearchClause,
    CQLSortSpec,
    CQLTriple,
)

from services.catalog.exchange.sru.diagnostics import Code, Diagnostic
from services.catalog.exchange.sru.indexes import CONTEXT_SETS, Index, by_name
from services.catalog.search.engine import Sort
from services.catalog.search.query import (
    MAX_WORDS,
    NUMBERS,
    TEXTS,
    WHOLE,
    And,
    Field,
    Match,
    Node,
    Not,
    Or,
    Query,
    Term,
)
from services.catalog.search.terms import everything, span, term

MAX_CHARACTERS = 1000
MAX_CLAUSES = 30

# The library reports each mistake in a query at length; the diagnostic tells the one who made it.
logging.getLogger("cql").setLevel(logging.CRITICAL)

_MATCHES = {
    "=": Match.PHRASE,
    "scr": Match.PHRASE,
    "adj": Match.PHRASE,
    "==": Match.EXACT,
    "exact": Match.EXACT,
    "all": Match.ALL,
    "any": Match.ANY,
}
_NUMERIC = {"=", "scr", "==", "exact", "within", "<", "<=", ">", ">="}
_SORTS = {Field.TITLE: Sort.TITLE, Field.YEAR: Sort.YEAR}
_MODIFIERS = {"relevant", "ignorecase", "ignoreaccents", "word", "masked", "unmasked"}
_SORT_MODIFIERS = {"ascending", "descending", "ignorecase", "ignoreaccents", "missingomit", "missinglow", "missinghigh"}
_MASKS = {
    "*": Code.MASKING_CHARACTER_NOT_SUPPORTED,
    "?": Code.MASKING_CHARACTER_NOT_SUPPORTED,
    "^": Code.ANCHORING_CHARACTER_NOT_SUPPORTED,
}
_ESCAPED = re.compile(r"\\(.?)", re.DOTALL)
_STAND_IN = "\ue000"
"""Takes the place of an escaped character while the unescaped ones are looked for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted, and in which order."""

    query: Query
    sort: Sort


def read(text: str) -> Asked:
    """What a query asks for. Raises Diagnostic."""
    root = _parsed(text)
    return Asked(Query(_node(root, CONTEXT_SETS)), _sort(root.sortSpecs))


def read_scan_clause(text: str) -> tuple[Field, str]:
    """The field whose vocabulary is wanted, and where to begin in it. Raises Diagnostic."""
    root = _parsed(text)
    if not isinstance(root, CQLSearchClause):
        raise Diagnostic(Code.QUERY_SYNTAX_ERROR, "scanClause is one index, relation and term")
    index = _index(root.index, _names(root, CONTEXT_SETS))
    return index.field, _ESCAPED.sub(r"\1", str(root.term)).removesuffix("*")


@cache
def _parser() -> CQLParser12:
    tables = logging.getLogger("cql.tables")
    lexer = CQLLexer()
    lexer.build(errorlog=tables)
    parser = CQLParser12()
    parser.build(lexer, errorlog=tables)  # type: ignore[arg-type]  # its annotation names the lexer inside of this one
    return parser


def _parsed(text: str) -> CQLTriple | CQLSearchClause:
    if len(text) > MAX_CHARACTERS:
        raise Diagnostic(Code.TOO_MANY_CHARACTERS_IN_QUERY, str(MAX_CHARACTERS))
    try:
        root = _parser().parse(text).root
    except (CQLParserError, CQLLexerError) as error:
        raise Diagnostic(Code.QUERY_SYNTAX_ERROR, str(error.args[0])[:200]) from error
    _check_size(root)
    return root


def _check_size(root: CQLTriple | CQLSearchClause) -> None:
    """Before anything recurses into it."""
    waiting, clauses = [root], 0
    while waiting:
        node = waiting.pop()
        clauses += isinstance(node, CQLSearchClause)
        if clauses > MAX_CLAUSES:
            raise Diagnostic(Code.TOO_MANY_BOOLEAN_OPERATORS, str(MAX_CLAUSES - 1))
        if isinstance(node, CQLTriple):
            waiting += [node.left, node.right]


def _names(node: CQLTriple | CQLSearchClause, outer: Mapping[str, str]) -> dict[str, str]:
    """Context sets by short name, as the query itself names them from here on."""
    return {**outer, **{(one.prefix or "").lower(): one.uri for one in node.prefixes}}


def _node(node: CQLTriple | CQLSearchClause, outer: Mapping[str, str]) -> Node:
    names = _names(node, outer)
    if isinstance(node, CQLSearchClause):
        return _clause(node, names)
    left, right = _node(node.left, names), _node(node.right, names)
    match _operator(node.operator):
        case "and":
            return And((left, right))
        case "or":
            return Or((left, right))
        case _:
            return And((left, Not(right)))


def _operator(boolean: CQLBoolean) -> str:
    name = str(boolean.value).lower()
    if name == "prox":
        raise Diagnostic(Code.PROXIMITY_NOT_SUPPORTED)
    if boolean.modifiers:
        raise Diagnostic(Code.UNSUPPORTED_BOOLEAN_MODIFIER, str(boolean.modifiers[0].name))
    return name


def _clause(clause: CQLSearchClause, names: Mapping[str, str]) -> Node:
    relation = _relation(clause.relation)
    if clause.index is not None and str(clause.index).lower() == "cql.allrecords":
        return everything()
    index = _index(clause.index, names)
    relation, written = _unanchored(relation, str(clause.term))
    wanted, truncated = _unmasked(written)
    if index.field in NUMBERS:
        return _number(index, relation, wanted, truncated=truncated)
    match = _match(index, relation)
    found = term(index.field, wanted, match)
    if found is None:
        raise Diagnostic(Code.EMPTY_TERM_UNSUPPORTED, wanted)
    if isinstance(found, Term):
        return replace(found, words=found.words[:MAX_WORDS], prefix=truncated)
    if truncated:
        raise Diagnostic(Code.MASKING_CHARACTER_NOT_SUPPORTED, "*")
    return found


def _relation(relation: CQLRelation | None) -> str:
    """Its name in lower case, its modifiers being among those that change nothing here."""
    if relation is None:
        return "="
    for modifier in relation.modifiers or ():
        if modifier.name.basename.lower() not in _MODIFIERS:
            raise Diagnostic(Code.UNSUPPORTED_RELATION_MODIFIER, str(modifier.name))
    name = relation.comparitor
    return (name.basename if isinstance(name, CQLPrefixedName) else str(name)).lower()


def _match(index: Index, relation: str) -> Match:
    if relation not in _MATCHES and relation not in _NUMERIC:
        raise Diagnostic(Code.UNSUPPORTED_RELATION, relation)
    match = _MATCHES.get(relation)
    if match is None or (match is Match.EXACT and index.field in TEXTS - WHOLE):
        raise Diagnostic(Code.UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX, f"{index.names[0]} {relation}")
    return match


def _number(index: Index, relation: str, wanted: str, *, truncated: bool) -> Node:
    if relation not in _NUMERIC:
        raise Diagnostic(Code.UNSUPPORTED_COMBINATION_OF_RELATION_AND_INDEX, f"{index.names[0]} {relation}")
    if truncated:
        raise Diagnostic(Code.MASKING_CHARACTER_NOT_SUPPORTED, "*")
    found = _span(index.field, relation, wanted) if relation[0] in "<>" else term(index.field, wanted)
    if found is None:
        raise Diagnostic(Code.TERM_IN_INVALID_FORMAT, wanted)
    return found


def _span(field: Field, relation: str, wanted: str) -> Node | None:
    if not re.fullmatch(r"\s*-?[0-9]{1,12}\s*", wanted):
        return None
    number = int(wanted)
    match relation:
        case "<":
            return span(field, None, number - 1)
        case "<=":
            return span(field, None, number)
        case ">":
            return span(field, number + 1, None)
        case ">=":
            return span(field, number, None)
    return None


def _index(name: CQLPrefixedName | None, names: Mapping[str, str]) -> Index:
    if name is None:
        return by_name()["cql.anywhere"]
    prefix = (name.prefix or "").lower()
    uri = names.get(prefix)
    if prefix and uri is None:
        raise Diagnostic(Code.UNSUPPORTED_CONTEXT_SET, prefix)
    asked = f"{_short_name(uri)}.{name.basename}" if uri else name.basename
    found = by_name().get(asked.lower())
    if found is None:
        raise Diagnostic(Code.UNSUPPORTED_INDEX, str(name))
    return found


def _short_name(uri: str) -> str:
    for short, identifier in CONTEXT_SETS.items():
        if identifier == uri:
            return short
    raise Diagnostic(Code.UNSUPPORTED_CONTEXT_SET, uri)


def _unanchored(relation: str, written: str) -> tuple[str, str]:
    """A term that begins and ends where its field does is the whole field, said otherwise."""
    if relation in {"=", "scr"} and re.fullmatch(r"\^.*[^\\]\^", written, re.DOTALL):
        return "==", written[1:-1]
    return relation, written


def _unmasked(written: str) -> tuple[str, bool]:
    """The term without its escapes, and whether it may go on. Raises Diagnostic for masks within and for anchors."""
    kept = _ESCAPED.findall(written)
    if any(character == "" or character not in '*?^"\\' for character in kept):
        raise Diagnostic(Code.NON_SPECIAL_CHARACTER_ESCAPED, "\\")
    plain = _ESCAPED.sub(_STAND_IN, written)
    truncated = plain.endswith("*")
    plain = plain.removesuffix("*")
    for mask, code in _MASKS.items():
        if mask in plain:
            raise Diagnostic(code, mask)
    if not plain.strip():
        raise Diagnostic(Code.EMPTY_TERM_UNSUPPORTED)
    for character in kept:
        plain = plain.replace(_STAND_IN, character, 1)
    return plain, truncated


def _sort(keys: Sequence[CQLSortSpec]) -> Sort:
    if not keys:
        return Sort.RELEVANCE
    if len(keys) > 1:
        raise Diagnostic(Code.TOO_MANY_SORT_KEYS, "1")
    key = keys[0]
    modifiers = {modifier.name.basename.lower() for modifier in key.modifiers or ()}
    index = _index(key.index, CONTEXT_SETS)
    if index.field not in _SORTS:
        raise Diagnostic(Code.UNSUPPORTED_PATH_FOR_SORT, str(key.index))
    asked = modifiers & {"ascending", "descending"} or {"ascending"}
    if modifiers - _SORT_MODIFIERS or asked != {index.sort}:
        raise Diagnostic(Code.UNSUPPORTED_DIRECTION, f"{index.names[0]} {index.sort}")
    return _SORTS[index.field]
