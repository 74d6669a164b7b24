"""One simulated task from admission to attestation, with real keys, real logs and simulated blocks.

Every stage can be altered by the tests; `material()` is what an honest coordinator would put into the bundle.
"""

import hashlib
from dataclasses import replace
from typing import Any, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_hash.auto import keccak

from mpc.workflow.digest import ENGINE
from protocol import checkpoint, commitments, dsse, events, ids, merkle, registers, statements
from protocol.ask import Ask
from protocol.bundle import BundleMaterial, Succession
from protocol.contract import proposal_of
from protocol.messages import EntryProof, LogEvidence, SignedAuthorization
from protocol.programs import COMMITTEES, Committee
from protocol.trust import CONTRACTS, Trust
from tests.unit.protocol import samples
from tests.unit.protocol.simulated_chain import CODES, NO_CONSENSUS, SimulatedChain

PARTIES: tuple[str, ...] = ("exchange", "hospital", "laboratory", "platform", "regulator")
RUN = b"\x77" * 32
CODE = {"glm.logistic@1.0.0": b"\x51" * 32, "psi.align@1.0.0": b"\x52" * 32}
NEWER = "tallystick.engine@2.0.0"
"""A published engine that a consent to the older one covers only as its approved successor."""
ENGINES = {ENGINE: b"\x88" * 32, NEWER: b"\x89" * 32}
NOBODY = keccak(b"")


def named_hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


class SimulatedTask:
    """The honest story, ``age`` blocks after the registrations; where there is a reviewer, ``approves`` is its word.

    ``promises`` are the registered protection level and security model of its programs, ``kind`` who commits. Fields of the contract can be ``changes``.
    """

    run_kind: type[statements.Run] = statements.Run
    CONSENSUS: ClassVar[tuple[bytes, bytes]] = NO_CONSENSUS
    """What its chain's headers say of validators."""

    def __init__(
        self,
        reviewer: str = "",
        *,
        approves: bool = True,
        age: int = 0,
        promises: tuple[int, int] = (3, 1),
        kind: Committee = "three",
        **changes: Any,
    ) -> None:
        self.promises = promises
        self.kind = kind
        self.periods = dict.fromkeys(PARTIES, 1)
        self.approves = approves
        self.completed = 0
        self.reviewed: int | None = None
        self.wallets: dict[str, LocalAccount] = {p: Account.from_key(named_hash(f"wallet {p}")) for p in PARTIES}
        self.nodes = {p: Ed25519PrivateKey.from_private_bytes(named_hash(f"node {p}")) for p in PARTIES}
        self.public = {p: k.public_key().public_bytes_raw() for p, k in self.nodes.items()}
        terms = samples.contract(**changes)
        self.committers = terms.owners if kind == "none" else terms.committee
        self.trees = {p: merkle.MerkleTree() for p in sorted({*self.committers, *terms.owners})}
        self.entries: dict[str, list[tuple[int, bytes]]] = {p: [] for p in self.trees}
        addresses = {name: named_hash(f"contract {name}")[:20] for name in CONTRACTS}
        self.chain = SimulatedChain(addresses, self.CONSENSUS)
        self.opening = self.chain.time
        self.chain.time -= age
        genesis = self.chain.block_hash(0)
        self.trust = Trust(
            b"\x22" * 32,
            31337,
            genesis,
            tuple((name, "0x" + addresses[name].hex()) for name in CONTRACTS),
            tuple(CODES.items()),
            0,
        )
        self.contract = samples.contract(
            deadline=self.opening + 10_000, reviewer=reviewer, review_within=3_600 if reviewer else 0, **changes
        )
        self.proposal = proposal_of(self.contract)
        self.task = self.proposal.digest(self.trust.domain("Tasks"))
        self.roots = {item.data_set: named_hash(f"root {item.data_set}") for item in self.contract.inputs}
        self.schemas = {item.data_set: named_hash(f"schema {item.data_set}") for item in self.contract.inputs}
        self.epochs = dict.fromkeys(PARTIES, 0)
        self.runs: dict[str, bytes] = {}
        """Runs that broke after a party's input had gone out: it knows their id."""
        self.sent: dict[str, bytes] = {}
        """Digests of other contracts than the task's that a party was sent."""
        self.successions: tuple[Succession, ...] = ()
        self.named: tuple[str, ...] = ()
        self.previous: dict[str, tuple[int, bytes]] = {}
        self.committed: dict[str, tuple[int, bytes]] = {}
        self.anchored_with: dict[str, tuple[Ed25519PrivateKey, bytes]] = {}
        self._register()
        self._earlier_anchor("hospital")
        if age:
            self.chain.mine(after=age)
        self.first = self.chain.height + 1  # registrations are read from state, their events are not needed
        self.signed = [self._sign(item.data_set, item.owner) for item in self.contract.inputs]

    def _register(self) -> None:
        for party in PARTIES:
            self.chain.mine(
                (
                    "PartyRegistry",
                    events.PartyAdmitted(
                        ids.on_chain(party),
                        self.wallets[party].address,
                        Account.from_key(named_hash(f"signer {party}")).address,
                        self.public[party],
                        named_hash(f"seal {party}"),
                        ids.on_chain(f"operator-{party}"),
                        7,
                        named_hash(f"profile {party}"),
                    ),
                )
            )
        publisher, committee = ids.on_chain("platform"), COMMITTEES.index(self.kind)
        for serial, (program, code) in enumerate(CODE.items(), 1):
            published = events.ProgramPublished(
                ids.on_chain(program), publisher, code, committee, *self.promises, 3, 3, 1, serial
            )
            self.chain.mine(("Programs", published))
        for serial, (engine, code) in enumerate(ENGINES.items(), len(CODE) + 1):
            self.chain.mine(("Programs", events.EnginePublished(ids.on_chain(engine), publisher, code, serial)))
        for item in self.contract.inputs:
            self.chain.mine(
                (
                    "DataSets",
                    events.DataSetRegistered(
                        ids.on_chain(item.data_set),
                        item.version,
                        ids.on_chain(item.owner),
                        self.schemas[item.data_set],
                        self.roots[item.data_set],
                        500,
                        3,
                        named_hash("legal basis"),
                    ),
                )
            )

    def _earlier_anchor(self, party: str) -> None:
        tree = self.trees[party]
        for entry in range(3):
            tree.append(b"an earlier task's entry %d" % entry)
        self.previous[party] = (tree.size, tree.root())
        self.chain.mine(("Anchors", events.Anchored(ids.on_chain(party), 0, 0, tree.size, tree.root(), 1)))

    def _sign(self, data_set: str, owner: str) -> SignedAuthorization:
        message = samples.authorization(
            self.contract,
            data_set,
            input_root=self.roots[data_set],
            programs_digest=keccak(b"".join(CODE[p] for p in self.contract.programs)),
            task=self.task,
            not_before=self.opening - 10,
            not_after=self.opening + 20_000,
        )
        signature = bytes(self.wallets[owner].unsafe_sign_hash(message.digest(self.trust.domain("Consents"))).signature)  # pyright: ignore[reportArgumentType]
        policy = Ask.of(self.contract, data_set).data()
        return SignedAuthorization(owner, message, signature, policy)

    def propose(self) -> None:
        wallet, on_chain = self.wallets[self.contract.proposer].address, events.Proposal(*self.proposal.chain_args())
        self.chain.mine(("Tasks", events.TaskProposed(self.task, wallet, on_chain)))

    def authorize(self) -> None:
        for sequence, item in enumerate(self.signed, 1):
            digest, wallet = item.message.digest(self.trust.domain("Consents")), self.wallets[item.owner].address
            on_chain = events.Authorization(*item.message.chain_args())
            submitted = events.AuthorizationSubmitted(digest, ids.on_chain(item.owner), wallet, sequence, on_chain)
            self.chain.mine(("Consents", submitted))

    def start(self) -> None:
        digests = tuple(item.message.digest(self.trust.domain("Consents")) for item in self.signed)
        used = [("Consents", events.UseConsumed(digest, self.task, 1, 0)) for digest in digests]
        programs = keccak(b"".join(CODE[p] for p in self.contract.programs))
        started = events.TaskStarted(self.task, digests, programs, self.chain.time + self.chain.height + 1)
        self.chain.mine(*used, ("Tasks", started))

    def log(self, party: str, statement: statements.Statement) -> bytes:
        envelope = dsse.sign_statement(statement, self.public[party], self.nodes[party].sign)
        self.entries[party].append((self.trees[party].append(envelope), envelope))
        return envelope

    def head(self, party: str, run: bytes | None = RUN) -> tuple[Any, ...]:
        return (
            self.task,
            self.sent.get(party, self.contract.digest()),
            run,
            party,
            self.chain.time + self.chain.height + 1,
        )

    def transcript(self, one: str, other: str) -> commitments.Transcript:
        first, second = sorted((one, other))
        return commitments.Transcript(
            RUN, first, second, named_hash(f"{first}>{second}"), 11, named_hash(f"{second}>{first}"), 13,
            self.run_kind.TRANSCRIPT,
        )  # fmt: skip

    def fact(self, party: str, peer: str) -> statements.LinkFact:
        transcript = self.transcript(party, peer)
        forward = (transcript.forward, transcript.forward_frames)
        backward = (transcript.backward, transcript.backward_frames)
        sent, received = (forward, backward) if party < peer else (backward, forward)
        mine, theirs = (self.nodes[p].sign(transcript.message()) for p in (party, peer))
        return statements.LinkFact(peer, *sent, *received, mine, theirs)

    def peers(self, party: str) -> list[str]:
        """With whom a party computes."""
        if self.kind == "none":
            return []
        return [peer for peer in self.trees if peer != party and (peer in self.committers or party in self.committers)]

    def rotate(self, party: str) -> None:
        """The party's next key period; its node signs with the new key from now on."""
        self.periods[party] += 1
        key = named_hash(f"node {party} {self.periods[party]}")
        self.nodes[party] = Ed25519PrivateKey.from_private_bytes(key)
        self.public[party] = self.nodes[party].public_key().public_bytes_raw()
        signer = Account.from_key(named_hash(f"signer {party} {self.periods[party]}")).address
        rotated = events.KeysRotated(
            ids.on_chain(party), self.periods[party], signer, self.public[party], named_hash(f"seal {party}")
        )
        self.chain.mine(("PartyRegistry", rotated))

    def cleared(self, party: str) -> statements.ConsentCheck:
        """What a party's own check says when it lets the run begin."""
        own = [item.message.digest(self.trust.domain("Consents")) for item in self.signed if item.owner == party]
        not_asked = {"clock"} | (set() if own else {"authorization", "data", "policy"})
        answers = (
            statements.Check(name, "not_applicable" if name in not_asked else "holds") for name in statements.CHECKS
        )
        at = self.chain.height
        head = (own[0] if own else None, at, self.chain.block_hash(at))
        return statements.ConsentCheck(*self.head(party, None), *head, tuple(answers))

    def failed(self, party: str, question: str) -> statements.ConsentCheck:
        """What a party's own check says that ended at a question."""
        answers = (
            statements.Check(name, "fails" if name == question else "not_applicable") for name in statements.CHECKS
        )
        at = self.chain.height
        block = (at, self.chain.block_hash(at))
        return statements.ConsentCheck(*self.head(party, None), None, *block, tuple(answers))

    def check(self, party: str) -> None:
        """What a party states before a run begins."""
        self.log(party, statements.TaskContract(*self.head(party, None), self.trust.chain_id, self.trust.deployment))
        self.log(party, self.cleared(party))
        for item in self.contract.inputs:
            if item.owner == party:
                self.log(
                    party,
                    statements.InputCommitment(
                        *self.head(party, None), ids.on_chain(item.data_set), item.version, self.schemas[item.data_set],
                        self.roots[item.data_set], 500, len(item.columns),
                    ),
                )  # fmt: skip

    def run(self) -> None:
        for party in self.trees:
            self.check(party)
            steps = tuple(
                statements.StepFact(s.id, s.program, CODE[s.program], 5, (("rows", 30),)) for s in self.contract.steps
            )
            facts = tuple(self.fact(party, peer) for peer in self.peers(party))
            engine = ENGINES[self.contract.engine]
            parameters = statements.MpcParameters("mpyc", 1, 2**104 - 17, 1, 40)
            self.log(party, self.run_kind(*self.head(party), self.contract.committee, parameters, engine, steps, facts))
            if party in self.committers:
                self.log(party, statements.OutputCommitment(*self.head(party), self.outputs(party)))

    def outputs(self, party: str, user: str = "") -> tuple[statements.OutputShare, ...]:
        """The party's shares: of all outputs, or of those that a user may have."""
        sources = [output.source for output in self.contract.outputs if not user or user in output.users]
        shares = (
            statements.OutputShare(commitments.output_name(source), (30,), 18, named_hash(f"{party}'s {source}"))
            for source in sources
        )
        return tuple(sorted(shares, key=lambda share: share.name))

    def commit(self, party: str, **changes: Any) -> None:
        tree, told = self.trees[party], self.stated(party)
        self.committed[party] = (tree.size, tree.root())
        own = [(said.data_set, said.input_root) for said in told if isinstance(said, statements.InputCommitment)]
        outputs = [o for said in told if isinstance(said, statements.OutputCommitment) for o in said.outputs]
        run = next((said.run or RUN for said in told if isinstance(said, statements.Run)), RUN)
        event = events.RunCommitted(
            self.task,
            run,
            ids.on_chain(party),
            commitments.input_root(own),
            self.epochs[party],
            tree.size,
            tree.root(),
            tuple(self.transcript(party, p).link_hash() for p in self.peers(party) if p in self.committers),
            commitments.output_shares(self.task, run, party, [(o.name, o.commitment) for o in outputs]),
            self.periods[party],
        )
        emitted: list[tuple[str, events.Event]] = [("Tasks", replace(event, **changes))]
        if len(self.committed) == len(self.committers):
            emitted.append(("Tasks", events.TaskCompleted(self.task, RUN)))
        self.chain.mine(*emitted)
        self.completed = self.chain.height

    def emitted(self) -> list[events.Event]:
        """Everything that the contracts emitted."""
        return [event for block in self.chain.blocks for transaction in block for _, event in transaction]

    def commitment(self, party: str) -> events.RunCommitted:
        """A party's commitment on chain."""
        return next(e for e in self.emitted() if isinstance(e, events.RunCommitted) and e.party == ids.on_chain(party))

    def review(self) -> None:
        event = events.OutputReviewed(self.task, ids.on_chain(self.contract.reviewer), self.approves, bytes(32))
        self.chain.mine(("Tasks", event))
        self.reviewed = self.chain.height

    def release(self, party: str) -> None:
        proof = (self.completed, self.chain.block_hash(self.completed), self.reviewed)
        for user in self.contract.result_users:
            sealed = tuple(
                statements.SealedOutput(output.name, named_hash(f"sealed by {party}"), output.commitment)
                for output in self.outputs(party, user)
            )
            self.log(party, statements.Release(*self.head(party), user, *proof, sealed))

    def end(self, party: str) -> None:
        """The list of what a party stated, last in its log; each node of a task that began signs one."""
        run = next((s.run for s in self.stated(party) if s.run is not None), self.runs.get(party))
        if run is not None:
            self.log(party, statements.Erasure(*self.head(party, run), (statements.Erased("input_rows", None),)))
        positions = tuple(position for position, _ in self.entries[party])
        self.log(party, statements.TaskEnd(*self.head(party, run), positions))

    def stated(self, party: str) -> list[statements.Statement]:
        """What a party stated so far."""
        return [statements.parse(dsse.parse(envelope).payload) for _, envelope in self.entries[party]]

    def began(self) -> bool:
        """Whether the task started."""
        return any(isinstance(event, events.TaskStarted) for event in self.emitted())

    def anchor(self) -> None:
        for party, tree in self.trees.items():
            if self.entries[party] or self.began():
                self.end(party)
            self.anchored_with[party] = (self.nodes[party], self.public[party])
            size = self.previous.get(party, (0, b""))[0]
            self.chain.mine(
                (
                    "Anchors",
                    events.Anchored(
                        ids.on_chain(party), self.epochs[party], size, tree.size, tree.root(), self.periods[party]
                    ),
                )
            )

    def attest(self) -> None:
        for user in self.contract.result_users:
            event = events.ResultAttested(self.task, RUN, ids.on_chain(user), named_hash("result"), self.periods[user])
            self.chain.mine(("Tasks", event))

    def complete(self) -> "SimulatedTask":
        """The whole honest story."""
        self.propose()
        self.authorize()
        self.start()
        self.run()
        for party in self.committers:
            self.commit(party)
        if self.contract.reviewer:
            self.review()
        opened = self.reviewed is None or self.approves
        if opened:
            for party in self.committers:
                self.release(party)
        self.anchor()
        if opened:
            self.attest()
        return self

    def evidence(self, party: str) -> LogEvidence:
        tree = self.trees[party]
        origin = checkpoint.Origin(self.trust.deployment, self.trust.chain_id, party, self.epochs[party])
        head = checkpoint.Checkpoint(origin, tree.size, tree.root())
        node, public = self.anchored_with.get(party, (self.nodes[party], self.public[party]))
        earlier = [h for h in (self.previous.get(party), self.committed.get(party)) if h]
        return LogEvidence(
            self.task,
            party,
            self.epochs[party],
            tree.size,
            tree.root(),
            checkpoint.sign(head, public, node.sign).decode(),
            tuple(EntryProof(i, e, tree.inclusion_proof(i)) for i, e in self.entries[party]),
            tuple((size, root, tree.consistency_proof(size)) for size, root in earlier),
        )

    @property
    def pinned(self) -> Trust:
        """The trust root of somebody who saw the last block."""
        last = self.chain.height
        return replace(self.trust, head=(last, self.chain.block_hash(last)))

    def slots(self) -> list[registers.Slot]:
        """All that the steps read of the registers."""
        found: list[registers.Slot] = []
        for party in PARTIES:
            identity = ids.on_chain(party)
            for period in (1, 2):  # one more than there is: proven empty
                found += registers.key_period_slots(identity, period)
            size = self.previous.get(party, (0, b""))[0]
            found.append(registers.anchored_root(identity, self.epochs[party], size))
        for item in self.contract.inputs:
            found += registers.data_set_slots(ids.on_chain(item.data_set), item.version)
        for release in (*CODE, *ENGINES, *self.named):
            found += registers.release_slots(ids.on_chain(release))
        found += registers.task_slots(self.task)
        found += [registers.succession(step.older, step.newer) for step in self.successions]
        for item in self.signed:
            found += registers.authorization_slots(item.message.digest(self.trust.domain("Consents")))
        return found

    def seals(self) -> tuple[bytes, ...]:
        """What makes the head final besides a trusted block: nothing but the genesis that it follows."""
        return (self.chain.genesis(),)

    def material(self) -> BundleMaterial:
        logs = tuple(self.evidence(party) for party in sorted(self.trees) if self.entries[party])
        return BundleMaterial(
            self.task,
            self.contract.data(),
            tuple(self.signed) if self.began() else (),
            logs,
            self.chain.descent(self.first),
            self.seals(),
            self.chain.registers(self.slots()),
            self.successions,
            self.chain.proofs(self.first),
        )
