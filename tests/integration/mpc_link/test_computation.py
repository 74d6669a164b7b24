"""Three real processes compute; both ends of every link hold the same evidence."""

import time

import numpy as np
import pytest
from cryptography.exceptions import InvalidSignature

from tests.integration.mpc_link.conftest import Start
from tests.integration.mpc_link.party import node_key


def test_a_secure_computation_and_its_evidence(start: Start) -> None:
    # last first: parties may start in any order
    carol, bob, alice = start("carol", "bob", "alice", program="compute")
    ends = {party.name: party.end() for party in (alice, bob, carol)}
    values = np.arange(50) / 7 + 0.5
    for name, end in ends.items():
        assert "value" in end, end
        value = end["value"]
        assert np.allclose(value["product"], values * values[::-1], atol=2**-15)
        assert value["smaller"] == (values < values[::-1]).astype(float).tolist()
        assert value["inner"] == pytest.approx(values @ values[::-1], abs=2**-10)
        assert (value["only_alice"] is not None) == (name == "alice")
        assert value["integers"] == [5, 6, 7]
        assert value["scalar"] == pytest.approx(4.5, abs=2**-15)
        assert value["octets"] == [6, 67]  # 2·3 and 200·3 in GF(2^8)
        assert value["told"] == repr([(i, b"bytes", [None, True]) for i in range(3)])
        assert value["ring"]
    assert len({end["run"] for end in ends.values()}) == 1
    for low, high in (("alice", "bob"), ("alice", "carol"), ("bob", "carol")):
        assert ends[low]["links"][high] == ends[high]["links"][low]
        assert ends[low]["statements"][high] == ends[high]["statements"][low]
        assert ends[low]["signatures"][high] == ends[high]["signatures"][low]
        text = bytes.fromhex(ends[low]["statements"][high])
        for name, signature in zip((low, high), ends[low]["signatures"][high], strict=True):
            node_key(name).public_key().verify(bytes.fromhex(signature), text)
            with pytest.raises(InvalidSignature):
                node_key(name).public_key().verify(bytes.fromhex(signature), text + b" ")
    assert len({ends["alice"]["links"]["bob"], ends["alice"]["links"]["carol"], ends["bob"]["links"]["carol"]}) == 3


def test_owners_outside_the_committee_dial_out_and_join_the_run(start: Start) -> None:
    parties = start("erin", "dave", "carol", "bob", "alice", program="owners_share", parties=5)
    ends = {party.name: party.end() for party in parties}
    assert {end.get("run") for end in ends.values()} == {ends["alice"]["run"]}
    for name in ("alice", "bob", "carol"):
        assert ends[name]["value"] == ["dave", "erin"]
        for owner in ("dave", "erin"):
            assert ends[owner]["links"][name] == ends[name]["links"][owner]
    assert set(ends["dave"]["links"]) == {"alice", "bob", "carol"}


def test_a_committee_of_five_with_threshold_two(start: Start) -> None:
    names = ("alice", "bob", "carol", "dave", "erin")
    ends = [party.end() for party in start(*names, program="five", parties=5, committee=5, threshold=2)]
    values = np.arange(10) / 7 + 0.5
    for end in ends:
        assert np.allclose(end["value"], values * values[::-1], atol=2**-15)
    assert len({link for end in ends for link in end["links"].values()}) == 10


def test_two_runs_of_one_task_have_different_run_ids(start: Start) -> None:
    runs = {start("alice", "bob", "carol", program="honest")[0].end()["run"] for _ in range(2)}
    assert len(runs) == 2


def test_a_party_that_restarts_before_all_links_stand_is_let_in_again(start: Start) -> None:
    alice, carol = start("alice", "carol", program="honest", timeouts={"connect": 20.0})
    time.sleep(2.0)  # for carol to link up with alice; killed too early, the test still holds
    carol.process.kill()
    bob, again = start("bob", "carol", program="honest", timeouts={"connect": 20.0})
    ends = [party.end() for party in (alice, bob, again)]
    assert {end.get("run") for end in ends} == {ends[0]["run"]}


def test_a_long_local_computation_is_not_blamed_on_its_peers(start: Start) -> None:
    """Regression: a party that comes back from computing finds old clocks and full sockets, and must read first."""
    parties = start("alice", "bob", program="busy")
    parties += start("carol", program="busy", timeouts={"idle": 1.0, "heartbeat": 0.3, "write": 1.0})
    assert [party.end().get("value") for party in parties] == ["done", "done", "done"]
