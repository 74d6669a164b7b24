import socket

import pytest

from chain import ports
from protocol.errors import RangeError, UnavailableError


def test_ports_are_free_different_and_from_the_range(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TALLY_PORT_RANGE", "41000-41099")
    found = ports.free_ports(5) + ports.free_ports(5)
    assert len(set(found)) == 10, "a process gives none out twice"
    assert all(41_000 <= port <= 41_099 for port in found)


def test_a_port_in_use_is_not_given_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("TALLY_PORT_RANGE", f"{port}-{port}")
        with pytest.raises(UnavailableError, match=r"ports\.none_free"):
            ports.free_port()


def test_the_default_lies_below_the_ports_of_outgoing_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    """Regression: a port that was kept for a restart could be an outgoing connection's by then."""
    monkeypatch.delenv("TALLY_PORT_RANGE", raising=False)
    low, high = ports._range()
    assert 1024 <= low < high < 32_768


@pytest.mark.parametrize("text", ["", "20000", "20000-", "-20000", "20100-20000", "80-90", "20000-70000", "a-b"])
def test_what_is_no_range_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("TALLY_PORT_RANGE", text)
    with pytest.raises(RangeError, match=r"ports\.range"):
        ports.free_port()
