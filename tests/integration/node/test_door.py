"""The node's one port: strangers, foreign keys, tickets and control channels, over real sockets."""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chain.ports import free_port
from mpc.link import tls
from mpc.link.frames import header
from mpc.link.strangers import MOST_OF_ADDRESS
from protocol.errors import TallyError
from tests.patience import Patience, scaled
from workers.slots import door as doors
from workers.slots.door import CONTROL, Door, Listener, link_ticket, preamble
from workers.slots.words import Claim, Offer, Word

TASK, ROUND, SEED = b"\x01" * 32, b"r" * 16, b"s" * 32


class Node:
    """A door that writes down what it is told."""

    def __init__(self, *, listens: bool = True) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.public = self.key.public_key().public_bytes_raw()
        self.address = ("127.0.0.1", free_port())
        self.standing: set[tuple[bytes, bool]] = set()
        self.words: list[tuple[bytes, Word]] = []
        self.door = Door(
            self.key,
            self.address if listens else None,
            Listener(
                lambda peer, leads: self.standing.add((peer, leads)),
                lambda peer, leads: self.standing.discard((peer, leads)),
                lambda peer, word: self.words.append((peer, word)),
            ),
        )


async def until(holds: Callable[[], bool], what: str) -> None:
    patience = Patience(20, what)
    while not holds():
        patience.check()
        await asyncio.sleep(0.02)


def play(story: Callable[[Node, Node], Awaitable[None]], *, listens: bool = False) -> None:
    """A lead and a party, each with an open door, until the story ends."""

    async def run() -> None:
        lead, party = Node(), Node(listens=listens)
        await lead.door.open()
        await party.door.open()
        try:
            await story(lead, party)
        finally:
            await party.door.close()
            await lead.door.close()

    asyncio.run(run())


async def met(lead: Node, party: Node) -> None:
    lead.door.meet({party.public}, {})
    party.door.meet((), {lead.public: lead.address})
    await until(lambda: bool(lead.standing and party.standing), "a channel")


def test_words_pass_on_a_pinned_channel_both_ways() -> None:
    async def story(lead: Node, party: Node) -> None:
        await met(lead, party)
        assert (lead.standing, party.standing) == ({(party.public, False)}, {(lead.public, True)})
        party.door.send(lead.public, Offer(TASK, ROUND, ready=True))
        lead.door.send(party.public, Claim(TASK, ROUND))
        await until(lambda: bool(lead.words and party.words), "the words")
        assert lead.words == [(party.public, Offer(TASK, ROUND, ready=True))]
        assert party.words == [(lead.public, Claim(TASK, ROUND))]

    play(story)


def test_a_key_that_is_not_of_a_run_gets_no_channel_until_it_is() -> None:
    async def story(lead: Node, party: Node) -> None:
        lead.door.meet({Node(listens=False).public}, {})
        party.door.meet((), {lead.public: lead.address})
        await asyncio.sleep(1)
        assert not lead.standing
        assert not party.standing, "a lead that refuses counts as connected"
        await met(lead, party)
        lead.door.meet((), {})
        await until(lambda: not lead.standing and not party.standing, "the end of trust")

    play(story)


def test_another_key_at_a_leads_address_is_not_taken_for_it() -> None:
    async def story(lead: Node, party: Node) -> None:
        lead.door.meet({party.public}, {})
        wrong = Node(listens=False)
        party.door.meet((), {wrong.public: lead.address})
        await asyncio.sleep(1)
        assert not lead.standing
        assert not party.standing

    play(story)


def test_a_lead_that_comes_back_is_met_again() -> None:
    async def story(lead: Node, party: Node) -> None:
        await met(lead, party)
        await lead.door.close()
        await until(lambda: not party.standing, "the loss")
        lead.door = Door(lead.key, lead.address, lead.door.listener)
        lead.standing.clear()
        await lead.door.open()
        await met(lead, party)

    play(story)


def test_a_ticket_leads_to_its_child_and_no_byte_is_lost() -> None:
    async def story(lead: Node, party: Node) -> None:
        ours, child = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ticket = link_ticket(SEED, TASK, party.public, lead.public)
        with ours, child:
            lead.door.expect([ticket], ours)
            _, writer = await asyncio.open_connection(*lead.address)
            writer.write(preamble(ticket) + b"client hello")
            await writer.drain()
            child.setblocking(False)
            await until(lambda: _arrives(child), "the connection")
            (descriptor,) = socket.recv_fds(child, 1, 1)[1]
            with socket.socket(fileno=descriptor) as link:
                assert link.recv(100) == b"client hello"
            writer.close()
            lead.door.forget([ticket])
            assert await said_back(lead, preamble(ticket)) == b"", "the ticket of a child that is gone"

    play(story)


def _arrives(child: socket.socket) -> bool:
    try:
        return bool(child.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False


def test_tickets_differ_for_every_seed_task_and_pair() -> None:
    one = Node(listens=False).public
    other = Node(listens=False).public
    tickets = {
        link_ticket(seed, task, *pair)
        for seed in (SEED, ROUND * 2) for task in (TASK, SEED) for pair in ((one, other), (other, one))
    }  # fmt: skip
    assert len(tickets) == 8
    assert CONTROL not in tickets


async def said_back(node: Node, data: bytes) -> bytes:
    """What the door answers until it closes."""
    reader, writer = await asyncio.open_connection(*node.address)
    writer.write(data)
    try:
        async with asyncio.timeout(scaled(15)):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", preamble(b"\x05" * 16), b"TLYD\x02" + CONTROL, b"\x16\x03\x01" + bytes(40)],
)
def test_what_shows_no_expected_ticket_is_closed_without_a_word(data: bytes) -> None:
    async def story(lead: Node, party: Node) -> None:
        assert await said_back(lead, data) == b""
        await met(lead, party)

    play(story)


def test_control_without_tls_or_certificate_is_closed() -> None:
    async def story(lead: Node, party: Node) -> None:
        await met(lead, party)
        answer = await said_back(lead, preamble(CONTROL) + b"not a client hello, but long enough to be read as one")
        assert b"TLYD" not in answer
        assert lead.standing == {(party.public, False)}

    play(story)


def test_a_malformed_word_ends_its_channel_only() -> None:
    async def story(lead: Node, party: Node) -> None:
        await met(lead, party)
        other = Node(listens=False)
        await other.door.open()
        lead.door.meet({party.public, other.public}, {})
        other.door.meet((), {lead.public: lead.address})
        await until(lambda: len(lead.standing) == 2 and other.standing, "both channels")
        channel = other.door._channels[lead.public, True]
        assert channel._transport is not None
        channel._transport.write(b"\xff" + bytes(4))
        await until(lambda: not other.standing or channel.ended.done(), "the end of the channel")
        assert (party.public, False) in lead.standing
        await other.door.close()

    play(story)


def test_strangers_are_bounded_and_time_out() -> None:
    async def story(lead: Node, party: Node) -> None:
        idle = [await asyncio.open_connection(*lead.address) for _ in range(MOST_OF_ADDRESS + 20)]
        await until(lambda: lead.door._strangers.evicted >= 20, "the bound")
        assert len(lead.door._strangers) <= MOST_OF_ADDRESS
        await until(lambda: len(lead.door._strangers) == 0, "their time to be over")
        await met(lead, party)
        for _, writer in idle:
            writer.close()

    play(story)


def test_attack_strangers_that_dial_again_and_again_keep_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """150 idle connections, each opened anew when it is closed: a channel stands all the same."""
    monkeypatch.setattr(doors, "_FIRST_WORD", 30.0)  # without its help

    async def idle(address: tuple[str, int]) -> None:
        while True:
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_connection(*address)
                try:
                    await reader.read(1)
                finally:
                    writer.close()
            await asyncio.sleep(0.2)

    async def story(lead: Node, party: Node) -> None:
        flood = [asyncio.ensure_future(idle(lead.address)) for _ in range(150)]
        await until(lambda: len(lead.door._strangers) == MOST_OF_ADDRESS, "the flood")
        await met(lead, party)
        for task in flood:
            task.cancel()
        await asyncio.gather(*flood, return_exceptions=True)

    play(story)


def test_a_frame_that_is_too_long_is_refused_before_it_is_read() -> None:
    async def story(lead: Node, party: Node) -> None:
        await met(lead, party)
        channel = party.door._channels[lead.public, True]
        assert channel._transport is not None
        channel._transport.write(header(doors.WordKind.STANDING, 1 << 30))
        await until(channel.ended.done, "the end of the channel")

    play(story)


def test_a_port_in_use_is_said() -> None:
    async def run() -> None:
        node = Node()
        with socket.create_server(node.address), pytest.raises(TallyError, match=r"door\.cannot_listen"):
            await node.door.open()

    asyncio.run(run())


def test_attack_a_party_that_opens_channels_and_says_nothing() -> None:
    """A registered party is no stranger, so the bound on strangers does not hold it: it loses its own oldest ones."""

    async def story(lead: Node, party: Node) -> None:
        lead.door.meet({party.public}, {})
        made = [await silent(lead, party) for _ in range(12)]
        ended = 0
        for reader, _ in made:
            await reader.readexactly(5)  # the lead's own first word: TLS and channel stand
        for reader, _ in made[:-4]:
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), scaled(10))
            ended += 1
        assert ended == 8
        for reader, writer in made[-4:]:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.readexactly(6), 0.3)
            writer.close()

    play(story)


async def silent(lead: Node, party: Node) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection(*lead.address)
    writer.write(preamble(CONTROL))
    await writer.start_tls(tls.context(party.key, [lead.public], server=False), server_hostname="")
    return reader, writer
