"""A party's log entries about a task, an opening or a session as SCITT Transparent Statements (RFC 9943): what others' verifiers read without knowing this project.

A Signed Statement is a COSE_Sign1 (RFC 9052) by the node key whose payload is the log entry as it is, the DSSE envelope. Its Receipt
(RFC 9942, RFC9162_SHA256: our log is that tree) proves that these payload bytes are a leaf of the party's log at its published size, and is
signed by the same key, since each party is the issuer of its statements and the operator of its own log. So a Receipt says that the party
showed its log with this entry; that it shows everybody the same log is what anchors on chain and witnesses are for.

The log is read from what was published (checkpoint and entry bundles), beside a running node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cbor2
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from protocol import dsse
from protocol.checkpoint import Origin
from protocol.errors import RefusedError
from workers.keystore import NodeKeys
from workers.log import Published, published
from workers.node import Desk

CONTENT_TYPE: Final = "application/vnd.dsse.envelope.v1+json"
KEY_FILE: Final = "node-key.pem"
_SIGN1: Final = 18
_ALG, _CONTENT, _KID, _CLAIMS = 1, 3, 4, 15
"""COSE header parameters (RFC 9052, RFC 9597)."""
_RECEIPTS, _VDS, _VDP, _INCLUSION = 394, 395, 396, -1
"""RFC 9942."""
_ISSUER, _SUBJECT = 1, 2
"""CWT claims (RFC 8392)."""
_EDDSA: Final = -8
_RFC9162_SHA256: Final = 1


@dataclass(frozen=True, slots=True)
class Exported:
    """One Transparent Statement (CBOR) and what it is: its place in the log and its kind."""

    position: int
    kind: str
    data: bytes

    @property
    def name(self) -> str:
        """A file name."""
        return f"{self.position:08d}-{self.kind}.scitt"


@dataclass(frozen=True, slots=True)
class Export:
    """Statements under one published head of the log; ``key`` is the node key as others' tools take it (PEM)."""

    origin: Origin
    size: int
    root: bytes
    key: bytes
    statements: tuple[Exported, ...]


def export(desk: Desk, about: bytes, subject: str) -> Export:
    """Every statement about a task, a session, or the request that an opening answered, that the published log holds; refused
    (``scitt.nothing``) where that is none. ``subject`` is what the statements call it.
    """
    origin = Origin(desk.chain.deployment_id, desk.chain.chain_id, desk.party, desk.epoch)
    log = published(desk.log_folder, origin, desk.keys.node_public)
    entries = [entry for entry in desk.state.entries_of(desk.epoch, about) if entry[0] < log.size]
    if not entries:
        raise RefusedError(
            "scitt.nothing",
            f"The published log has no entry about {subject}.",
            "Wait until the log is anchored; then its entries are published.",
        )
    found = tuple(
        Exported(position, kind, transparent(desk.keys, log, position, subject)) for position, kind in entries
    )
    key = desk.keys.node_private().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return Export(origin, log.size, log.root, key, found)


def transparent(keys: NodeKeys, log: Published, position: int, subject: str) -> bytes:
    """One log entry as a Transparent Statement: signed statement with its receipt."""
    origin, entry = log.origin, log.entries[position]
    issuer = f"tallystick/{origin.deployment.hex()}/{origin.chain_id}/{origin.party}"
    head = {
        _ALG: _EDDSA, _CONTENT: CONTENT_TYPE, _KID: _kid(keys), _CLAIMS: {_ISSUER: issuer, _SUBJECT: subject},
    }  # fmt: skip
    return _sign1(keys, head, {_RECEIPTS: [receipt(keys, log, position, subject)]}, entry)


def receipt(keys: NodeKeys, log: Published, position: int, subject: str) -> bytes:
    """A Receipt of inclusion; its payload, the root, is detached, so that whoever checks it has to compute it."""
    proof = [log.size, position, list(log.tree.inclusion_proof(position))]
    head = {
        _ALG: _EDDSA, _KID: _kid(keys), _CLAIMS: {_ISSUER: log.origin.text(), _SUBJECT: subject}, _VDS: _RFC9162_SHA256,
    }  # fmt: skip
    return _sign1(keys, head, {_VDP: {_INCLUSION: [cbor2.dumps(proof, canonical=True)]}}, log.root, detached=True)


def _sign1(
    keys: NodeKeys,
    head: Mapping[int, object],
    unprotected: Mapping[int, object],
    payload: bytes,
    *,
    detached: bool = False,
) -> bytes:
    """COSE_Sign1 over ``payload``, in deterministic CBOR (RFC 9052, 4.4)."""
    protected = cbor2.dumps(head, canonical=True)
    message = cbor2.dumps(["Signature1", protected, b"", payload], canonical=True)
    signature = keys.sign(message)
    dsse.verify_ed25519(keys.node_public, signature, message)
    shown = None if detached else payload
    return cbor2.dumps(cbor2.CBORTag(_SIGN1, [protected, unprotected, shown, signature]), canonical=True)


def _kid(keys: NodeKeys) -> bytes:
    return bytes.fromhex(dsse.key_id(keys.node_public))
