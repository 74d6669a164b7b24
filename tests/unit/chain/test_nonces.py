import json
import multiprocessing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chain.nonces import FileNonceStore, MemoryNonceStore, NonceStore, Outstanding
from protocol.errors import FormatError, UnavailableError
from tests.patience import Patience, scaled

outstanding = st.lists(
    st.builds(Outstanding, st.integers(0, 2**63), st.binary(min_size=32, max_size=32), st.binary(max_size=200)),
    max_size=4,
).map(tuple)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(outstanding)
def test_books_keep_what_was_saved(tmp_path: Path, kept: tuple[Outstanding, ...]) -> None:
    stores: list[NonceStore] = [FileNonceStore(tmp_path), MemoryNonceStore()]
    for store in stores:
        with store.locked("7-0xabc", 1) as book:
            book.save(kept)
        with store.locked("7-0xabc", 1) as book:
            assert book.load() == kept
        with store.locked("8-0xabc", 1) as book:
            assert book.load() == ()


@pytest.mark.parametrize("kind", ["file", "memory"])
def test_a_book_has_one_holder(tmp_path: Path, kind: str) -> None:
    store: NonceStore = FileNonceStore(tmp_path) if kind == "file" else MemoryNonceStore()
    with store.locked("account", 1):
        patience = Patience(5, "the end of it")
        with pytest.raises(UnavailableError, match="key_busy"), store.locked("account", 0.1):
            pass
        patience.check()
    with store.locked("account", 1):
        pass


def count_up(folder: Path, times: int) -> None:
    store = FileNonceStore(folder)
    for _ in range(times):
        with store.locked("account", 30) as book:
            last = book.load()[-1].nonce if book.load() else 0
            book.save((Outstanding(last + 1, b"", b""),))


def test_processes_take_turns(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=count_up, args=(tmp_path, 25)) for _ in range(2)]
    for process in running:
        process.start()
    for process in running:
        process.join(scaled(60))
    assert [process.exitcode for process in running] == [0, 0]
    with FileNonceStore(tmp_path).locked("account", 1) as book:
        assert book.load()[0].nonce == 50


@pytest.mark.parametrize("content", ["", "{", "7", "[1]", '[{"nonce":1}]', '[{"nonce":1,"hash":"x","signed":""}]'])
def test_a_damaged_book_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "account.json").write_text(content)
    with FileNonceStore(tmp_path).locked("account", 1) as book, pytest.raises(FormatError, match="nonces_damaged"):
        book.load()


def test_signed_transactions_are_for_their_owner_only(tmp_path: Path) -> None:
    with FileNonceStore(tmp_path / "nonces").locked("account", 1) as book:
        book.save((Outstanding(1, b"\1" * 32, b"\2"),))
    assert (tmp_path / "nonces").stat().st_mode & 0o077 == 0
    for path in (tmp_path / "nonces").iterdir():
        assert path.stat().st_mode & 0o077 == 0
    assert json.loads((tmp_path / "nonces" / "account.json").read_text())[0]["nonce"] == 1
