"""The tables of docs/operator.md that are made from data: roles, secrets, alerts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from deploy.manifests.monitoring import alerts
from deploy.manifests.plan import ROOT, cluster, environment, kind_of, roles
from deploy.roles import Role
from shared.events.topics import topics, topics_read_by

GUIDE = ROOT / "docs/operator.md"
_MARKED = re.compile(r"(<!-- generated: (?P<name>[\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def guide() -> str:
    """The operator's guide as it stands, with its tables made anew."""
    made = {"roles": _roles(), "secrets": _secrets(), "alerts": _alerts()}
    return _MARKED.sub(lambda found: f"{found[1]}{made[found['name']]}{found[3]}", GUIDE.read_text(encoding="utf-8"))


def _roles() -> str:
    rows = [(role.name, kind_of(role), role.port, cluster().size(role).replicas, _most(role)) for role in roles()]
    return _table(("Role", "Kind", "Port", "Replicas", "More help up to"), rows)


def _most(role: Role) -> str:
    if kind_of(role) == "worker":
        partitions = max((topics()[name].partitions for name in topics_read_by(role.name)), default=1)
        return f"{partitions}, its topics' partitions"
    return {"api": "as many as you like", "relay": "2: one leads, one waits"}.get(kind_of(role), "1")


def _secrets() -> str:
    wanted: dict[tuple[str, str], set[str]] = {}
    for role in roles():
        for name, variable in environment().of(role).items():
            if variable.secret is not None:
                secret = variable.secret.format(service=role.service)
                wanted.setdefault((secret, f"{variable.key} → {name}"), set()).add(role.service)
    rows = [(secret, key, ", ".join(sorted(readers))) for (secret, key), readers in sorted(wanted.items())]
    return _table(("Secret", "Key → variable", "Read by"), rows)


def _alerts() -> str:
    rows = [
        (f"[{alert.alert}](runbooks/{alert.alert}.md)", alert.severity, _plain(alert.annotations["description"]))
        for alert in alerts()
    ]
    return _table(("Alert", "Severity", "Means"), rows)


def _plain(template: str) -> str:
    """A message of Prometheus with its labels named instead of filled in."""
    named = re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"*\1*", template)
    return re.sub(r"\{\{ \$value[^}]*\}\}", "*n*", named)


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)
