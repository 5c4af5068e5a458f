"""Calls to addresses that somebody wrote down: they may lead outside only, whatever their names and redirects say."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

import httpx

Address = IPv4Address | IPv6Address
MayReach = Callable[[str], bool]
"""Whether an IP address may be called."""
_NAT64 = IPv6Network("64:ff9b::/96")


class Inside(httpx.ConnectError):
    """The address lies inside the network and must not be called."""


def is_public(text: str) -> bool:
    """Whether an IP address lies outside: no loopback, private or link-local one, nor one of them in an IPv6 one."""
    address = ip_address(text.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in _meant(address))


class Outward(httpx.AsyncHTTPTransport):
    """Calls the very address that was checked: a name cannot change its mind in between, nor a redirect lead inside."""

    def __init__(self, may_reach: MayReach = is_public) -> None:
        super().__init__()
        self._may_reach = may_reach

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Raises Inside, httpx.HTTPError."""
        host = request.url.host
        address = await self._address(host, request.url.port or (443 if request.url.scheme == "https" else 80))
        extensions = {**request.extensions, "sni_hostname": host}
        url = request.url.copy_with(host=address)
        pinned = httpx.Request(
            request.method, url, headers=request.headers, stream=request.stream, extensions=extensions
        )
        return await super().handle_async_request(pinned)

    async def _address(self, host: str, port: int) -> str:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpx.ConnectError(f"no address of {host}") from error
        addresses = [str(entry[4][0]) for entry in found]
        if not all(map(self._may_reach, addresses)):
            raise Inside(host)
        return addresses[0]


def _meant(address: Address) -> list[Address]:
    """An address and those that it carries (RFC 4291 mapped, RFC 3056 6to4, RFC 4380 Teredo, RFC 6052 NAT64)."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped:
        return [address.ipv4_mapped]
    inside: list[Address] = [address.sixtofour] if address.sixtofour else []
    if address in _NAT64:
        inside.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return [address, *inside, *(address.teredo or ())]
