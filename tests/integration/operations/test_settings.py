"""That the variables which our own settings do not know are really read by the library named beside them."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator

import boto3
import pytest
from moto.server import ThreadedMotoServer

from deploy.manifests.plan import ROOT, environment

PUT_AND_GET = """
import asyncio
from shared.store.objects import Objects

async def main():
    objects = Objects("s3://lienthong")
    await objects.put("originals/a", b"bytes", "text/plain")
    print((await objects.get("originals/a")).decode())

asyncio.run(main())
"""


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "user", "aws_secret_access_key": "password", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="lienthong")
    yield address
    server.stop()


def given(endpoint: str) -> dict[str, str]:
    """The object store's variables as the manifests name them."""
    values = {"AWS_ENDPOINT_URL": endpoint, "AWS_ACCESS_KEY_ID": "user", "AWS_SECRET_ACCESS_KEY": "password"}
    names = [name for name, variable in environment().variables.items() if variable.read_by == "obstore"]
    return {name: values.get(name) or str(environment().variables[name].cluster) for name in names}


def run(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-c", PUT_AND_GET]
    return subprocess.run(
        command, cwd=ROOT, env=inherited | variables, check=False, capture_output=True, text=True, timeout=60
    )


async def test_the_object_store_is_reached_with_the_variables_of_the_manifests(endpoint: str) -> None:
    done = await asyncio.to_thread(run, given(endpoint))
    assert done.stdout.strip() == "bytes", done.stderr


async def test_without_leave_for_plain_http_it_is_not(endpoint: str) -> None:
    variables = {name: value for name, value in given(endpoint).items() if name != "AWS_ALLOW_HTTP"}
    done = await asyncio.to_thread(run, variables)
    assert done.returncode != 0
