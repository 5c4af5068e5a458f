"""Each engine answers, and keeps or forgets what it should, when its processes die."""

import mailbox
import smtplib
import time
from collections.abc import Iterable
from email.message import EmailMessage
from pathlib import Path

import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from pymongo import MongoClient

from deploy.local.engines.broker import EmbeddedBroker
from deploy.local.engines.kafka import KafkaCluster
from deploy.local.engines.mail import MailServer
from deploy.local.engines.mongo import MongoReplicaSet
from tests.engines import Running, free_port, running

READY_SECONDS = 120
PARTITIONS = 3


def cluster_id(broker: EmbeddedBroker) -> str:
    return KafkaAdminClient(bootstrap_servers=broker.bootstrap).describe_cluster()["cluster_id"]


def create_topic(bootstrap: str, name: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics({name: {"num_partitions": PARTITIONS, "replication_factor": -1}})
    admin.close()


def send(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    for future in [producer.send(topic, value=value) for value in values]:
        future.get(timeout=READY_SECONDS)
    producer.close()


def read(bootstrap: str, topic: str, at_least: int) -> list[bytes]:
    """All that the topic holds, once there is so much: after a change of leaders its ends are late."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False, group_id=None)
    places = [TopicPartition(topic, number) for number in range(PARTITIONS)]
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    values: list[bytes] = []
    deadline = time.monotonic() + READY_SECONDS
    while len(values) < at_least or any(consumer.position(one) < end for one, end in ends(consumer, places)):
        assert time.monotonic() < deadline, f"{len(values)} of {at_least}"
        values += [message.value for found in consumer.poll(timeout_ms=500).values() for message in found]
    consumer.close()
    return values


def ends(consumer: KafkaConsumer, places: list[TopicPartition]) -> Iterable[tuple[TopicPartition, int]]:
    return consumer.end_offsets(places).items()


@pytest.mark.engines
def test_mongod_restarts_with_its_data_after_kill(tmp_path: Path) -> None:
    with running(MongoReplicaSet(tmp_path / "data", free_port()), tmp_path) as mongo:
        with MongoClient(mongo.engine.url, w="majority", journal=True) as client, client.start_session() as session:
            client.library.books.insert_one({"_id": "first"})
            session.with_transaction(lambda s: client.library.books.insert_one({"_id": "second"}, session=s))
        mongo.kill("mongod")
        mongo.start("mongod")
        mongo.engine.wait_ready(READY_SECONDS)
        with MongoClient(mongo.engine.url) as client:
            assert {book["_id"] for book in client.library.books.find()} == {"first", "second"}


@pytest.mark.engines
def test_embedded_broker_takes_a_new_cluster_id_at_every_start(tmp_path: Path) -> None:
    with running(EmbeddedBroker(free_port()), tmp_path) as broker:
        create_topic(broker.engine.bootstrap, "loans")
        send(broker.engine.bootstrap, "loans", [b"one", b"two"])
        assert sorted(read(broker.engine.bootstrap, "loans", 2)) == [b"one", b"two"]
        before = cluster_id(broker.engine)
        broker.kill("broker")
        broker.start("broker")
        broker.engine.wait_ready(READY_SECONDS)
        assert cluster_id(broker.engine) != before


@pytest.mark.kafka
def test_three_nodes_lose_nothing_when_one_is_killed(kafka_cluster: Running[KafkaCluster]) -> None:
    bootstrap = kafka_cluster.engine.bootstrap
    create_topic(bootstrap, "kills")
    before = [f"before-{n}".encode() for n in range(300)]
    after = [f"after-{n}".encode() for n in range(300)]
    send(bootstrap, "kills", before)
    kafka_cluster.kill("kafka-2")
    send(bootstrap, "kills", after)
    assert sorted(read(bootstrap, "kills", 600)) == sorted(before + after)
    kafka_cluster.start("kafka-2")
    kafka_cluster.engine.wait_ready(READY_SECONDS)
    assert sorted(read(bootstrap, "kills", 600)) == sorted(before + after)


@pytest.mark.engines
def test_mail_server_files_what_it_accepts(mail_server: Running[MailServer]) -> None:
    mail = EmailMessage()
    mail["Subject"] = "Sách đến hạn trả"
    mail.set_content("Kính gửi bạn đọc")
    with smtplib.SMTP("127.0.0.1", mail_server.engine.port) as client:
        client.send_message(mail, "thu-vien@example.vn", ["ban-doc@example.vn"])
    received = [
        mail for mail in mailbox.Maildir(mail_server.engine.directory) if mail["X-RcptTo"] == "ban-doc@example.vn"
    ]
    assert len(received) == 1
