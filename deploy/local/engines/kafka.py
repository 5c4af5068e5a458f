"""Apache Kafka in KRaft mode on loopback, from published jars: one node, or three that survive the loss of one."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from deploy.local.engines.engine import LOOPBACK, Program, listens, wait_until

RECIPE = Path(__file__).parents[1] / "kafka"
LIBS = Path(__file__).parents[3] / "var" / "kafka" / "libs"


class JarsUnavailable(Exception):
    """Kafka's jars could not be fetched: the text is Maven's, or says that Java or Maven is missing."""


@dataclass(frozen=True)
class KafkaCluster:
    """Combined broker and controller nodes; `broker_ports` and `controller_ports` have one entry per node (1 or 3).

    The data and the cluster id live in `directory`, the jars in `libs` (fetched when the pinned pom changes).
    """

    directory: Path
    libs: Path
    broker_ports: tuple[int, ...]
    controller_ports: tuple[int, ...]

    @property
    def bootstrap(self) -> str:
        return ",".join(f"{LOOPBACK}:{port}" for port in self.broker_ports)

    @property
    def ports(self) -> tuple[int, ...]:
        return self.broker_ports + self.controller_ports

    @property
    def programs(self) -> tuple[Program, ...]:
        return tuple(Program(f"kafka-{node}", self._java(node)) for node in self._nodes)

    def prepare(self) -> None:
        fetch_jars(self.libs)
        self.directory.mkdir(parents=True, exist_ok=True)
        for node in self._nodes:
            self._properties_file(node).write_text(self.properties(node), encoding="utf-8")
            if not (self._data(node) / "meta.properties").exists():
                self._format(node)

    def wait_ready(self, seconds: float) -> None:
        wait_for_brokers(self.broker_ports, seconds)

    @property
    def _nodes(self) -> range:
        return range(1, len(self.broker_ports) + 1)

    def _data(self, node: int) -> Path:
        return self.directory / f"node-{node}"

    def _properties_file(self, node: int) -> Path:
        return self.directory / f"node-{node}.properties"

    def _java(self, node: int) -> tuple[str, ...]:
        options = ("-Xms128m", "-Xmx256m", "-XX:+UseSerialGC", f"-Dlog4j2.configurationFile={RECIPE}/log4j2.properties")
        return ("java", *options, "-cp", f"{self.libs}/*", "kafka.Kafka", str(self._properties_file(node)))

    def _format(self, node: int) -> None:
        tool = ("java", "-Xmx128m", "-cp", f"{self.libs}/*", "kafka.tools.StorageTool", "format", "--ignore-formatted")
        arguments = ("-t", self._cluster_id(), "-c", str(self._properties_file(node)))
        subprocess.run([*tool, *arguments], check=True, capture_output=True)

    def _cluster_id(self) -> str:
        kept = self.directory / "cluster-id"
        if not kept.exists():
            kept.write_text(urlsafe_b64encode(uuid4().bytes).decode().rstrip("="), encoding="ascii")
        return kept.read_text(encoding="ascii")

    def properties(self, node: int) -> str:
        """server.properties of one node, counted from 1."""
        broker, controller = self.broker_ports[node - 1], self.controller_ports[node - 1]
        voters = (f"{n}@{LOOPBACK}:{port}" for n, port in zip(self._nodes, self.controller_ports, strict=True))
        replicas = len(self._nodes)
        settings = {
            "process.roles": "broker,controller",
            "node.id": node,
            "controller.quorum.voters": ",".join(voters),
            "listeners": f"PLAINTEXT://{LOOPBACK}:{broker},CONTROLLER://{LOOPBACK}:{controller}",
            "advertised.listeners": f"PLAINTEXT://{LOOPBACK}:{broker}",
            "controller.listener.names": "CONTROLLER",
            "inter.broker.listener.name": "PLAINTEXT",
            "log.dirs": self._data(node),
            "auto.create.topics.enable": "false",
            "default.replication.factor": replicas,
            "min.insync.replicas": majority(replicas),
            "offsets.topic.replication.factor": replicas,
            "offsets.topic.num.partitions": 6,
            "transaction.state.log.replication.factor": replicas,
            "transaction.state.log.min.isr": majority(replicas),
            "transaction.state.log.num.partitions": 6,
            "share.coordinator.state.topic.replication.factor": replicas,
            "share.coordinator.state.topic.min.isr": majority(replicas),
            "group.initial.rebalance.delay.ms": 0,
            # A dead node or member is noticed in seconds: this machine is its own network.
            "group.min.session.timeout.ms": 1000,
            "broker.session.timeout.ms": 3000,
            "broker.heartbeat.interval.ms": 500,
        }
        return "".join(f"{key}={value}\n" for key, value in settings.items())


def majority(replicas: int) -> int:
    return replicas // 2 + 1


def wait_for_brokers(ports: Sequence[int], seconds: float) -> None:
    """Return once an administrator is answered on each of `ports` and the cluster has them all and a controller."""
    names = ", ".join(map(str, ports))
    wait_until(lambda: all(listens(port) for port in ports), seconds, f"Kafka on port {names}")
    wait_until(
        lambda: all(_cluster_is_whole(port, len(ports)) for port in ports), seconds, f"Kafka's cluster on {names}"
    )


def _cluster_is_whole(port: int, size: int) -> bool:
    try:
        with closing(KafkaAdminClient(bootstrap_servers=f"{LOOPBACK}:{port}")) as admin:
            cluster = admin.describe_cluster()
    except KafkaError:
        return False
    live = [broker for broker in cluster["brokers"] if not broker.get("is_fenced")]
    return len(live) == size and cluster["controller_id"] >= 0


def fetch_jars(libs: Path) -> None:
    """Bring the jars that the pinned pom names into `libs`; nothing to do when they are there already."""
    pom = RECIPE / "pom.xml"
    stamp = libs / "pom.sha256"
    digest = hashlib.sha256(pom.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == digest:
        return
    missing = [tool for tool in ("java", "mvn") if shutil.which(tool) is None]
    if missing:
        raise JarsUnavailable(f"{' and '.join(missing)} not found on this machine: run deploy/local/setup kafka")
    libs.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=libs.parent) as fresh:
        maven = ("mvn", "-C", "-q", "-B", "-f", str(pom), "dependency:copy-dependencies", f"-DoutputDirectory={fresh}")
        fetched = subprocess.run(maven, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if fetched.returncode:
            raise JarsUnavailable(fetched.stdout[-2000:])
        shutil.rmtree(libs, ignore_errors=True)
        shutil.copytree(fresh, libs)
    stamp.write_text(digest, encoding="ascii")


if __name__ == "__main__":
    try:
        fetch_jars(LIBS)
    except JarsUnavailable as reason:
        sys.exit(str(reason))
