"""Which network addresses a coordinator may be sent to by somebody else's word: public unicast ones alone (SSRF).

Named by network, not by ``ipaddress.is_global``: what that says differs between versions of Python, and it lets addresses through that
carry another one inside (6to4, NAT64, Teredo), or that a cloud answers at from within.
"""

import ipaddress
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

_CLOSED_V4: Final = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32",  # Azure's own services, from within
    )
)  # fmt: skip
"""IANA's special-purpose registry (RFC 6890), multicast, the former class E and broadcast, and metadata at a public address."""
_OPEN_V6: Final = IPv6Network("2000::/3")
_CLOSED_V6: Final = tuple(
    IPv6Network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20", "3ffe::/16")
)  # fmt: skip
"""Within it: Teredo and what RFC 6890 lists, 6to4, documentation. Mapped, NAT64, local and multicast ones lie outside."""


def is_public(address: str) -> bool:
    """Whether an address (as ``getaddrinfo`` gives it, a zone included) is a public unicast one; what is none is not."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    match found:
        case IPv4Address():
            return not any(found in network for network in _CLOSED_V4)
        case IPv6Address():
            return found.scope_id is None and found in _OPEN_V6 and not any(found in network for network in _CLOSED_V6)
