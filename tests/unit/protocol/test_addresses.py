"""Which addresses may be sent to by others' word, beside the standard library's own word for it."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.addresses import is_public

CLOSED = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.192", "192.168.1.1", "198.18.0.1", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:a9fe:a9fe", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "fc00::1", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "2606:4700::1%eth0", "fec0::1", "ff02::1", "100::1", "5f00::1", "3fff::1",
    "", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "8.8.8.8/32",
)  # fmt: skip
OPEN = (
    "8.8.8.8",
    "1.1.1.1",
    "172.15.255.255",
    "172.32.0.1",
    "93.184.216.34",
    "2606:4700:4700::1111",
    "2a00:1450:4001::1",
)


@pytest.mark.parametrize("address", CLOSED)
def test_attack_closed_addresses(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OPEN)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_is_open_that_the_standard_library_calls_closed(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if is_public(str(address)):
        assert address.is_global
        kinds = ("is_private", "is_loopback", "is_link_local", "is_multicast", "is_reserved", "is_unspecified")
        assert not any(getattr(address, kind) for kind in kinds)


@given(st.ip_addresses(v=4))
def test_attack_no_v6_address_carries_one_of_v4_inside(address: ipaddress.IPv4Address) -> None:
    carried = int(address)
    for network, shift in (("::ffff:0:0", 0), ("::", 0), ("64:ff9b::", 0), ("2002::", 80), ("2001::", 64)):
        assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(network)) | carried << shift)))
