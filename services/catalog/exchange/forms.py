"""Requests of protocols that take the same parameters by address and by form, and how they are documented."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Request

MAX_BODY_BYTES = 16_384
MAX_PARAMETERS = 30
MAX_LENGTH = 2000

XML_ANSWER: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/xml": {}}, "description": "As the protocol says"}
}

Schemas = Mapping[str, Mapping[str, Any]]
"""JSON Schema by the name of the parameter."""


class TooMany(ValueError):
    """No request has so many parameters."""


async def body_of(request: Request) -> bytes:
    """The form. Of one that is too long nothing, which is no request at all."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return b""
    return body


def pairs_of(encoded: bytes) -> list[tuple[str, str]]:
    """Parameters in their order; bytes that are no UTF-8 become U+FFFD. Raises TooMany."""
    try:
        return parse_qsl(
            encoded.decode("latin-1"), keep_blank_values=True, errors="replace", max_num_fields=MAX_PARAMETERS
        )
    except ValueError as error:
        raise TooMany(f"more than {MAX_PARAMETERS} parameters") from error


def documented(names: Sequence[str], **choices: Sequence[str]) -> Schemas:
    """Parameters that are text; those in `choices` are one of these."""
    text = {"type": "string", "maxLength": MAX_LENGTH}
    return {name: {"type": "string", "enum": list(choices[name])} if name in choices else text for name in names}


def as_query(schemas: Schemas, required: Sequence[str] = ()) -> dict[str, Any]:
    """OpenAPI of the parameters in an address."""
    return {
        "parameters": [
            {"name": name, "in": "query", "required": name in required, "schema": schema}
            for name, schema in schemas.items()
        ]
    }


def as_form(schemas: Schemas, required: Sequence[str] = ()) -> dict[str, Any]:
    """OpenAPI of the same in a form."""
    form = {"type": "object", "properties": schemas, "required": list(required)}
    return {
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
    }
