"""Whoever waits longest makes room: for its address first, then for all."""

from mpc.link.strangers import MOST, MOST_OF_ADDRESS, Strangers


class Port:
    def __init__(self) -> None:
        self.strangers = Strangers()
        self.closed: list[str] = []

    def enter(self, name: str, address: str) -> None:
        self.strangers.enter(address, lambda: self.closed.append(name))


def test_an_address_loses_its_own_oldest() -> None:
    port = Port()
    port.enter("first", "10.0.0.2")
    for number in range(MOST_OF_ADDRESS + 3):
        port.enter(f"flood {number}", "10.0.0.1")
    assert port.closed == ["flood 0", "flood 1", "flood 2"]
    assert port.strangers.evicted == 3


def test_many_addresses_lose_the_oldest_of_all() -> None:
    port = Port()
    for number in range(MOST + 2):
        port.enter(f"flood {number}", f"10.0.0.{number}")
    assert port.closed == ["flood 0", "flood 1"]
    assert len(port.strangers) == MOST


def test_who_has_left_is_not_closed() -> None:
    strangers = Strangers()
    closed: list[int] = []
    known = strangers.enter("10.0.0.1", lambda: closed.append(0))
    strangers.leave(known)
    for number in range(MOST + 1):
        strangers.enter(f"10.1.0.{number}", lambda number=number: closed.append(number))
    assert closed == [0]
    assert len(strangers) == MOST
    strangers.leave(known)
    assert len(strangers) == MOST


def test_connections_of_no_known_address_share_all_places() -> None:
    port = Port()
    for number in range(MOST):
        port.enter(str(number), "")
    assert not port.closed
    port.enter("one more", "")
    assert port.closed == ["0"]
