"""What is refused before any connection (I4, I5)."""

import dataclasses

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link.config import PeerConfig, SessionConfig
from mpc.link.errors import SessionError

NAMES = ("alice", "bob", "carol", "dave", "erin")
KEYS = {name: Ed25519PrivateKey.from_private_bytes(name.encode().ljust(32)) for name in NAMES}
PEERS = tuple(
    PeerConfig(name, "127.0.0.1", 4000 + i, key.public_key().public_bytes_raw())
    for i, (name, key) in enumerate(KEYS.items())
)


def config(**changes: object) -> SessionConfig:
    values: dict[str, object] = {
        "task": b"t" * 32,
        "name": "alice",
        "parties": PEERS[:3],
        "bind_host": "127.0.0.1",
        "bind_port": 4000,
        "node_private_key": KEYS["alice"],
        "program_digest": b"p" * 32,
        "engine": "tallystick.engine@1.0.0",
        "engine_digest": b"e" * 32,
    }
    return SessionConfig(**(values | changes))


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"parties": PEERS[:2]}, "session.too_few_parties"),
        ({"parties": PEERS[:1]}, "session.too_few_parties"),
        ({"parties": PEERS[:2], "owners": PEERS[2:]}, "session.too_few_parties"),
        ({"threshold": 0}, "session.threshold"),
        ({"threshold": -1}, "session.threshold"),
        ({"threshold": 2}, "session.threshold"),
        ({"parties": PEERS[:4], "threshold": 2}, "session.threshold"),
        ({"parties": (*PEERS[:3], PEERS[0])}, "session.duplicate_party"),
        ({"owners": (PEERS[1],)}, "session.duplicate_party"),
        ({"owners": (dataclasses.replace(PEERS[1], name="mallory"),)}, "session.duplicate_key"),
        ({"owners": (dataclasses.replace(PEERS[3], name="Mallory"),)}, "session.bad_party"),
        ({"owners": (dataclasses.replace(PEERS[3], node_key=b"short"),)}, "session.bad_party"),
        ({"owners": (dataclasses.replace(PEERS[3], port=-1),)}, "session.bad_party"),
        ({"parties": (*PEERS[:2], dataclasses.replace(PEERS[2], port=0))}, "session.bad_party"),
        ({"task": b"short"}, "session.bad_digest"),
        ({"program_digest": b""}, "session.bad_digest"),
        ({"engine_digest": b"short"}, "session.bad_digest"),
        ({"name": "mallory"}, "session.own_key"),
        ({"node_private_key": KEYS["bob"]}, "session.own_key"),
    ],
)
def test_unsafe_sessions_are_refused_on_construction(changes: dict[str, object], code: str) -> None:
    with pytest.raises(SessionError) as caught:
        config(**changes)
    assert caught.value.code == code


def test_too_many_parties_are_refused() -> None:
    keys = [Ed25519PrivateKey.generate().public_key().public_bytes_raw() for _ in range(130)]
    owners = tuple(PeerConfig(f"owner-{i}", "", 0, key) for i, key in enumerate(keys))
    assert config(owners=owners[:129]).threshold == 1
    with pytest.raises(SessionError) as caught:
        config(owners=owners)
    assert caught.value.code == "session.too_many_parties"


def test_every_pair_of_the_committee_has_one_dialer_and_owners_dial_out() -> None:
    views = {name: config(name=name, node_private_key=KEYS[name], owners=PEERS[3:]) for name in NAMES}
    links = {(name, peer.name) for name, view in views.items() for peer in view.linked()}
    assert links == {(b, a) for a, b in links}
    assert ("dave", "erin") not in links
    for name, view in views.items():
        for peer in view.linked():
            mine = next(p for p in view.everyone if p.name == name)
            assert view.dials(peer) != views[peer.name].dials(mine)
    assert all(views["erin"].dials(peer) for peer in PEERS[:3])
    assert [views[name].on_committee for name in NAMES] == [True, True, True, False, False]


def test_the_private_key_is_not_in_the_representation() -> None:
    assert "PrivateKey" not in repr(config())
