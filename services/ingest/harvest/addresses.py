"""Which addresses of the network a list that somebody wrote may make this machine call. No I/O."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(text: str) -> bool:
    """Whether an IP address lies outside: no loopback, private or link-local one, nor one of them in an IPv6 one."""
    address = ip_address(text.partition("%")[0])
    return all(one.is_global and not one.is_multicast for one in _meant(address))


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
