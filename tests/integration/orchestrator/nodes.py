"""What a node would state and sign about a finished run, without computing anything."""

import hashlib
from dataclasses import dataclass, field

from chain.bindings import anchors
from protocol import checkpoint, commitments, ids, sealing, statements
from protocol.checkpoint import Checkpoint, Origin
from protocol.merkle import MerkleTree
from protocol.messages import ChainRequest, EntryProof, LogEvidence, SealedShare
from protocol.typed import AnchorUpdate, ResultAttestation, RunCommitment
from tests.integration.orchestrator.world import NODES, Party, World


@dataclass
class ToyNode:
    """A party's log and its signatures."""

    world: World
    party: Party
    tree: MerkleTree = field(default_factory=MerkleTree)
    envelopes: list[tuple[bytes, bytes]] = field(default_factory=list)
    anchored: int = 0
    previous: int = 0

    def state(self, task: bytes, statement: statements.Statement) -> bytes:
        envelope = self.party.envelope(statements.serialise(statement))
        self.tree.append(envelope)
        self.envelopes.append((task, envelope))
        self.world.client(self.party.name).receipt(envelope)
        return envelope

    def commitment(self, task: bytes, run: bytes, **changes: object) -> ChainRequest:
        links = tuple(
            hashlib.sha256(b"link" + "".join(sorted((self.party.name, peer))).encode()).digest()
            for peer in NODES
            if peer != self.party.name
        )
        values: dict[str, object] = {
            "task": task,
            "run_id": run,
            "party": self.party.name,
            "input_root": self.world.roots.get(self.party.name, bytes(32)),
            "epoch": 0,
            "log_size": len(self.tree),
            "log_root": self.tree.root(),
            "links": links,
            "output_shares": hashlib.sha256(self.party.name.encode()).digest(),
            **changes,
        }
        message = RunCommitment(**values)  # pyright: ignore[reportArgumentType]
        return ChainRequest("commit", message, self.party.sign(self.world.domains.digest(message)), (), ())

    def end(self, task: bytes, contract: bytes) -> bytes:
        """The list of everything stated about the task."""
        entries = tuple(position for position, (about, _) in enumerate(self.envelopes) if about == task)
        return self.state(task, statements.TaskEnd(task, contract, None, self.party.name, self.world.clock(), entries))

    def anchor(self) -> ChainRequest:
        size = len(self.tree)
        noted = self.world.gateway.read(anchors.noted(ids.on_chain(self.party.name)))
        message = AnchorUpdate(self.party.name, 0, size, self.tree.root())
        request = ChainRequest(
            "anchor",
            message,
            self.party.sign(self.world.domains.digest(message)),
            self.tree.consistency_proof(self.anchored, size),
            tuple(self.tree.consistency_proof(head.size, size) for head in noted),
        )
        self.previous, self.anchored = self.anchored, size
        return request

    def evidence(self, task: bytes, committed_at: int) -> LogEvidence:
        size = len(self.tree)
        domains = self.world.domains
        origin = Origin(domains.deployment_id, domains.chain_id, self.party.name, 0)
        key = self.party.node_key
        note = checkpoint.sign(Checkpoint(origin, size, self.tree.root()), key, self.party.node.sign)
        entries = tuple(
            EntryProof(position, envelope, self.tree.inclusion_proof(position, size))
            for position, (about, envelope) in enumerate(self.envelopes)
            if about == task
        )
        earlier = sorted({committed_at, self.previous} - {0})
        return LogEvidence(
            task,
            self.party.name,
            0,
            size,
            self.tree.root(),
            note.decode(),
            entries,
            tuple((old, self.tree.root(old), self.tree.consistency_proof(old, size)) for old in earlier),
        )

    def release(self, task: bytes, run: bytes, contract: bytes, user: str) -> SealedShare:
        name = commitments.output_name("train.model")
        blob = b"sealed for " + user.encode() + self.party.name.encode()
        self.state(
            task,
            statements.Release(
                task, contract, run, self.party.name, self.world.clock(), user, 1, bytes(32), None,
                (statements.SealedOutput(name, sealing.digest(blob), bytes(32)),),
            ),
        )  # fmt: skip
        return SealedShare(task, self.party.name, user, name, blob)


def nodes_of(world: World) -> dict[str, ToyNode]:
    """One node per party for the session: logs only grow."""
    made = getattr(world, "toy_nodes", None)
    if made is None:
        made = {name: ToyNode(world, world.parties[name]) for name in NODES}
        world.toy_nodes = made  # pyright: ignore[reportAttributeAccessIssue]
    return made


def attestation(world: World, task: bytes, run: bytes, user: str = "hospital") -> ChainRequest:
    message = ResultAttestation(task, run, user, b"\x33" * 32)
    return ChainRequest("attest", message, world.parties[user].sign(world.domains.digest(message)), (), ())


def statement_head(world: World, task: bytes, contract: bytes, party: str) -> statements.TaskContract:
    return statements.TaskContract(
        task, contract, None, party, world.clock(), world.domains.chain_id, world.domains.deployment_id
    )
