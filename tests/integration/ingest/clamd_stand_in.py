"""Speaks clamd's side of PING and INSTREAM (clamd(8)) over TCP: finds EICAR, limits streams, hangs up as clamd does."""

import asyncio
from contextlib import asynccontextmanager

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
BOMB = b"archive that is too deep"


@asynccontextmanager
async def clamd(stream_max_length: int = 1_000_000, port: int = 0):
    """Its URL while it runs."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        command = await reader.readline()
        writer.write(b"PONG\n" if command == b"nPING\n" else await scan(reader, stream_max_length))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    async with server:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def scan(reader: asyncio.StreamReader, limit: int) -> bytes:
    received = b""
    while size := int.from_bytes(await reader.readexactly(4), "big"):
        received += await reader.readexactly(size)
        if len(received) > limit:
            return b"INSTREAM size limit exceeded. ERROR\n"
    if EICAR in received:
        return b"stream: Eicar-Test-Signature FOUND\n"
    if BOMB in received:
        return b"stream: Heuristics.Limits.Exceeded.MaxRecursion FOUND\n"
    return b"stream: OK\n"
