"""Verification of an answer's receipt in five numbered steps (docs/evidence.md shows the same ones).

A receipt alone says what a holder signed. With the proof that the holder gives out for it, it is shown to be in the holder's log, and
with the chain, to have been anchored within the time that the session's terms state. What is not there after that time is proof against the
holder: :mod:`protocol.session_history`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from protocol import checkpoint, dsse, merkle
from protocol.answers import Fails, Missing, Outcome, answered, show
from protocol.checkpoint import Origin, SignedCheckpoint
from protocol.limits import LIMITS
from protocol.programs import Words
from protocol.sentences import time_said
from protocol.sessions import AnswerProof, AnswerReceipt, ReceiptBatch, receipt_of, signer_of
from protocol.verify import StepResult

TITLES: Final = (
    Words("The holder's registered node key signed the receipt", "名单持有方登记的节点密钥签署了该回执"),
    Words("The session's terms name this asker, at this time", "会话条款在该时刻列有该查询方"),
    Words("The receipt stands at its place in its batch", "回执位于其批次中的应有位置"),
    Words("The batch is in the holder's log", "该批次在名单持有方的日志中"),
    Words("The log was anchored within the stated delay", "该日志在约定时限内上链存证"),
)


@dataclass(frozen=True, slots=True)
class AnchoredHead:
    """A root that the chain holds for a log's size; ``time`` is that of the block that anchored it, None where that is outside of what was asked."""

    root: bytes
    time: int | None


class Facts(Protocol):
    """What somebody knows of the registry and the anchors by a way of its own; ``source`` says by which."""

    @property
    def source(self) -> Words:
        """Where the facts come from."""
        ...

    def node_keys(self, party: str) -> tuple[bytes, ...]:
        """All node keys that the party ever had; raises :class:`Missing`."""
        ...

    def anchored(self, origin: Origin, size: int, after: int, until: int) -> AnchoredHead | None:
        """What is anchored at exactly this size, and when, if in a block of a time from ``after`` to ``until``; raises :class:`Missing`."""
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """The five answers, and the receipt where its signature holds."""

    steps: tuple[StepResult, ...]
    receipt: AnswerReceipt | None = None

    @property
    def exit_code(self) -> int:
        """0 when all steps hold, 1 when one fails, 2 when one cannot be checked."""
        outcomes = {step.outcome for step in self.steps}
        return 1 if "fails" in outcomes else 2 if "cannot" in outcomes else 0


class _Check:
    """The steps, each of which takes what the ones before it established."""

    def __init__(self, envelope: bytes, proof: bytes, facts: Facts) -> None:
        self.envelope = envelope
        self.proof = proof
        self.facts = facts
        self.receipt: AnswerReceipt | None = None
        self.shown: AnswerProof | None = None
        self.note: SignedCheckpoint | None = None

    def signed(self) -> Words:
        """Step 1: by a key that is the party's own."""
        payload = AnswerReceipt.read(dsse.parse(self.envelope).payload)
        self.receipt = receipt_of(self.envelope, self.facts.node_keys(payload.party))
        it = self.receipt
        return Words(
            f"{it.party} gave {it.asker} answer {it.answered} on {time_said(it.time)}; node keys: {self.facts.source.english}.",
            f"{it.party}于{time_said(it.time)}向{it.asker}给出第{it.answered}次答复；节点密钥：{self.facts.source.chinese}。",
        )

    def agreed(self) -> Words:
        """Step 2: the session is the digest of the terms, so they are the ones that the receipt is signed for."""
        self.shown = AnswerProof.read(self.proof)
        terms, receipt = self.shown.terms, self._receipt()
        _same("session", "会话", terms.digest(), receipt.session)
        _same("holder", "名单持有方", terms.party, receipt.party)
        if receipt.asker not in {asker.party for asker in terms.askers}:
            raise Fails(f"{receipt.asker} may not ask.", f"{receipt.asker}不得查询。")
        if not terms.begins <= receipt.time < terms.ends:
            raise Fails(
                f"The answer's time is {time_said(receipt.time)}, the session's is {time_said(terms.begins)} to {time_said(terms.ends)}.",
                f"答复时间为{time_said(receipt.time)}，会话期限为{time_said(terms.begins)}至{time_said(terms.ends)}。",
            )
        return Words(
            f"session 0x{receipt.session.hex()}: {terms.service} {terms.subject}.",
            f"会话0x{receipt.session.hex()}：{terms.service} {terms.subject}。",
        )

    def batched(self) -> Words:
        """Step 3: its leaf is where its number says, so no other receipt has that number in the log."""
        receipt, batch = self._receipt(), self._batch()
        batch.holds(receipt, self._proof().path)
        return Words(
            f"batch {batch.number} has answers {batch.first} to {batch.last}, root 0x{batch.root.hex()}.",
            f"第{batch.number}批含第{batch.first}至{batch.last}次答复，根0x{batch.root.hex()}。",
        )

    def logged(self) -> Words:
        """Step 4: inclusion under a checkpoint that one of the party's keys signed."""
        proof, note = self._proof(), checkpoint.parse(self._proof().checkpoint.encode())
        head = note.checkpoint
        _same("log", "日志", head.origin.party, self._receipt().party)
        keys = self.facts.node_keys(head.origin.party)
        signed = [key for key in keys if _signed_by(note, key)]
        if not signed:
            raise Fails("No key of the party signed the checkpoint.", "该检查点没有该方任何密钥的签名。")
        checkpoint.verify(note, signed[0])
        leaf = merkle.leaf_hash(proof.batch.envelope)
        merkle.verify_inclusion(leaf, proof.batch.index, head.size, proof.batch.proof, head.root)
        self.note = note
        return Words(
            f"entry {proof.batch.index} of {head.size} in {head.origin.text()}.",
            f"{head.origin.text()}的{head.size}条目中的第{proof.batch.index}条。",
        )

    def anchored(self) -> Words:
        """Step 5: the chain has that root, in a block of a time within the delay."""
        if self.note is None:
            raise Missing("The log's head was not established.", "未能确定日志的检查点。")
        head, receipt, delay = self.note.checkpoint, self._receipt(), self._proof().terms.delay
        # a block's time and a node's clock may differ by as much as two nodes' clocks
        after, until = receipt.time - LIMITS.clock_skew, receipt.time + delay + LIMITS.clock_skew
        found = self.facts.anchored(head.origin, head.size, after, until)
        if found is None:
            raise Fails(
                f"Nothing is anchored of {head.origin.text()} at size {head.size}.",
                f"链上没有{head.origin.text()}在大小{head.size}处的存证。",
            )
        _same("anchored root", "链上根", found.root, head.root)
        if found.time is None or not after <= found.time <= until:
            raise Fails(
                f"It was not anchored from {time_said(after)} to {time_said(until)}: {delay} s, and {LIMITS.clock_skew} s for clocks.",
                f"其未在{time_said(after)}至{time_said(until)}（{delay}秒，时钟差异另计{LIMITS.clock_skew}秒）之间上链存证。",
            )
        return Words(
            f"{self.facts.source.english}: anchored on {time_said(found.time)}, within {delay} s.",
            f"{self.facts.source.chinese}：于{time_said(found.time)}上链存证，未超过{delay}秒。",
        )

    def _receipt(self) -> AnswerReceipt:
        if self.receipt is None:
            raise Missing("The receipt's signature was not established.", "未能确定回执的签名。")
        return self.receipt

    def _proof(self) -> AnswerProof:
        if self.shown is None:
            raise Missing("The proof was not read.", "未能读取证明。")
        return self.shown

    def _batch(self) -> ReceiptBatch:
        envelope = self._proof().batch.envelope
        key = signer_of(envelope, self.facts.node_keys(self._receipt().party))
        return ReceiptBatch.read(dsse.open_envelope(envelope, key))


def verify(envelope: bytes, proof: bytes, facts: Facts) -> Checked:
    """Check a receipt (its envelope) and the proof that its holder gave out; never raises for what they hold."""
    check = _Check(envelope, proof, facts)
    done: list[StepResult] = []
    steps: tuple[Callable[[], Words], ...] = (check.signed, check.agreed, check.batched, check.logged, check.anchored)
    for number, (title, step) in enumerate(zip(TITLES, steps, strict=True), 1):
        outcome: Outcome
        if any(item.outcome == "fails" for item in done):
            outcome, detail = "cannot", Words("A step before it does not hold.", "之前的步骤不成立。")
        else:
            outcome, detail = answered(step)
        done.append(StepResult(number, title, outcome, detail))
    return Checked(tuple(done), check.receipt)


def _signed_by(note: SignedCheckpoint, key: bytes) -> bool:
    name = note.checkpoint.origin.text()
    own = checkpoint.key_id(name, key)
    return any((item.name, item.key_id) == (name, own) for item in note.signatures)


def _same(english: str, chinese: str, found: object, expected: object) -> None:
    if found != expected:
        raise Fails(
            f"{english}: {show(found)}, expected {show(expected)}.", f"{chinese}：{show(found)}，应为{show(expected)}。"
        )
