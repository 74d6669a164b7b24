from dataclasses import replace

import pytest
import requests
from web3.types import RPCEndpoint, RPCResponse

from chain.endpoint import RefusedByNodeError
from chain.errors import EndpointError
from chain.gateway import Gateway
from chain.indexer import Indexer, MemoryCursorStore
from protocol import events, ids
from tests.integration.chain.conftest import World, admit


def names(store: MemoryCursorStore) -> list[bytes]:
    return [logged.event.party for logged in store.events if isinstance(logged.event, events.PartyAdmitted)]


def send_and_forget(world: World, name: str) -> None:
    """By a gateway with a book of its own: the world's would rightly send again what a reorganisation took away."""
    Gateway(world.anvil.url, world.deployment, world.admin).send(admit(world.deployment, name))


def test_every_event_comes_once_and_in_order_whatever_the_batch(world: World) -> None:
    for name in ("a", "b", "c", "d"):
        world.gateway.send(admit(world.deployment, name))
    expected = [ids.on_chain(name) for name in ("a", "b", "c", "d")]
    for batch in (1, 2, 3, 1_000):
        store = MemoryCursorStore()
        Indexer(world.gateway, store, batch=batch).catch_up()
        assert names(store) == expected
        places = [(logged.block_number, logged.log_index) for logged in store.events]
        assert places == sorted(set(places))
        assert all(logged.time > 0 for logged in store.events)


def test_a_new_indexer_goes_on_where_the_store_is(world: World) -> None:
    store = MemoryCursorStore()
    world.gateway.send(admit(world.deployment, "a"))
    Indexer(world.gateway, store, batch=2).catch_up()
    before = list(store.events)
    world.gateway.send(admit(world.deployment, "b"))
    assert Indexer(world.gateway, store).catch_up() == 1
    assert store.events[: len(before)] == before
    assert names(store) == [ids.on_chain("a"), ids.on_chain("b")]
    assert Indexer(world.gateway, store).step() is None


def test_a_reorganisation_within_the_confirmations_is_never_seen(world: World) -> None:
    gateway = Gateway(world.anvil.url, replace(world.deployment, confirmations=3), world.admin)
    world.anvil.rpc.call("anvil_mine", "0x3")
    store = MemoryCursorStore()
    indexer = Indexer(gateway, store)
    indexer.catch_up()
    snapshot = world.anvil.rpc.call("evm_snapshot")
    send_and_forget(world, "gone")
    world.anvil.rpc.call("anvil_mine", "0x2")
    indexer.catch_up()
    world.anvil.rpc.call("evm_revert", snapshot)
    gateway.send(admit(world.deployment, "stays"))
    world.anvil.rpc.call("anvil_mine", "0x3")
    indexer.catch_up()
    assert names(store) == [ids.on_chain("stays")]


@pytest.mark.parametrize("batch", [1, 1_000])
def test_a_deeper_reorganisation_rolls_back_to_the_last_common_block(world: World, batch: int) -> None:
    world.gateway.send(admit(world.deployment, "before"))
    store = MemoryCursorStore()
    indexer = Indexer(world.gateway, store, batch=batch)
    indexer.catch_up()
    snapshot = world.anvil.rpc.call("evm_snapshot")
    for name in ("gone-1", "gone-2"):
        send_and_forget(world, name)
    indexer.catch_up()
    assert names(store) == [ids.on_chain(name) for name in ("before", "gone-1", "gone-2")]
    world.anvil.rpc.call("evm_revert", snapshot)
    world.anvil.rpc.call("evm_increaseTime", 60)
    for name in ("stays-1", "stays-2", "stays-3"):
        world.gateway.send(admit(world.deployment, name))
    Indexer(world.gateway, store, batch=batch).catch_up()
    assert names(store) == [ids.on_chain(name) for name in ("before", "stays-1", "stays-2", "stays-3")]


def test_what_a_reorganisation_took_away_is_sent_again_by_the_next_send_of_its_key(world: World) -> None:
    snapshot = world.anvil.rpc.call("evm_snapshot")
    world.gateway.send(admit(world.deployment, "moved"))
    world.anvil.rpc.call("evm_revert", snapshot)
    world.gateway.send(admit(world.deployment, "later"))
    store = MemoryCursorStore()
    Indexer(world.gateway, store).catch_up()
    assert names(store) == [ids.on_chain("moved"), ids.on_chain("later")]


def test_a_chain_that_became_shorter_is_followed(world: World) -> None:
    snapshot = world.anvil.rpc.call("evm_snapshot")
    for name in ("gone-1", "gone-2"):
        send_and_forget(world, name)
    store = MemoryCursorStore()
    Indexer(world.gateway, store).catch_up()
    world.anvil.rpc.call("evm_revert", snapshot)
    Indexer(world.gateway, store).catch_up()
    assert names(store) == []
    world.gateway.send(admit(world.deployment, "stays"))
    Indexer(world.gateway, store).catch_up()
    assert names(store) == [ids.on_chain("stays")]


def test_a_node_that_limits_queries_is_asked_for_less(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        world.gateway.send(admit(world.deployment, name))
    real = world.gateway.endpoint.logs

    def limited(addresses: list[str], first: int, last: int) -> object:
        if last - first > 1:
            raise RefusedByNodeError("eth_getLogs", -32005, "query returned more than 2 blocks")
        return real(addresses, first, last)

    monkeypatch.setattr(world.gateway.endpoint, "logs", limited)
    store = MemoryCursorStore()
    Indexer(world.gateway, store).catch_up()
    assert names(store) == [ids.on_chain(name) for name in ("a", "b", "c")]


def test_events_that_a_lagging_node_leaves_out_come_later(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        world.gateway.send(admit(world.deployment, name))
    real = world.gateway.endpoint.logs
    behind = world.gateway.head() - 1
    monkeypatch.setattr(
        world.gateway.endpoint, "logs", lambda addresses, first, last: real(addresses, first, min(last, behind))
    )
    store = MemoryCursorStore()
    for _ in range(2):
        with pytest.raises(EndpointError, match="left out the events"):
            Indexer(world.gateway, store).catch_up()
    assert not store.events
    monkeypatch.setattr(world.gateway.endpoint, "logs", real)
    Indexer(world.gateway, store).catch_up()
    assert names(store) == [ids.on_chain(name) for name in ("a", "b", "c")]


def test_a_range_limit_told_by_an_http_status_halves_the_range(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        world.gateway.send(admit(world.deployment, name))
    provider = world.gateway.endpoint._provider
    real = provider.make_request

    def limited(method: RPCEndpoint, params: list[dict[str, str]]) -> RPCResponse:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) > 1:
            response = requests.Response()
            response.status_code, response._content = 413, b"Payload Too Large"
            raise requests.HTTPError(response=response)
        return real(method, params)

    monkeypatch.setattr(provider, "make_request", limited)
    store = MemoryCursorStore()
    Indexer(world.gateway, store).catch_up()
    assert names(store) == [ids.on_chain(name) for name in ("a", "b", "c")]
    logs = world.gateway.endpoint.logs_in_parts(list(world.deployment.contracts.values()), 0, world.gateway.head())
    assert len(logs) >= len(store.events)
