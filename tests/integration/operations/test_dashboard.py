"""The dashboard's queries and the rules on a real Prometheus that asks processes which show our metrics."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.manifests.dashboard import CONSUMERS, Panel, rows
from deploy.manifests.monitoring import RULES_FILE, alerts
from deploy.manifests.plan import ROOT
from tests.engines import free_port

DEADLINE_SECONDS = 120
WRONG = {"DeadLetters", "ParkedTooLong", "HttpErrors"}
"""What the busy process has that should alarm."""
PANELS = [panel for row in rows() for panel in row.panels]


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    if not shutil.which("prometheus"):
        pytest.skip("Prometheus is not installed (Debian: prometheus): no query of the dashboard was tried")
    folder = tmp_path_factory.mktemp("prometheus")
    target, port = free_port(), free_port()
    configuration = folder / "prometheus.yml"
    scrape = {
        "job_name": "busy",
        "static_configs": [{"targets": [f"127.0.0.1:{target}"], "labels": {"role": "stats-api"}}],
    }
    configuration.write_text(
        yaml.safe_dump(
            {
                "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                "scrape_configs": [scrape],
                "rule_files": [str(RULES_FILE)],
            }
        )
    )
    commands = [
        [sys.executable, "-m", "tests.integration.operations.busy", str(target)],
        [
            "prometheus",
            f"--config.file={configuration}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ],
    ]
    with (folder / "log").open("w") as log:
        processes = [subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log) for command in commands]
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}/api/v1", timeout=60) as client:
                wait_until_rates_exist(client, folder / "log")
                yield client
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(timeout=60)


def wait_until_rates_exist(client: httpx.Client, log: Path) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        try:
            if ask(client, "rate(bus_events_total[30s]) > 0 and on () increase(lienthong_pages_total[1m]) > 0"):
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    pytest.fail(f"Prometheus did not see the process in {DEADLINE_SECONDS} s:\n{log.read_text()[-2000:]}")


def ask(client: httpx.Client, expression: str) -> list[dict[str, Any]]:
    answer = client.get("/query", params={"query": expression}).raise_for_status().json()
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel.title.en)
def test_a_panel_shows_something_and_its_legend_names_it(prometheus: httpx.Client, panel: Panel) -> None:
    for legend, expression in panel.queries.items():
        found = ask(prometheus, expression.replace("$consumer", ".*").replace("$__rate_interval", "30s"))
        assert found
        assert all(set(re.findall(r"{{(\w+)}}", legend)) == series["metric"].keys() for series in found)


def test_the_list_of_consumers_is_filled(prometheus: httpx.Client) -> None:
    found = re.fullmatch(r"label_values\((\w+), (\w+)\)", CONSUMERS)
    assert found
    values = prometheus.get(f"/label/{found[2]}/values", params={"match[]": found[1]}).json()["data"]
    assert values == ["stats-counting"]


def test_prometheus_loads_every_rule_and_what_is_wrong_alarms(prometheus: httpx.Client) -> None:
    loaded = rules_of(prometheus)
    assert loaded.keys() == {alert.alert for alert in alerts()}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while (on := alarming(prometheus)) != WRONG and time.monotonic() < deadline:
        time.sleep(0.3)
    assert on == WRONG
    assert {rule["health"] for rule in rules_of(prometheus).values()} == {"ok"}


def rules_of(client: httpx.Client) -> dict[str, dict[str, Any]]:
    groups = client.get("/rules").raise_for_status().json()["data"]["groups"]
    return {rule["name"]: rule for group in groups for rule in group["rules"]}


def alarming(client: httpx.Client) -> set[str]:
    return {name for name, rule in rules_of(client).items() if rule["state"] in {"pending", "firing"}}
