"""What the local stack decides without starting anything."""

import re
from pathlib import Path

import jwt
import pytest

from deploy.local.engines.engine import Program
from deploy.local.engines.kafka import KafkaCluster
from deploy.local.keeper import Keeper
from deploy.local.keys import demo_tokens, load_keys
from deploy.local.messages import CATALOGUE, StackError, catalogue
from deploy.local.settings import ROOT, StackSettings
from deploy.local.stack import Stack
from deploy.roles import load_roles

DEMO_ROLES = {"librarian", "appraiser", "operator", "reader", "authority"}


def test_roles_have_names_and_ports_of_their_own() -> None:
    roles = load_roles()
    assert len({role.name for role in roles}) == len(roles)
    assert len({role.port for role in roles}) == len(roles)


def test_every_service_has_its_api_and_its_relay() -> None:
    names = {role.name for role in load_roles()}
    for service in ("ingest", "ocr", "catalog", "stats", "notify"):
        assert {f"{service}-api", f"{service}-relay"} <= names


def test_no_role_takes_an_engines_port() -> None:
    ports = StackSettings().engine_ports
    engines = {ports.mail, ports.mongo, *ports.brokers, *ports.controllers}
    assert engines.isdisjoint(role.port for role in load_roles())


def test_settings_come_from_the_environment() -> None:
    settings = StackSettings.from_environment(
        {"BROKER": "kafka", "BROKERS": "3", "MONGO_URL": "", "OBJECT_STORE": "s3://b"}
    )
    assert (settings.real_kafka, settings.kafka_nodes, settings.mongo_url) == (True, 3, None)
    assert settings.object_store == "s3://b"


@pytest.mark.parametrize("environment", [{"BROKER": "rabbit"}, {"BROKERS": "2"}])
def test_an_unknown_setting_is_refused_with_the_choices(environment: dict[str, str]) -> None:
    with pytest.raises(StackError, match="choose one of"):
        StackSettings.from_environment(environment)


def test_given_addresses_reach_every_process_and_replace_the_engines(tmp_path: Path) -> None:
    given = StackSettings(
        var=tmp_path, kafka_bootstrap="k:9092", mongo_url="mongodb://m/", smtp_url="smtp://s", clamd_url="tcp://c"
    )
    stack = Stack(given)
    assert stack.engines == []
    told = stack.environment
    assert (told["KAFKA_BOOTSTRAP"], told["MONGO_URL"], told["SMTP_URL"], told["CLAMD_URL"]) == (
        "k:9092",
        "mongodb://m/",
        "smtp://s",
        "tcp://c",
    )
    assert told["OBJECT_STORE"] == f"file://{tmp_path}/objects"


def test_keys_are_made_once_and_private(tmp_path: Path) -> None:
    first = load_keys(tmp_path / "keys")
    assert load_keys(tmp_path / "keys") == first
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "keys").iterdir()} == {0o600}


def test_each_demo_role_has_a_token_and_the_appraiser_is_of_another_organisation(tmp_path: Path) -> None:
    keys = load_keys(tmp_path / "keys")
    claims = {
        role: jwt.decode(token, keys.public_key, algorithms=["EdDSA"], options={"require": ["exp", "sub"]})
        for role, token in demo_tokens(keys).items()
    }
    assert set(claims) == DEMO_ROLES
    assert all(claims[role]["roles"] == [role] for role in DEMO_ROLES)
    assert claims["librarian"]["org"] != claims["appraiser"]["org"]


def test_secrets_are_not_in_the_keepers_configuration(tmp_path: Path) -> None:
    stack = Stack(StackSettings(var=tmp_path, mongo_url="mongodb://user:password@m/"))
    assert stack.keys.vault_key not in stack.configuration
    assert "password" not in stack.configuration


def test_the_configuration_changes_with_the_environment(tmp_path: Path) -> None:
    keeper = Keeper(tmp_path, ROOT)
    programs = [Program("role", ("true",))]
    assert keeper.configuration([], programs, {"A": "1"}) != keeper.configuration([], programs, {"A": "2"})


def test_percent_signs_reach_the_command(tmp_path: Path) -> None:
    program = Program("role", ("echo", "100%"), {"RATE": "5%"})
    configuration = Keeper(tmp_path, ROOT).configuration([program], [], {})
    assert "command=echo 100%%\n" in configuration
    assert 'environment=RATE="5%%"\n' in configuration


def test_the_keepers_socket_fits_in_an_address_however_deep_the_checkout(tmp_path: Path) -> None:
    deep = Keeper(tmp_path / ("d" * 100), ROOT).configuration([], [], {})
    socket_line = next(line for line in deep.splitlines() if line.startswith("file="))
    assert len(socket_line) < 100


@pytest.mark.parametrize(("nodes", "replicas", "in_sync"), [(1, "1", "1"), (3, "3", "2")])
def test_a_kafka_cluster_keeps_a_majority_in_sync(tmp_path: Path, nodes: int, replicas: str, in_sync: str) -> None:
    cluster = KafkaCluster(tmp_path, tmp_path, tuple(range(8171, 8171 + nodes)), tuple(range(8181, 8181 + nodes)))
    settings = dict(line.split("=", 1) for line in cluster.properties(1).splitlines())
    assert settings["default.replication.factor"] == settings["offsets.topic.replication.factor"] == replicas
    assert settings["min.insync.replicas"] == settings["transaction.state.log.min.isr"] == in_sync
    assert settings["auto.create.topics.enable"] == "false"


def test_every_message_is_said_somewhere_and_in_both_languages() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in CATALOGUE.parent.rglob("*.py"))
    said = set(re.findall(r'(?:say|StackError)\(\s*"(\w+)"', code))
    assert said == set(catalogue())
    assert all(message.keys() == {"vi", "en"} for message in catalogue().values())
