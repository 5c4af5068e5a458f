"""Whether roles are ready, as they say themselves at /readyz."""

from collections.abc import Iterable

import httpx

from deploy.local.engines.engine import LOOPBACK
from deploy.roles import Role

PROBE_SECONDS = 2


def not_ready(roles: Iterable[Role]) -> dict[Role, str]:
    """Those of `roles` that do not answer 200, each with what it answered instead."""
    with httpx.Client(timeout=PROBE_SECONDS, trust_env=False) as client:  # no proxy stands before the loopback
        answers = {role: _answer(client, role) for role in roles}
    return {role: answer for role, answer in answers.items() if answer}


def _answer(client: httpx.Client, role: Role) -> str:
    try:
        response = client.get(f"http://{LOOPBACK}:{role.port}/readyz")
    except httpx.HTTPError as failure:
        return str(failure) or type(failure).__name__
    return "" if response.is_success else f"{response.status_code} {response.text[:300]}"
