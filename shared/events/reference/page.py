"""The integrator's page: hand-written prose in `page.md.j2`, its tables from the topic table and the models."""

from __future__ import annotations

from importlib.resources import files

from jinja2 import Environment, StrictUndefined

from shared.events import CONTRACTS
from shared.events.envelope import CONTENT_TYPE
from shared.events.reference.asyncapi import HEADERS
from shared.events.reference.examples import examples_of
from shared.events.reference.schemas import SCHEMA_SUFFIX, as_json, producers_of, versioned_name
from shared.events.topics import DEAD_SUFFIX, topics


def page() -> str:
    """The page as Markdown."""
    template = files("shared.events.reference").joinpath("page.md.j2").read_text(encoding="utf-8")
    environment = Environment(  # noqa: S701 -- Markdown of our own data, not HTML
        undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True
    )
    table = topics()
    loan = CONTRACTS.model("vn.lienthong.loan.made.v1")
    return environment.from_string(template).render(
        content_type=CONTENT_TYPE,
        headers=HEADERS,
        loan_example=as_json(examples_of(loan)["from-a-library-system"]).rstrip(),
        topics=[topic for topic in table.values() if not topic.name.endswith(DEAD_SUFFIX)],
        dead=[topic for topic in table.values() if topic.name.endswith(DEAD_SUFFIX)],
        events=[
            {
                "name": versioned_name(model),
                "schema": f"schemas/{versioned_name(model)}{SCHEMA_SUFFIX}",
                "says": " ".join((model.__doc__ or "").split()),
                "producers": producers_of(model),
            }
            for model in CONTRACTS
        ],
    )
