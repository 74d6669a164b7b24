"""Transparent Statements are read by a package that knows nothing of this project (``scitt-cose``), and by RFC 9942 written out here."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from scitt_cose import extract_receipts, parse_signed_statement, verify_receipt

from protocol import dsse, statements
from protocol.checkpoint import Origin
from protocol.errors import TallyError
from tests.unit.workers.world import World
from workers import scitt
from workers.log import EvidenceLog, published
from workers.scitt import Export, export

OWNER = "hospital"
STRANGER = Ed25519PrivateKey.generate().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def exported(world: World) -> Export:
    """What the owner's node exports of a task that ended."""
    for _ in range(2):
        dispatch = world.start()
        world.dispatch(dispatch)
        world.turns(12)
    return export(world.nodes[OWNER], dispatch.task, f"task_{dispatch.task.hex()}")


def test_others_verify_the_statements_and_their_receipts(exported: Export) -> None:
    kinds: list[str] = []
    for item in exported.statements:
        found: Any = parse_signed_statement(item.data, public_key_pem=exported.key)
        assert found["signature_verified"] is True
        assert found["content_type"] == scitt.CONTENT_TYPE
        assert found["issuer"] == exported.origin.text().rpartition("/")[0]
        (receipt,) = extract_receipts(item.data)
        proven: Any = verify_receipt(receipt, leaf_entry_hex=found["payload"].hex(), log_public_key_pem=exported.key)
        assert proven.ok, proven.errors
        said = statements.parse(dsse.parse(found["payload"]).payload)
        assert found["subject"] == f"task_{said.task.hex()}"
        assert item.kind == said.KIND
        kinds.append(said.KIND)
    assert {"task-contract", "input-commitment", "run", "task-end"} <= set(kinds)


def test_the_receipt_is_what_rfc_9942_says(exported: Export) -> None:
    """Read once more by hand: the root follows from payload and proof, and is what was signed, detached."""
    for item in exported.statements:
        statement = cbor2.loads(item.data)
        payload = statement.value[2]
        receipt = cbor2.loads(statement.value[1][394][0])
        protected, unprotected, attached, signature = receipt.value
        head: Any = cbor2.loads(protected)
        assert (receipt.tag, attached) == (18, None)
        assert (head[1], head[395]) == (-8, 1)
        assert head[15][1] == exported.origin.text()
        size, index, path = cbor2.loads(unprotected[396][-1][0])
        root = root_from(leaf(payload), index, size, path)
        assert (size, root) == (exported.size, exported.root)
        key: Any = load_pem_public_key(exported.key)
        key.verify(signature, cbor2.dumps(["Signature1", protected, b"", root]))


def leaf(data: bytes) -> bytes:
    return sha(b"\x00" + data)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def root_from(node: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162, 2.1.3.2."""
    fn, sn = index, size - 1
    for sibling in path:
        if fn & 1 or fn == sn:
            node = sha(b"\x01" + sibling + node)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = sha(b"\x01" + node + sibling)
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return node


def reordered(data: bytes, change: Callable[[list[Any]], None]) -> bytes:
    outer = cbor2.loads(data)
    parts = list(outer.value)
    change(parts)
    return cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True)


def test_nothing_forged_is_verified(exported: Export) -> None:
    one, other = exported.statements[:2]

    def payload(parts: list[Any]) -> None:
        parts[2] = bytes([parts[2][0] ^ 1]) + parts[2][1:]

    forged: Any = parse_signed_statement(reordered(one.data, payload), public_key_pem=exported.key)
    assert forged["signature_verified"] is False
    strange: Any = parse_signed_statement(one.data, public_key_pem=STRANGER)
    assert strange["signature_verified"] is False
    read: Any = parse_signed_statement(one.data, public_key_pem=exported.key)
    (its_own,), (others,) = extract_receipts(one.data), extract_receipts(other.data)
    entry = read["payload"].hex()
    assert not verify_receipt(others, leaf_entry_hex=entry, log_public_key_pem=exported.key).ok
    assert not verify_receipt(its_own, leaf_entry_hex=entry, log_public_key_pem=STRANGER).ok


def test_a_task_of_which_nothing_is_published_is_refused(world: World, exported: Export) -> None:
    assert exported.statements
    with pytest.raises(TallyError) as refused:
        export(world.nodes[OWNER], bytes(32), "nothing")
    assert refused.value.code == "scitt.nothing"


def test_a_log_that_was_never_published_is_refused(world: World) -> None:
    with pytest.raises(TallyError) as refused:
        export(world.nodes[OWNER], bytes(32), "nothing")
    assert refused.value.code == "log.not_published"


ORIGIN = Origin(b"\x22" * 32, 31337, OWNER, 0)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 513])
def test_the_published_log_is_read_beside_its_writer(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    log = EvidenceLog(tmp_path / "log", ORIGIN, public, key.sign)
    entries = [b"entry %d" % number for number in range(size)]
    log.append(entries)
    log.publish()
    checkpoint = (log.folder / "checkpoint").read_bytes()
    log.append([b"not published"])
    found = published(log.folder, ORIGIN, public)
    assert (found.size, found.root, list(found.entries)) == (size, log.root(size), entries)
    log.append([b"more"] * 256)
    log.publish()
    (log.folder / "checkpoint").write_bytes(checkpoint)  # as it was read before the partial bundles went
    assert published(log.folder, ORIGIN, public).entries == found.entries
    log.close()


def test_published_entries_that_were_changed_are_refused(tmp_path: Path) -> None:
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes_raw()
    log = EvidenceLog(tmp_path / "log", ORIGIN, public, key.sign)
    log.append([b"one", b"two"])
    log.publish()
    log.close()
    bundle = log.folder / "tile" / "entries" / "000.p" / "2"
    bundle.write_bytes(bundle.read_bytes().replace(b"two", b"tow"))
    with pytest.raises(TallyError) as refused:
        published(log.folder, ORIGIN, public)
    assert refused.value.code == "log.damaged"
    with pytest.raises(TallyError) as other:
        published(log.folder, replace(ORIGIN, party="bank"), public)
    assert other.value.code == "checkpoint.origin"
