"""Hostile and broken peers: each ends the run in time, with its code, and blames the right party.

Carol is the enemy; alice and bob are honest processes. Alice listens to both, bob dials alice and listens to carol.
"""

import os
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mpc.link import tls
from mpc.link.frames import FrameType
from mpc.link.hello import claim, encode_echo
from mpc.link.transcript import Direction, countersign, seen_by
from tests.alike import some
from tests.integration.mpc_link.conftest import Party, Start
from tests.integration.mpc_link.enemy import (
    TASK,
    Enemy,
    as_carol,
    dial_tcp,
    end_stream_properly,
    reset,
    run_id,
)
from tests.integration.mpc_link.party import NAMES, node_key
from tests.patience import Patience, until


def blames(party: Party, code: str, peer: str, phase: str) -> dict[str, Any]:
    end = party.end()
    assert (end.get("code"), end.get("peer"), end.get("phase")) == (code, peer, phase), end
    return end


def honest_pair(start: Start, program: str = "multiply_forever", **spec: Any) -> list[Party]:
    return start("alice", "bob", program=program, **spec)


# --- who are you


def test_a_wrong_certificate_never_becomes_a_link(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start, timeouts={"connect": 3.0})
    for port in ports[:2]:
        enemy = Enemy("alice", port, key=Ed25519PrivateKey.generate())
        with pytest.raises((ConnectionError, ssl.SSLError)):  # TLS 1.3: the client learns of it when it reads
            enemy.read()
        enemy.close()
    ends = [party.end() for party in parties]
    for end in ends:
        assert (end["code"], end["phase"]) in {("link.timeout", "connect"), ("link.peer_aborted", "connect")}
    # whoever's deadline came first says so; the other may have been told
    first = next(end for end in ends if end["code"] == "link.timeout")
    assert first["peer"] == "carol"
    assert first["refused"] == ["bad_certificate: 1"]


def test_a_listener_with_a_wrong_certificate_is_named_by_those_who_dial_it(start: Start, ports: list[int]) -> None:
    parties = start("bob", "carol", program="honest", timeouts={"connect": 3.0})
    pins = [node_key(name).public_key().public_bytes_raw() for name in NAMES]
    context = tls.context(Ed25519PrivateKey.generate(), pins, server=True)
    with serve(ports[0], context):
        ends = [party.end() for party in parties]
    assert {"link.bad_certificate"} <= {end["code"] for end in ends} <= {"link.bad_certificate", "link.peer_aborted"}
    assert all(end["peer"] == "alice" for end in ends if end["code"] == "link.bad_certificate")


def test_another_party_of_the_run_at_an_address_is_not_taken_for_it(start: Start, ports: list[int]) -> None:
    (bob,) = start("bob", program="honest", timeouts={"connect": 3.0})
    pins = [node_key(name).public_key().public_bytes_raw() for name in NAMES]
    with serve(ports[0], tls.context(node_key("carol"), pins, server=True)):
        blames(bob, "link.wrong_party", "alice", "connect")


def test_the_right_certificate_with_the_wrong_party_id_is_refused(start: Start, ports: list[int]) -> None:
    alice, bob = honest_pair(start)
    enemy = Enemy("alice", ports[0])
    enemy.hello(claim=claim(enemy.key, TASK, "bob", b"n" * 32, int(time.time())))
    assert enemy.read() == (FrameType.ABORT, b"\x10link.wrong_party\x05carol")
    blames(alice, "link.wrong_party", "carol", "connect")
    end = bob.end()
    assert (end["code"], end["peer"]) in {("link.peer_aborted", "alice"), ("link.unreachable", "alice")}, end
    enemy.close()


def test_a_foreign_key_certified_by_a_pinned_party_is_refused(
    start: Start, ports: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    (alice,) = start("alice", program="honest", timeouts={"connect": 3.0})
    mallory = Ed25519PrivateKey.generate()
    carol = node_key("carol")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(tls._name("node", mallory.public_key()))
        .issuer_name(tls._name("anchor", carol.public_key()))
        .public_key(mallory.public_key())
        .serial_number(7)
        .not_valid_before(tls._NOT_BEFORE)
        .not_valid_after(tls._NOT_AFTER)
        .sign(carol, None)
    )
    monkeypatch.setattr(tls, "node_certificate", lambda _: certificate)
    enemy = Enemy("alice", ports[0], key=mallory)
    with pytest.raises((ConnectionError, ssl.SSLError)):
        enemy.read()
    enemy.close()
    end = blames(alice, "link.timeout", "bob", "connect")
    assert end["refused"] == ["bad_certificate: 1"]


def test_strangers_at_the_port_disturb_nothing(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start, program="honest")
    held = []
    for port in ports[:2]:
        for garbage in (
            b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
            os.urandom(4000),
            b"\x16\x03\x01\xff\xff" + bytes(99),
            b"",
        ):
            stranger = dial_tcp(port)
            stranger.sendall(garbage)
            held.append(stranger)
        held += [dial_tcp(port) for _ in range(150)]  # more than are served at once
    parties += start("carol", program="honest")
    ends = [party.end() for party in parties]
    assert len({end.get("run") for end in ends}) == 1, ends
    assert ends[0].get("run"), ends
    for stranger in held:
        stranger.close()


@pytest.mark.parametrize(
    ("changes", "code"),
    some(
        [
            ({"task": b"u" * 32}, "link.task_mismatch"),
            ({"program_digest": b"q" * 32}, "link.program_mismatch"),
            ({"engine_digest": b"f" * 32}, "link.engine_mismatch"),
            ({"clock": int(time.time()) - 3600}, "link.clock_skew"),
            ({"clock": int(time.time()) + 3600}, "link.clock_skew"),
        ],
        always=(0, 3),
    ),
)
def test_a_hello_that_does_not_fit_ends_the_run(
    start: Start, ports: list[int], changes: dict[str, object], code: str
) -> None:
    (alice,) = start("alice", program="honest")
    enemy = Enemy("alice", ports[0])
    enemy.hello(**changes)
    kind, told = enemy.read()
    assert (kind, told[1 : 1 + told[0]].decode()) == (FrameType.ABORT, code)
    blames(alice, code, "carol", "connect")
    enemy.close()


def test_clock_skew_between_real_parties(start: Start) -> None:
    """Carol's clock is wrong; whoever meets carol says so. What the third party says depends on who starts first.

    If the other two meet before the third listens, both are gone before it has a link that could tell it why: it waits
    for its connect deadline and says, truly, that a peer did not connect.
    """
    parties = start("alice", "bob", program="honest") + start("carol", program="honest", clock=-400)
    ends = {party.name: party.end() for party in parties}
    codes = {end["code"] for end in ends.values()}
    assert "link.clock_skew" in codes
    assert codes <= {"link.clock_skew", "link.peer_aborted", "link.unreachable", "link.timeout"}
    assert [end["phase"] for end in ends.values()] == ["connect"] * 3
    for name, end in ends.items():
        if end["code"] == "link.clock_skew":
            assert end["peer"] == "carol" or name == "carol"
        if end["code"] == "link.timeout":
            assert "did not connect" in end["what"]


def test_attack_a_node_with_another_engine_never_gets_input(start: Start) -> None:
    """Carol has other code under another name: no pair that she is in stands, so no program runs and nothing is shared."""
    other = {"engine": "tallystick.engine@1.0.1", "engine_digest": "f" * 32}
    parties = start("alice", "bob", program="multiply_forever") + start("carol", program="multiply_forever", **other)
    ends = {party.name: party.end() for party in parties}
    assert not any("RUNNING" in line for party in parties for line in party.lines)
    assert {end["phase"] for end in ends.values()} == {"connect"}
    told = [end for end in ends.values() if end["code"] == "link.engine_mismatch"]
    assert told
    for end in told:
        assert "tallystick.engine@1.0.0" in end["what"]
        assert "tallystick.engine@1.0.1" in end["what"]
        assert end["reason"] == "check.engine"
    gave_up = {"link.engine_mismatch", "link.peer_aborted", "link.unreachable", "link.timeout"}
    assert {end["code"] for end in ends.values()} <= gave_up


# --- which run is this


def test_two_different_nonces_for_two_peers_are_found_out(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start)
    links = [Enemy("alice", ports[0]), Enemy("bob", ports[1])]
    for link, nonce in zip(links, (b"1" * 32, b"2" * 32), strict=True):
        link.hello(nonce)
    for link in links:
        link.frame(FrameType.ECHO, encode_echo(links[0].claims | links[1].claims | link.claims))
    for party in parties:
        blames(party, "link.equivocation", "carol", "nonces")
    for link in links:
        link.close()


def test_a_copied_nonce_is_refused(start: Start, ports: list[int]) -> None:
    (bob,) = start("bob", program="multiply_forever")
    enemy = Enemy("bob", ports[1])
    enemy.hello(b"1" * 32)
    copied = enemy.claims["bob"].nonce
    enemy.close()  # bob lets it in again: as long as alice is not there, its links do not all stand
    (alice,) = start("alice", program="multiply_forever")
    links = [Enemy("alice", ports[0]), Enemy("bob", ports[1])]
    for link in links:
        link.hello(copied)
    claims = links[0].claims | links[1].claims
    for link in links:
        link.frame(FrameType.ECHO, encode_echo(claims))
    for party in (alice, bob):
        blames(party, "link.run_mismatch", "carol", "confirm")
    for link in links:
        link.close()


def test_an_invented_nonce_of_another_is_blamed_on_its_inventor(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start)
    with as_carol(ports, until="hello") as links:
        forged = claim(node_key("carol"), TASK, "bob", b"f" * 32, int(time.time()))
        links["alice"].frame(FrameType.ECHO, encode_echo(links["alice"].claims | {"bob": forged}))
        blames(parties[0], "link.run_mismatch", "carol", "nonces")


def test_frames_replayed_from_an_earlier_run_are_refused(start: Start, ports: list[int]) -> None:
    """The enemy shows the nonces of a run an hour ago, properly signed then; and then an old run id."""
    old = {
        name: claim(node_key(name), TASK, name, name.encode().ljust(32), int(time.time()) - 3600)
        for name in ("alice", "bob", "carol")
    }
    parties = honest_pair(start)
    with as_carol(ports, until="hello") as links:
        fresh = links["alice"].claims
        for name, other in (("alice", "bob"), ("bob", "alice")):
            links[name].frame(FrameType.ECHO, encode_echo(fresh | {other: old[other]}))
        for party in parties:
            blames(party, "link.run_mismatch", "carol", "nonces")
    parties = honest_pair(start)
    with as_carol(ports, until="nonces") as links:
        for link in links.values():
            link.frame(FrameType.CONFIRM, run_id(old))
        for party in parties:
            blames(party, "link.run_mismatch", "carol", "confirm")


def test_nothing_is_accepted_before_the_run_is_confirmed(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start)
    with as_carol(ports, until="nonces") as links:
        for link in links.values():
            link.frame(FrameType.MESSAGE, b"\x00\x01xearly")
        for party in parties:
            # it may come while this party still waits for another one's nonce, or for its confirmation
            end = party.end()
            assert (end["code"], end["peer"]) == ("link.unexpected_frame", "carol"), end
            assert end["phase"] in ("nonces", "confirm"), end


def test_keys_of_a_wrong_length_are_refused(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start)
    with as_carol(ports, until="confirm") as links:
        for link in links.values():
            link.frame(FrameType.KEYS, b"k" * 16)
        for party in parties:
            blames(party, "link.malformed_frame", "carol", "keys")


# --- broken streams


def garbage(link: Enemy) -> None:
    link.tls.sendall(b"\xee" * 64)


def huge(link: Enemy) -> None:
    link.tls.sendall(bytes((FrameType.MESSAGE,)) + (64 * 1024 * 1024 + 1).to_bytes(4, "big"))


def huge_control(link: Enemy) -> None:
    link.tls.sendall(bytes((FrameType.ABORT,)) + b"\xff\xff\xff\xff")


def truncated(link: Enemy) -> None:
    link.tls.sendall(bytes((FrameType.MESSAGE,)) + b"\x00\x00\x10\x00" + bytes(100))
    end_stream_properly(link)


def plaintext(link: Enemy) -> None:
    with socket.socket(fileno=os.dup(link.tls.fileno())) as raw:
        raw.sendall(b"not a TLS record at all, just words" * 9)


def malformed(link: Enemy) -> None:
    link.frame(FrameType.MESSAGE, b"\x00\xffshort")


def twice(link: Enemy) -> None:
    link.frame(FrameType.HELLO, b"again")


def early_end(link: Enemy) -> None:
    end_stream_properly(link)


def bad_abort(link: Enemy) -> None:
    link.frame(FrameType.ABORT, b"\x05x\ny z\x01a")


def good_abort(link: Enemy) -> None:
    link.frame(FrameType.ABORT, b"\x0asession.no\x05carol")


@pytest.mark.parametrize(
    ("attack", "code"),
    some(
        [
            (garbage, "link.unknown_frame"),
            (huge, "link.frame_too_large"),
            (huge_control, "link.frame_too_large"),
            (truncated, "link.truncated"),
            (plaintext, "link.tls"),
            (malformed, "link.malformed_frame"),
            (twice, "link.unexpected_frame"),
            (early_end, "link.peer_left"),
            (reset, "link.peer_left"),
            (bad_abort, "link.malformed_frame"),
            (good_abort, "link.peer_aborted"),
        ],
        always=(1, 3, 8, 9),
    ),
)
def test_a_broken_stream_has_its_code(start: Start, ports: list[int], attack: Any, code: str) -> None:
    parties = honest_pair(start, program="quiet")
    patience = Patience(15, "the end of it")
    with as_carol(ports) as links:
        for party in parties:
            party.wait_for("RUNNING")
        for link in links.values():
            attack(link)
        for party in parties:
            blames(party, code, "carol", "quiet")
    patience.check()


def test_garbage_right_after_tls_is_blamed_on_the_key_that_sent_it(start: Start, ports: list[int]) -> None:
    (alice,) = start("alice", program="honest")
    enemy = Enemy("alice", ports[0])
    enemy.tls.sendall(b"\xee" * 64)
    blames(alice, "link.unknown_frame", "carol", "connect")
    enemy.close()


# --- silence


@pytest.mark.parametrize(
    ("until", "phase"),
    some([("hello", "nonces"), ("nonces", "confirm"), ("confirm", "keys"), ("program", "quiet")], always=(1,)),
)
def test_silence_at_every_step_ends_in_a_timeout(start: Start, ports: list[int], until: str, phase: str) -> None:
    parties = honest_pair(start, program="quiet")
    patience = Patience(20, "the end of it")
    with as_carol(ports, until=until):
        ends = [party.end() for party in parties]
    for end in ends:
        assert (end["code"], end["phase"]) in {("link.timeout", phase), ("link.peer_aborted", phase)}, ends
        assert end["peer"] == "carol" or end["blamed"] == "carol"
    assert any(end["code"] == "link.timeout" for end in ends)
    patience.check()


def test_a_connection_that_never_says_hello_is_dropped(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start, program="honest", timeouts={"attempt": 1.0})
    silent = Enemy("alice", ports[0])
    parties += start("carol", program="honest")
    assert len({party.end().get("run") for party in parties}) == 1
    silent.close()


def test_heartbeats_do_not_excuse_a_message_that_never_comes(start: Start) -> None:
    parties = start("alice", "bob", "carol", program="quiet", timeouts={"message": 2.0})
    ends = [party.end() for party in parties[:2]]
    assert {"link.timeout"} <= {end["code"] for end in ends} <= {"link.timeout", "link.peer_aborted"}
    for end in ends:
        assert end["phase"] == "quiet"
        assert end["peer"] == "carol" or end["blamed"] == "carol"


def test_programs_that_diverge_end_at_the_deadline_and_name_who_is_waited_for(start: Start) -> None:
    parties = start("alice", "bob", "carol", program="diverge", timeouts={"message": 2.0})
    ends = [party.end() for party in parties]
    assert "link.timeout" in {end["code"] for end in ends}
    assert {end["code"] for end in ends} <= {"link.timeout", "link.peer_aborted", "link.peer_left"}


def test_a_session_deadline_ends_everything(start: Start) -> None:
    parties = start("alice", "bob", "carol", program="quiet", timeouts={"total": 4.0})
    for party in parties[:2]:
        end = party.end()
        assert end["code"] in {"link.timeout", "link.peer_aborted"}
        assert end["peer"] == "carol" or end["blamed"] == "carol"


# --- leaving


def test_a_party_killed_in_the_middle_is_named_at_once(start: Start) -> None:
    parties = start("alice", "bob", "carol", program="multiply_forever")
    for party in parties:
        party.wait_for("RUNNING")
    patience = Patience(8, "the end of it")
    parties[2].process.kill()
    for party in parties[:2]:
        blames(party, "link.peer_left", "carol", "multiply")
    patience.check()


def test_a_blocked_thread_does_not_hold_up_the_error(start: Start) -> None:
    """Regression: asyncio.run waits for executor threads, and the node would never hear of the failure."""
    parties = start("alice", "bob", "carol", program="wait_in_a_thread")
    for party in parties[:2]:
        party.wait_for("RUNNING")
    for party in parties[:2]:
        until(20, f"{party.name} to name carol", lambda party=party: "link.peer_left" in party.lines[-1])


def test_a_party_that_leaves_by_itself_is_named(start: Start) -> None:
    parties = start("alice", "bob", "carol", program="leave")
    for party in parties[:2]:
        end = party.end()
        assert (end["code"], end["peer"]) == ("link.peer_left", "carol")
        assert end["phase"] in {"program", "multiply"}


def test_a_stopped_process_is_found_by_its_silence(start: Start) -> None:
    import signal

    parties = start("alice", "bob", "carol", program="multiply_forever", timeouts={"idle": 2.0})
    for party in parties:
        party.wait_for("RUNNING")
    parties[2].process.send_signal(signal.SIGSTOP)
    ends = [party.end() for party in parties[:2]]
    assert {"link.timeout"} <= {end["code"] for end in ends} <= {"link.timeout", "link.peer_aborted"}
    for end in ends:
        assert end["peer"] == "carol" or end["blamed"] == "carol"


def test_a_peer_that_does_not_read_is_found(start: Start) -> None:
    parties = start("alice", "bob", "carol", program="stop_reading", timeouts={"idle": 30.0, "write": 2.0})
    ends = [party.end() for party in parties[:2]]
    assert {"link.slow_reader"} <= {end["code"] for end in ends} <= {"link.slow_reader", "link.peer_aborted"}
    for end in ends:
        assert end["phase"] == "flood"
        assert end["peer"] == "carol" or end["blamed"] == "carol"


def test_an_exception_in_an_mpc_coroutine_ends_the_run_everywhere(start: Start) -> None:
    alice, bob, carol = start("alice", "bob", "carol", program="raise_in_coroutine")
    end = carol.end()
    assert end["code"] == "session.program_failed"
    assert "ZeroDivisionError" in end["what"]
    for party in (alice, bob):
        told = party.end()
        assert (told["code"], told["peer"], told["cause"]) == ("link.peer_aborted", "carol", "session.program_failed")


@pytest.mark.parametrize("program", some(["start_the_runtime", "shut_the_runtime_down"], always=(0,)))
def test_a_program_cannot_open_or_close_mpycs_own_connections(start: Start, program: str) -> None:
    ends = [party.end() for party in start("alice", "bob", "carol", program=program)]
    assert "session.runtime_owned" in {end["code"] for end in ends}
    assert {end["code"] for end in ends} <= {"session.runtime_owned", "link.peer_aborted"}


# --- what comes in place of shares


@pytest.mark.parametrize(
    "attack",
    some(
        [
            *(f"{operation}:pickle" for operation in ("input", "output", "reshare", "multiply", "compare", "transfer")),
            *(f"{operation}:pickle" for operation in ("scalar_input", "scalar_output", "scalar_reshare")),
            "input:above_p",
            "output:above_p",
            "reshare:above_p",
            "scalar_input:above_p",
            "input:short",
            "scalar_input:short",
            "reshare:other_field",
            "output:empty",
            "transfer:short",
        ],
        always=(0, 5, 7, 10, 15),
    ),
)
def test_a_poisoned_array_operation_runs_nothing_and_names_the_sender(
    start: Start, tmp_path: Path, attack: str
) -> None:
    marker = tmp_path / "executed"
    environment = {"ATTACK": attack, "MARKER": str(marker)}
    alice, bob, carol = start("alice", "bob", "carol", program="array_operations", environment=environment)
    ends = [alice.end(), bob.end()]
    for end in ends:
        assert end.get("code") in {"link.bad_payload", "link.peer_aborted"}, end
        assert end["peer"] == "carol" or end["blamed"] == "carol"
    assert "link.bad_payload" in {end["code"] for end in ends}
    carol.end()
    assert not marker.exists()


# --- lying at the end


@pytest.mark.parametrize(
    ("program", "code"),
    some([("lie_in_fin", "link.transcript_mismatch"), ("lie_in_hash", "link.transcript_mismatch")], always=(1,)),
)
def test_a_transcript_that_differs_is_not_countersigned_away(start: Start, program: str, code: str) -> None:
    alice, _, _ = start("alice", "bob", "carol", program=program)
    blames(alice, code, "carol", "finish")


def test_a_countersignature_replayed_from_another_run_is_refused(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start, program="honest")
    with as_carol(ports) as links:
        for name, link in links.items():
            link.frame(FrameType.FIN, (4).to_bytes(8, "big"))
            assert link.read()[0] is FrameType.FIN
            old = seen_by(b"o" * 32, "carol", name, Direction(b"u" * 32, 5), Direction(b"d" * 32, 5))
            link.frame(FrameType.COUNTERSIGN, countersign(node_key("carol"), old))
        for party in parties:
            blames(party, "link.transcript_mismatch", "carol", "finish")


def test_a_forged_countersignature_is_refused(start: Start, ports: list[int]) -> None:
    parties = honest_pair(start, program="honest")
    with as_carol(ports) as links:
        for link in links.values():
            link.frame(FrameType.FIN, (4).to_bytes(8, "big"))
            assert link.read()[0] is FrameType.FIN
            kind, theirs = link.read()
            assert kind is FrameType.COUNTERSIGN
            link.frame(FrameType.COUNTERSIGN, bytes(64) + theirs[64:])
        for party in parties:
            blames(party, "link.bad_countersignature", "carol", "finish")


class serve:  # noqa: N801 - reads as a verb
    """Accept TLS connections on ``port`` and say nothing, until the block ends."""

    def __init__(self, port: int, context: ssl.SSLContext) -> None:
        self._listener = socket.create_server(("127.0.0.1", port))
        self._listener.settimeout(0.2)
        self._context = context
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join(5)
        self._listener.close()

    def _serve(self) -> None:
        while not self._done.is_set():
            try:
                accepted, _ = self._listener.accept()
            except TimeoutError:
                continue
            accepted.settimeout(1)
            try:
                self._context.wrap_socket(accepted, server_side=True).close()
            except OSError:
                accepted.close()
