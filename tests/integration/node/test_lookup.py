"""Private lookup between real ends: holders that serve over TLS with pinned keys, an asker that fetches, asks and keeps receipts."""

import http.client
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from mpc.link import tls
from protocol.errors import RefusedError, TallyError, UnavailableError, VerificationError
from protocol.lookup import LookupRefusal, MirrorManifest
from protocol.sessions import SessionList, receipt_of
from tests.unit.workers.lookup.bank import LISTED, Bank
from workers.keystore import NodeKeys
from workers.lookup.asking import Asker, Found, HeldList, read_holders
from workers.lookup.serving import serving
from workers.state import State

LISTS = ({"A001": "overdue", "A002": "fraud"}, {"A002": "court"}, {"A003": "overdue"})


@contextmanager
def served(bank: Bank) -> Iterator[HeldList]:
    """A bank's lists at a port of this machine."""
    assert bank.session, "it is open for everybody who was admitted"
    with serving(bank.service, bank.keys, "127.0.0.1", 0) as port:
        yield HeldList(bank.party, bank.keys.node_public, "127.0.0.1", port, "blacklist")


class Shop:
    """An asker's node."""

    def __init__(self, folder: Path, bank: Bank) -> None:
        folder.mkdir()
        self.keys = NodeKeys.draw()
        self.state = State(folder / "state.sqlite")
        self.asker = Asker("shop", self.state, folder, self.keys, lambda: bank.now)

    def fetch(self, held: HeldList) -> list[MirrorManifest]:
        """Mirrors, and the session."""
        self.asker.join(held)
        return self.asker.fetch(held)

    def close(self) -> None:
        self.asker.close()
        self.state.close()


@pytest.fixture
def bank(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    monkeypatch.setattr("os.fsync", lambda _: None)
    (tmp_path / "bank").mkdir()
    made = Bank(tmp_path / "bank")
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path, bank: Bank) -> Iterator[Shop]:
    made = Shop(tmp_path / "shop", bank)
    bank.admit(made.keys)
    yield made
    made.close()


def answered(found: list[Found] | TallyError) -> list[Found]:
    if isinstance(found, TallyError):
        raise found
    return found


def labels(found: list[Found] | TallyError) -> list[str | None]:
    return [each.label for each in answered(found)]


def test_three_holders_are_asked_about_customers_they_are_not_told(tmp_path: Path, bank: Bank, shop: Shop) -> None:
    banks = [bank]
    for number in (1, 2):
        (tmp_path / f"bank-{number}").mkdir()
        banks.append(Bank(tmp_path / f"bank-{number}", f"bank-{number}"))
    with ExitStack() as stack:
        lists: list[HeldList] = []
        for each, rows in zip(banks, LISTS, strict=True):
            each.make(rows)
            each.admit(shop.keys)
            lists.append(stack.enter_context(served(each)))
        for held in lists:
            shop.fetch(held)
        found = shop.asker.ask(lists, ["A001", " A002 ", "A003", "A004"])
        assert [labels(each) for each in found] == [
            ["overdue", "fraud", None, None], [None, "court", None, None], [None, None, "overdue", None],
        ]  # fmt: skip
        for each, held in zip(found, lists, strict=True):
            receipt = receipt_of(answered(each)[0].receipt, [held.key])
            assert (receipt.party, receipt.asker, receipt.number, receipt.answered) == (held.party, "shop", 1, 1)
            assert receipt.session == shop.asker.terms(held).digest()
    for each in banks[1:]:
        each.close()


def test_additions_reach_the_asker_and_a_new_key_ends_what_it_has(bank: Bank, shop: Shop) -> None:
    bank.make()
    with served(bank) as held:
        assert len(shop.fetch(held)) == 1
        bank.add_rows({**LISTED, "A009": "new"}, 2)
        bank.lists.add("blacklist", 2, bank.now)
        assert labels(shop.asker.ask([held], ["A009"])[0]) == [None], "it is not in the mirror that is here"
        assert [it.version for it in shop.fetch(held)] == [1, 2]
        assert labels(shop.asker.ask([held], ["A009", "A001"])[0]) == ["new", "overdue"]
        bank.now += 5
        bank.lists.make("blacklist", bank.reference, 2, "reason", 3600, bank.now)
        with pytest.raises(RefusedError, match=r"lookup\.unknown_mirror"):
            answered(shop.asker.ask([held], ["A009"])[0])
        assert [it.version for it in shop.fetch(held)] == [1]
        assert labels(shop.asker.ask([held], ["A009"])[0]) == ["new"]


def test_a_holder_that_does_not_answer_keeps_no_other_from_answering(bank: Bank, shop: Shop) -> None:
    bank.make()
    with served(bank) as held:
        shop.fetch(held)
        with socket.create_server(("127.0.0.1", 0)) as free:
            silent = replace(held, port=free.getsockname()[1])
        first, second = shop.asker.ask([silent, held], ["A001"])
        assert isinstance(first, UnavailableError)
        assert labels(second) == ["overdue"]


def test_who_is_admitted_or_revoked_while_it_serves_is_let_in_or_not(tmp_path: Path, bank: Bank, shop: Shop) -> None:
    """The keys that the door pins follow the registry, link by link; an open link is refused at its next question."""
    bank.make()
    late = Shop(tmp_path / "late", bank)
    with served(bank) as held:
        shop.fetch(held)
        with pytest.raises(UnavailableError, match=r"lookup\.unavailable"):
            late.fetch(held)
        bank.registry.parties[late.keys.node_public] = "late"
        with pytest.raises(RefusedError, match=r"session\.none"):
            late.fetch(held)
        assert labels(shop.asker.ask([held], ["A001"])[0]) == ["overdue"]
        del bank.registry.parties[shop.keys.node_public]
        with pytest.raises(RefusedError, match=r"lookup\.unknown_asker"):
            answered(shop.asker.ask([held], ["A001"])[0])
    late.close()


def test_a_list_is_asked_in_the_session_that_was_fetched(bank: Bank, shop: Shop) -> None:
    bank.make()
    with served(bank) as held:
        shop.asker.fetch(held)
        with pytest.raises(RefusedError, match=r"session\.not_joined"):
            answered(shop.asker.ask([held], ["A001"])[0])
        shop.asker.join(held)
        assert labels(shop.asker.ask([held], ["A001"])[0]) == ["overdue"]
        bank.ledger.end(bank.session, "ended")
        with pytest.raises(RefusedError, match=r"session\.ended"):
            answered(shop.asker.ask([held], ["A001"])[0])
        with pytest.raises(RefusedError, match=r"session\.none"):
            shop.asker.join(held)


def test_attack_a_holder_that_shows_other_terms_than_it_stated(
    bank: Bank, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.make()
    with served(bank) as held:
        shown = bank.holder.offered(shop.keys.node_public, "blacklist").sessions[0]
        forged = SessionList((replace(shown, terms=replace(shown.terms, delay=86_400)),))
        monkeypatch.setattr(bank.holder, "offered", lambda *_: forged)
        with pytest.raises(VerificationError, match=r"session\.other_terms"):
            shop.asker.join(held)


def test_attack_a_stranger_at_the_door(tmp_path: Path, bank: Bank, shop: Shop) -> None:
    """A key that is no asker's gets no further than the handshake, as holder and as asker."""
    bank.make()
    stranger = Shop(tmp_path / "stranger", bank)
    with served(bank) as held:
        with pytest.raises(UnavailableError, match=r"lookup\.unavailable"):
            stranger.fetch(held)
        with pytest.raises(UnavailableError, match=r"lookup\.unavailable"):
            shop.fetch(replace(held, key=NodeKeys.draw().node_public))
    stranger.close()


def test_attack_an_asker_beyond_its_rate_gets_a_code_and_when_to_come_back(bank: Bank, shop: Shop) -> None:
    bank.per_minute = 2
    bank.make()
    with served(bank) as held:
        shop.fetch(held)
        shop.asker.ask([held], ["A001", "A002"])
        with pytest.raises(RefusedError, match=r"lookup\.rate") as refused:
            answered(shop.asker.ask([held], ["A003"])[0])
        assert refused.value.details["retry_after"] == 60 - bank.now % 60


def test_attack_a_mirror_of_its_own_for_one_asker(tmp_path: Path, bank: Bank, shop: Shop) -> None:
    """A holder whose door gives an asker another mirror for the same version: what was kept before is compared."""
    bank.make()
    with served(bank) as held:
        shop.fetch(held)
    (tmp_path / "twin").mkdir()
    twin = Bank(tmp_path / "twin", keys=bank.keys)
    twin.make({"A001": "overdue"})
    twin.admit(shop.keys)
    with served(twin) as held:
        for _ in range(2):
            with pytest.raises(VerificationError, match=r"lookup\.two_mirrors"):
                shop.fetch(held)
    assert len(list((tmp_path / "shop").rglob("*.mirror"))) == 2, "both are kept as proof"
    twin.close()


def test_attack_an_answer_without_a_receipt_or_of_another_time(
    bank: Bank, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    bank.make()
    with served(bank) as held:
        shop.fetch(held)
        with monkeypatch.context() as forged:
            forged.setattr(NodeKeys, "sign", lambda *_: bytes(64))
            with pytest.raises(VerificationError, match=r"signature\.invalid"):
                answered(shop.asker.ask([held], ["A001"])[0])
        holders_time = bank.now + 301
        monkeypatch.setattr(bank.holder, "_clock", lambda: holders_time)
        with pytest.raises(VerificationError, match=r"lookup\.clock"):
            answered(shop.asker.ask([held], ["A001"])[0])


def test_attack_silent_and_slow_connections_keep_no_asker_waiting(bank: Bank, shop: Shop) -> None:
    bank.make()
    with served(bank) as held, ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(socket.create_connection((held.host, held.port)))
        shop.fetch(held)
        assert labels(shop.asker.ask([held], ["A001"])[0]) == ["overdue"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/", b""),
        ("GET", "/v1/mirrors/blacklist/../../../keys", b""),
        ("GET", "/v1/mirrors/..%2f", b""),
        ("GET", "/v1/mirrors/other", b""),
        ("GET", "/v1/mirrors/blacklist/2", b""),
        ("GET", "/v1/mirrors/blacklist/99999999999", b""),
        ("GET", "/v1/sessions", b""),
        ("GET", "/v1/sessions/blacklist/answers/1", b""),
        ("GET", f"/v1/sessions/{'0' * 64}/answers/1", b""),
        ("GET", f"/v1/sessions/{'0' * 64}/answers/x", b""),
        ("GET", f"/v1/sessions/{'0' * 64}/other/1", b""),
        ("POST", "/v1/other", b"{}"),
        ("POST", "/v1/questions", b"{}"),
        ("POST", "/v1/questions", b"x" * 65_537),
    ],
)
def test_what_is_no_question_is_refused_with_a_code(
    bank: Bank, shop: Shop, method: str, path: str, body: bytes
) -> None:
    bank.make()
    with served(bank) as held:
        context = tls.context(shop.keys.node_private(), [held.key], server=False)
        connection = http.client.HTTPSConnection(held.host, held.port, context=context)
        connection.request(method, path, body or None)
        response = connection.getresponse()
        assert 400 <= response.status < 500
        assert LookupRefusal.read(response.read()).code
        connection.close()


def test_many_askers_at_once_are_counted_each(bank: Bank, shop: Shop) -> None:
    bank.make()
    with served(bank) as held:
        shop.fetch(held)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: labels(shop.asker.ask([held], ["A001", "A004"])[0]), range(12)))
        assert found == [["overdue", None]] * 12
    assert threading.active_count() < 20


def test_a_file_of_holders_names_each_list_once() -> None:
    one = {"party": "bank", "key": "0x" + "01" * 32, "host": "127.0.0.1", "port": 1, "list": "blacklist"}
    assert read_holders({"holder": [one, {**one, "list": "other"}]})[0].key == b"\x01" * 32
    for values in ({"holder": []}, {"holder": [one, one]}, {"holder": [{**one, "port": 0}]}):
        with pytest.raises(TallyError):
            read_holders(values)


@pytest.mark.parametrize(
    "error", [OSError("/secret/place"), RefusedError("disk.missing", "/secret/place is not there.", "")]
)
def test_attack_a_holders_own_errors_tell_an_asker_nothing(
    bank: Bank, shop: Shop, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    bank.make()

    def failing(*_: object) -> bytes:
        raise error

    with served(bank) as held:
        shop.fetch(held)
        monkeypatch.setattr(bank.holder, "answer", failing)
        with pytest.raises(RefusedError, match=r"lookup\.failed") as refused:
            answered(shop.asker.ask([held], ["A001"])[0])
    assert "secret" not in str(refused.value)
