"""Alerts, runbooks and the dashboard against each other and against the metrics of the code."""

import importlib
import json
import re
import shutil
import subprocess

import pytest
import yaml
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.dashboard import Dashboard
from prometheus_client import REGISTRY

from deploy.manifests.dashboard import dashboard_json, rows
from deploy.manifests.monitoring import RULES_FILE, Alert, alerts, rules
from deploy.manifests.plan import ROOT
from deploy.roles import load_roles
from services.stats.indicators.exposition import exposition
from tests.unit.deploy.manifest_files import of_kind

RUNBOOKS = ROOT / "docs/runbooks"
PROMETHEUS = RULES_FILE.parent
OTHERS = {"kafka_consumergroup_lag", "up"}
"""What the Kafka exporter and Prometheus itself tell."""


def metrics_of_the_code() -> set[str]:
    for path in [ROOT / "shared/telemetry/metrics.py", *(ROOT / "services").glob("*/metrics.py")]:
        importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    families = [*REGISTRY.collect(), *exposition([], up=True)]
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}
    return {family.name + ending for family in families for ending in endings.get(family.type, ("",))}


def metrics_named_in(expression: str) -> set[str]:
    without_labels = re.sub(r"{[^}]*}", "", expression)
    return set(re.findall(r"\b(?:bus|http|kafka|lienthong|ingest|catalog|notify)_\w+|\bup\b", without_labels))


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: rule.alert)
def test_an_alert_stands_on_metrics_that_are_there_and_says_what_to_do(rule: Alert) -> None:
    named = metrics_named_in(rule.expr)
    assert named
    assert named <= metrics_of_the_code() | OTHERS
    assert rule.severity in {"page", "ticket"}
    assert rule.annotations.keys() == {"summary", "description", "runbook_url"}
    assert rule.annotations["runbook_url"].endswith(f"/docs/runbooks/{rule.alert}.md")
    steps = re.findall(r"^\d\. .+", (RUNBOOKS / f"{rule.alert}.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(steps) == 5


def test_no_runbook_is_left_without_its_alert() -> None:
    assert {path.stem for path in RUNBOOKS.glob("*.md")} == {alert.alert for alert in alerts()}


def test_commands_in_runbooks_name_processes_that_exist() -> None:
    roles = {role.name for role in load_roles()}
    for path in [*RUNBOOKS.glob("*.md"), ROOT / "docs/operator.md"]:
        for name in re.findall(r"deploy/([a-z]+-[a-z]+)", path.read_text(encoding="utf-8")):
            assert name in roles


def test_every_alert_has_a_test_that_sees_it_fire() -> None:
    cases = yaml.safe_load((PROMETHEUS / "rules_test.yaml").read_text(encoding="utf-8"))["tests"]
    fired = {check["alertname"] for case in cases for check in case["alert_rule_test"] if check["exp_alerts"]}
    assert fired == {alert.alert for alert in alerts()}


def test_kubernetes_is_told_the_same_rules() -> None:
    assert of_kind("PrometheusRule")["lienthong"]["spec"] == rules()


@pytest.mark.parametrize(
    "command",
    ["check rules --lint=all --lint-fatal rules.yaml", "test rules rules_test.yaml", "check config prometheus.yml"],
)
def test_promtool_is_content(command: str) -> None:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian: prometheus): the rules' own tests did not run")
    done = subprocess.run(["promtool", *command.split()], cwd=PROMETHEUS, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_grafana_would_read_back_the_same_dashboard() -> None:
    loaded = json.loads(dashboard_json())
    again = json.loads(JSONEncoder(sort_keys=True).encode(Dashboard.from_json(loaded)))
    assert again == loaded


def test_every_panel_explains_itself_and_stands_on_metrics_that_are_there() -> None:
    known = metrics_of_the_code() | OTHERS
    for row in rows():
        for panel in row.panels:
            assert panel.tells.endswith(".")
            for expression in panel.queries.values():
                assert metrics_named_in(expression)
                assert metrics_named_in(expression) <= known
                assert set(re.findall(r"\$\w+", expression)) <= {"$consumer", "$__rate_interval"}


def test_a_misspelt_metric_would_be_found() -> None:
    assert not metrics_named_in("sum(bus_event_total)") <= metrics_of_the_code()


def test_panels_ask_the_source_that_is_chosen_and_do_not_overlap() -> None:
    board = json.loads(dashboard_json())
    places = set()
    for panel in board["panels"]:
        if panel["type"] == "row":
            continue
        assert panel["datasource"]["uid"] == "${datasource}"
        assert {target["datasource"]["uid"] for target in panel["targets"]} == {"${datasource}"}
        assert panel["fieldConfig"]["defaults"]["unit"]
        places.add((panel["gridPos"]["x"], panel["gridPos"]["y"]))
    assert len(places) == sum(len(row.panels) for row in rows())
