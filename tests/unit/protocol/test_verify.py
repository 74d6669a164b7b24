"""The ten steps against an honest story, and against every class of lie that a bundle could tell."""

import copy
import itertools
from collections.abc import Callable, Collection
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocol import bundle, chainproof, commitments, dsse, events, ids, registers, statements
from protocol.ancestry import Descent
from protocol.bundle import BundleMaterial, ReceiptProof
from protocol.errors import TallyError, UnavailableError
from protocol.messages import LogEvidence, SignedAuthorization
from protocol.record import Record
from protocol.registers import Register
from protocol.trust import CONTRACTS, Trust
from protocol.verify import Report, verify
from tests.unit.protocol.simulated_chain import window
from tests.unit.protocol.simulated_task import ENGINES, NEWER, PARTIES, RUN, SimulatedTask, named_hash


@cache
def honest() -> tuple[BundleMaterial, Trust]:
    story = SimulatedTask().complete()
    return story.material(), story.pinned


def check(material: BundleMaterial, trust: Trust) -> Report:
    return verify(bundle.build(material), trust)


def outcomes(report: Report) -> dict[int, str]:
    return {step.number: step.outcome for step in report.steps if step.outcome not in {"holds", "nothing"}}


def test_the_honest_story_holds_in_all_ten_steps() -> None:
    material, trust = honest()
    report = check(material, trust)
    assert outcomes(report) == {}
    assert len(report.steps) == 10
    assert (report.exit_code, report.state, report.task) == (0, "completed", material.task)


class EarlierRelease(SimulatedTask):
    """Its transcripts are SHA-256."""

    run_kind = statements.RunV2


def test_a_bundle_of_an_earlier_release_still_holds() -> None:
    story = EarlierRelease().complete()
    report = check(story.material(), story.pinned)
    assert (outcomes(report), report.exit_code) == ({}, 0)


def test_attack_a_lie_in_an_earlier_release_s_run_fails() -> None:
    """Rules about a kind of statement hold in each of its versions: here, that links name parties of the contract."""

    class Liar(EarlierRelease):
        def log(self, party: str, statement: statements.Statement) -> bytes:
            if isinstance(statement, statements.RunV2) and party == "hospital":
                more = statements.LinkFact("stranger", RUN, 1, RUN, 1, bytes(64), bytes(64))
                statement = replace(statement, links=(*statement.links, more))
            return super().log(party, statement)

    story = Liar().complete()
    assert 6 in outcomes(check(story.material(), story.pinned))


def test_attack_one_end_relabels_its_transcripts_fails() -> None:
    """The same digests and signatures under the other hash's name: what both ends signed names the hash."""

    class Relabelled(SimulatedTask):
        def transcript(self, one: str, other: str) -> commitments.Transcript:
            return replace(super().transcript(one, other), version=1)

    story = Relabelled().complete()
    assert 7 in outcomes(check(story.material(), story.pinned))


def test_without_a_trust_root_nothing_but_the_form_is_checked() -> None:
    report = verify(bundle.build(honest()[0]), None)
    assert [step.outcome for step in report.steps] == ["holds"] + ["cannot"] * 9
    assert report.exit_code == 2
    assert "trust" in report.steps[1].detail.english


@pytest.mark.parametrize(
    "change",
    [
        {"genesis_hash": b"\x01" * 32},
        {"chain_id": 1},
        {"deployment": b"\x01" * 32},
        {"confirmations": 1},
        {"head": (21, b"\x01" * 32)},
        {"head": (20, b"\x01" * 32)},
        {"contracts": tuple((name, "0x" + "ab" * 20) for name, _ in honest()[1].contracts)},
    ],
    ids=lambda c: next(iter(c)),
)
def test_another_trust_root_fails(change: dict[str, Any]) -> None:
    material, trust = honest()
    assert check(material, replace(trust, **change)).exit_code != 0


def test_headers_without_seals_and_without_a_trusted_head_prove_nothing() -> None:
    """Whoever knows the genesis block can write any number of headers after it."""
    material, trust = honest()
    report = check(material, replace(trust, head=None))
    assert [step.outcome for step in report.steps] == ["holds"] + ["cannot"] * 9


def extended(*after: int) -> tuple[BundleMaterial, SimulatedTask, Descent]:
    """The honest bundle, the same chain some blocks later, and the path from its newest block to the bundle's head."""
    story = SimulatedTask().complete()
    material, head = story.material(), story.chain.built()[-1]
    for blocks in after:
        story.chain.mine(after=blocks)
    later = story.chain.built()
    hops = [block for block in later if block.number >= head.number]
    windows = tuple(window(base, [block]) for block, base in itertools.pairwise(hops))
    return material, story, Descent(hops[-1].header, tuple(reversed(windows)))


def outcome(material: BundleMaterial, trust: Trust, path: Descent | None = None) -> list[str]:
    report = verify(bundle.build(material), trust, path=path)
    return [step.outcome for step in report.steps]


HOLDS, CANNOT, FAILS = ["holds"] * 9 + ["nothing"], ["holds"] + ["cannot"] * 9, ["holds", "fails"] + ["cannot"] * 8


def test_a_later_trusted_head_holds_with_the_path_and_cannot_be_checked_without() -> None:
    material, story, path = extended(8_191, 8_000, 5)
    assert len(path.windows) == 3
    report = verify(bundle.build(material), story.pinned, path=path)
    assert [step.outcome for step in report.steps] == HOLDS
    assert "3 hops below block" in report.steps[1].detail.english
    missing = verify(bundle.build(material), story.pinned)
    assert [step.outcome for step in missing.steps] == CANNOT
    assert "tally task path" in missing.steps[1].detail.english
    assert "--rpc" in missing.steps[1].detail.chinese


def test_attack_a_path_from_another_head_or_to_another_bundle() -> None:
    material, story, path = extended(8_191, 8_000, 5)
    forged = replace(story.pinned, head=(story.chain.height, b"\x01" * 32))
    assert outcome(material, forged, path) == FAILS
    assert outcome(material, story.pinned, replace(path, windows=path.windows[:-1])) == FAILS
    other, _, elsewhere = extended(8_191, 8_000, 6)
    assert other == material
    assert outcome(material, story.pinned, elsewhere) == FAILS


def test_attack_an_earlier_trusted_head_binds_nothing_that_comes_after_it() -> None:
    """Whoever forges a head can leave honest blocks below it: a trusted block there proves nothing above itself."""
    material, trust = honest()
    blocks = material.descent.verify()
    for block in blocks[1:]:
        report = verify(bundle.build(material), replace(trust, head=(block.number, block.hash)))
        assert [step.outcome for step in report.steps] == CANNOT
        assert "earlier" in report.steps[1].detail.english
    assert outcome(material, replace(trust, head=(blocks[-1].number, b"\x01" * 32))) == FAILS


def descent_without(found: Descent, block: int) -> Descent:
    """The same head, one block less below it."""
    windows = tuple(
        replace(one, blocks=tuple(b for b in one.blocks if chainproof.parse_header(b.header).number != block))
        for one in found.windows
    )
    return replace(found, windows=tuple(one for one in windows if one.blocks))


def test_attack_a_missing_receipt_block() -> None:
    material, trust = honest()
    for block in {proof.block for proof in material.receipts} - {trust.head[0] if trust.head else 0}:
        changed = replace(material, descent=descent_without(material.descent, block))
        report = check(changed, trust)
        assert "chain.block_missing" in report.steps[1].detail.english


def test_attack_a_receipt_moved_to_another_block() -> None:
    material, trust = honest()
    first, second = material.receipts[5:7]
    for moved in (
        (replace(first, block=second.block), replace(second, block=first.block)),
        (replace(first, block=first.block - 1), second),
        (replace(first, index=1), second),
    ):
        receipts = sorted((*material.receipts[:5], *moved, *material.receipts[7:]), key=lambda r: (r.block, r.index))
        assert outcome(replace(material, receipts=tuple(receipts)), trust) == FAILS


def test_a_block_that_proves_nothing_is_refused() -> None:
    material, trust = honest()
    report = check(replace(material, receipts=material.receipts[1:]), trust)
    assert "bundle.unused_block" in report.steps[1].detail.english


def test_receipts_far_apart_are_proven_over_hops() -> None:
    story = SimulatedTask()
    authorize, start = story.authorize, story.start
    story.authorize = lambda: (story.chain.mine(after=8_000), authorize())[1]  # type: ignore[method-assign]
    story.start = lambda: (story.chain.mine(after=8_000), start())[1]  # type: ignore[method-assign]
    story.complete()
    material = story.material()
    assert len(material.descent.windows) == 2
    assert outcome(material, story.pinned) == HOLDS


def idle() -> set[registers.Slot]:
    """What the simulated bundle proves of the registers and no step asks for."""
    found = set(registers.release_slots(ids.on_chain(NEWER)))
    found.add(registers.task_slots(honest()[0].task)[1])  # the proposal reserves nothing
    for party in PARTIES:
        identity = ids.on_chain(party)
        found |= set(registers.key_period_slots(identity, 2))  # nobody rotated
        if party not in {"exchange", "hospital", "laboratory"}:
            found |= set(registers.key_period_slots(identity, 1))
        if party != "hospital":
            found.add(registers.anchored_root(identity, 0, 0))
    return found


def needed(material: BundleMaterial) -> BundleMaterial:
    """Without what no step asks for: another slot's exclusion may be proven by the same nodes."""
    unused = idle()
    kept = {
        name: replace(register, words=tuple(word for word in register.words if (name, word[0]) not in unused))
        for name, register in material.registers.items()
    }
    return replace(material, registers=kept)


@cache
def needed_honest() -> BundleMaterial:
    return needed(honest()[0])


def without_word(material: BundleMaterial, contract: str, index: int) -> BundleMaterial:
    register = material.registers[contract]
    kept = replace(register, words=register.words[:index] + register.words[index + 1 :])
    return replace(material, registers={**material.registers, contract: kept})


def test_leaving_a_word_of_the_registers_out_never_lets_a_lie_pass() -> None:
    """Every single one: either a step says what it lacks, or no step reads it."""
    material, trust = honest()
    silent: list[registers.Slot] = []
    for contract, register in material.registers.items():
        for index, (slot, _) in enumerate(register.words):
            changed = without_word(material, contract, index)
            found = verify(bundle.build(changed), trust)
            assert "fails" not in {step.outcome for step in found.steps}
            if found.exit_code == 0:
                silent.append((contract, slot))
    assert set(silent) == idle()


@pytest.mark.parametrize("contract", CONTRACTS)
def test_every_contract_s_account_and_code_must_be_there(contract: str) -> None:
    material, trust = honest()
    others = {name: register for name, register in material.registers.items() if name != contract}
    assert outcome(replace(material, registers=others), trust) == CANNOT
    codes = tuple((name, b"\1" * 32 if name == contract else code) for name, code in trust.runtime_code_hashes)
    report = check(material, replace(trust, runtime_code_hashes=codes))
    assert "chain.account" in report.steps[1].detail.english
    swapped = {**material.registers, contract: material.registers["Anchors" if contract != "Anchors" else "Tasks"]}
    assert outcome(replace(material, registers=swapped), trust) == FAILS
    extra = {**material.registers, "Other": material.registers[contract]}
    assert outcome(replace(material, registers=extra), trust) == FAILS


@pytest.mark.parametrize("party", ["exchange", "hospital", "laboratory"])
def test_attack_an_old_key_signs_after_a_rotation(party: str) -> None:
    """Whether the rotation's event is there or not: the chain prints the period of the keys that it checked against."""
    story = SimulatedTask()
    run, old, public = story.run, story.nodes[party], story.public[party]

    def rotate_and_run() -> None:
        story.rotate(party)
        story.nodes[party], story.public[party] = old, public
        run()

    story.run = rotate_and_run  # type: ignore[method-assign]
    story.complete()
    material = story.material()
    hidden = [r for r in material.receipts if events.KeysRotated.topic() in r.receipt]
    assert len(hidden) == 1
    receipts = tuple(r for r in material.receipts if r not in hidden)
    for found in (
        material,
        replace(material, receipts=receipts, descent=descent_without(material.descent, hidden[0].block)),
    ):
        assert outcomes(check(found, story.pinned))[4] == "fails"


@pytest.mark.parametrize("before", ["propose", "run", "attest"])
def test_keys_may_change_at_any_time_and_each_signature_is_judged_by_its_own_period(before: str) -> None:
    """What was signed before is judged by the first period, whatever came since."""
    story = SimulatedTask()
    stage = getattr(story, before)

    def rotate_first() -> None:
        story.rotate("hospital")
        stage()

    setattr(story, before, rotate_first)
    story.complete()
    assert story.commitment("hospital").key_period == (1 if before == "attest" else 2)
    assert outcomes(check(story.material(), story.pinned)) == {}


def test_a_commitment_and_a_rotation_in_one_block_in_this_order_hold() -> None:
    """Judging by the keys at a block's end once made an honest commitment look forged."""
    story = SimulatedTask()
    commit = story.commit

    def commit_and_rotate(party: str) -> None:
        commit(party)
        if party == "laboratory":
            story.chain.blocks[-1][0].append(
                (
                    "PartyRegistry",
                    events.KeysRotated(
                        ids.on_chain(party), 2, story.wallets[party].address, b"\x0a" * 32, b"\x0b" * 32
                    ),
                )
            )

    story.commit = commit_and_rotate  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {}


def test_a_period_that_the_registry_does_not_have_fails() -> None:
    story = story_with({"commit": commit_changed("hospital", key_period=2)})
    assert outcomes(check(story.material(), story.pinned)).get(4) == "fails"
    zero = story_with({"commit": commit_changed("hospital", key_period=0)})
    assert outcomes(check(zero.material(), zero.pinned)).get(4) == "fails"


def test_a_wallet_changed_since_does_not_matter_to_what_it_signed() -> None:
    """The record of a consent keeps the wallet that signed it; the change is a block of no consequence here."""
    story = SimulatedTask().complete()
    old, new = (story.wallets[name].address for name in ("hospital", "regulator"))
    story.chain.mine(("PartyRegistry", events.WalletChanged(ids.on_chain("hospital"), old, new)))
    material = story.material()
    assert outcomes(check(material, story.pinned)) == {}
    without = replace(material, receipts=material.receipts[:-1])  # its block is the head, which needs no receipt
    assert outcomes(check(without, story.pinned)) == {}


def test_attack_a_record_of_another_wallet() -> None:
    """The wallet whose signature the chain checked is another than the one that signed what is in the bundle."""

    def authorize(story: SimulatedTask) -> None:
        SimulatedTask.authorize(story)
        name, event = story.chain.blocks[-1][0][0]
        assert isinstance(event, events.AuthorizationSubmitted)
        story.chain.blocks[-1][0][0] = (name, replace(event, wallet=story.wallets["platform"].address))

    story = story_with({"authorize": authorize})
    data = bundle.build(story.material())
    assert outcomes(verify(data, story.pinned)) == {3: "cannot"}
    assert outcomes(verify(data, story.pinned, lambda _: False)) == {3: "fails"}


def test_a_consent_that_the_chain_never_recorded_fails() -> None:
    def authorize(story: SimulatedTask) -> None:
        SimulatedTask.authorize(story)
        story.chain.blocks[-1] = [[]]

    story = story_with({"authorize": authorize})
    assert outcomes(check(story.material(), story.pinned)).get(3) == "fails"


def size_at(before: int, between: int) -> int:
    """The bundle's size when the task came ``before`` blocks after the registrations, and took ``between`` longer."""
    story = SimulatedTask(age=before)
    authorize = story.authorize

    def late() -> None:
        for part in (between // 2, between - between // 2):
            story.chain.mine(after=max(part, 1))
        authorize()

    story.authorize = late  # type: ignore[method-assign]
    story.complete()
    data = bundle.build(story.material())
    assert verify(data, story.pinned).exit_code == 0
    return len(data)


def test_a_bundle_does_not_grow_with_the_chain() -> None:
    """Registered at block 1, run at 50 or at 15 million: only the hashes' places in the ring buffer differ (3 % here)."""
    sizes = [size_at(before, 1) for before in (50, 20_000, 200_000, 15_000_000)]
    assert max(sizes[1:]) - min(sizes[1:]) < 2_500, sizes
    assert max(sizes) - sizes[0] < 2_500, sizes
    assert abs(size_at(20_000, 8_000) - sizes[1]) < 2_500, "within a window nothing is added"
    assert size_at(20_000, 9_000) - sizes[1] < 8_000, "a task that takes longer pays for its own hops"


Alter = Callable[[SimulatedTask], None]


def story_with(alter: dict[str, Alter]) -> SimulatedTask:
    """The honest story with some stages replaced."""
    story = SimulatedTask()
    for name, stage in alter.items():
        setattr(story, name, lambda *args, stage=stage: stage(story, *args))
    return story.complete()


def consent_changed(field: str, value: Any) -> Alter:
    """An owner's consent that says something else and was signed all the same."""

    def authorize(story: SimulatedTask) -> None:
        item = story.signed[0]
        message = replace(item.message, **{field: value})
        digest = message.digest(story.trust.domain("Consents"))
        signature = bytes(story.wallets[item.owner].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[0] = SignedAuthorization(item.owner, message, signature, item.policy)
        SimulatedTask.authorize(story)

    return authorize


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("data_version", 9),
        ("input_root", b"\x01" * 32),
        ("programs", ("psi.align@1.0.0",)),
        ("programs_digest", b"\x01" * 32),
        ("proposer", "laboratory"),
        ("purpose", "something else"),
        ("result_users", ("laboratory",)),
        ("compute_parties", ("exchange", "hospital", "platform")),
        ("policy", b"\x01" * 32),
        ("task", b"\x01" * 32),
        ("not_before", 1_800_000_000),
        ("not_after", 1_600_000_000),
        ("min_protection_level", 5),
        ("legal_basis", "another"),
        ("impact_assessment", b"\x01" * 32),
        ("max_uses", 0),
    ],
)
def test_step_3_a_consent_that_does_not_cover_the_task_fails(field: str, value: Any) -> None:
    story = story_with({"authorize": consent_changed(field, value)})
    assert outcomes(check(story.material(), story.pinned)).get(3) == "fails"


def test_step_3_a_consent_signed_by_another_key_is_not_accepted() -> None:
    def authorize(story: SimulatedTask) -> None:
        item = story.signed[0]
        digest = item.message.digest(story.trust.domain("Consents"))
        stranger = bytes(story.wallets["platform"].unsafe_sign_hash(digest).signature)  # pyright: ignore[reportArgumentType]
        story.signed[0] = replace(item, signature=stranger)
        SimulatedTask.authorize(story)

    story = story_with({"authorize": authorize})
    data = bundle.build(story.material())
    assert outcomes(verify(data, story.pinned)) == {3: "cannot"}
    assert outcomes(verify(data, story.pinned, lambda _: False)) == {3: "fails"}
    wallet = story.wallets[story.signed[0].owner].address
    assert outcomes(verify(data, story.pinned, lambda address: address == wallet)) == {}

    def away(_: str) -> bool:
        raise UnavailableError("chain.unreachable", "No answer.", "Try again.")

    assert outcomes(verify(data, story.pinned, away)) == {3: "cannot"}


def commit_changed(party: str, **changes: Any) -> Callable[..., None]:
    return lambda story, who: SimulatedTask.commit(story, who, **(changes if who == party else {}))


@pytest.mark.parametrize(
    "changes",
    [
        {"run_id": b"\x01" * 32},
        {"input_root": b"\x01" * 32},
        {"links": (b"\x01" * 32, b"\x02" * 32)},
        {"output_shares": b"\x01" * 32},
    ],
    ids=lambda c: next(iter(c)),
)
def test_step_6_a_commitment_unlike_its_statement_fails(changes: dict[str, Any]) -> None:
    story = story_with({"commit": commit_changed("laboratory", **changes)})
    assert outcomes(check(story.material(), story.pinned)).get(6) == "fails"


def run_stated(*, by: Collection[str] = ("exchange", "hospital", "laboratory"), **changes: Any) -> dict[str, Alter]:
    """The run statements of these parties with other facts; ``mpc`` names fields of the parameters."""

    def log(story: SimulatedTask, party: str, statement: statements.Statement) -> bytes:
        if isinstance(statement, statements.Run) and party in by:
            facts = dict(changes)
            statement = replace(statement, mpc=replace(statement.mpc, **facts.pop("mpc", {})), **facts)
        return SimulatedTask.log(story, party, statement)

    return {"log": log}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "changes",
    [
        {"mpc": {"field": 2**61 - 1}},
        {"mpc": {"kappa": 20}},
        {"mpc": {"threshold": 2}},
        {"mpc": {"security_model": 2}},
        {"committee": ("exchange", "hospital", "museum")},
        {"engine": b"\x01" * 32, "by": ("laboratory",)},
        {"engine": b"\x01" * 32},
        {"engine": ENGINES[NEWER]},
        {"steps": ()},
        {"steps": (statements.StepFact("align", "psi.align@1.0.0", b"\x01" * 32, 5, ()),)},
        {"mpc": {"backend": "fast"}, "by": ("exchange",)},
        {"mpc": {"kappa": 41}, "by": ("hospital",)},
    ],
    ids=repr,
)
def test_step_6_what_was_computed_with_is_what_the_stack_is_and_the_same_everywhere(changes: dict[str, Any]) -> None:
    story = story_with(run_stated(**changes))
    assert outcomes(check(story.material(), story.pinned)) == {6: "fails"}


def test_step_6_any_released_stack_that_serves_the_task_holds() -> None:
    story = story_with(run_stated(mpc={"backend": "fast"}))
    assert outcomes(check(story.material(), story.pinned)) == {}


def test_step_6_a_stack_that_the_verifier_does_not_know_cannot_be_checked() -> None:
    story = story_with(run_stated(mpc={"backend": "faster"}))
    assert outcomes(check(story.material(), story.pinned)) == {6: "cannot"}


@pytest.mark.parametrize("promises", [(2, 1), (3, 2)], ids=["lower-level", "malicious"])
def test_step_6_what_the_registry_promises_of_the_programs_must_be_kept(promises: tuple[int, int]) -> None:
    """A program of a lower level than the contract asks for; one that promises more than the stack withstands."""
    story = SimulatedTask(promises=promises).complete()
    assert outcomes(check(story.material(), story.pinned)) == {6: "fails"}


def test_step_5_a_forked_log_fails() -> None:
    story = story_with({"commit": commit_changed("hospital", log_root=b"\x01" * 32)})
    assert 5 in outcomes(check(story.material(), story.pinned))


def fact_changed(**changes: Any) -> Callable[..., statements.LinkFact]:
    def fact(story: SimulatedTask, party: str, peer: str) -> statements.LinkFact:
        found = SimulatedTask.fact(story, party, peer)
        return replace(found, **changes) if (party, peer) == ("hospital", "laboratory") else found

    return fact


@pytest.mark.parametrize(
    "changes",
    [
        {"sent": b"\x01" * 32},
        {"received_frames": 99},
        {"signature": bytes(64)},
        {"countersignature": bytes(64)},
    ],
    ids=lambda c: next(iter(c)),
)
def test_step_7_transcripts_that_differ_or_are_not_countersigned_fail(changes: dict[str, Any]) -> None:
    story = story_with({"fact": fact_changed(**changes)})
    assert outcomes(check(story.material(), story.pinned)).get(7) == "fails"


def test_step_8_rows_other_than_the_registered_ones_fail() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if isinstance(statement, statements.InputCommitment):
            statement = replace(statement, rows=499)
        return SimulatedTask.log(story, party, statement)

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)) == {8: "fails"}


def test_step_9_a_release_before_completion_fails() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if isinstance(statement, statements.Release):
            statement = replace(statement, completed=statement.completed - 1)
        return SimulatedTask.log(story, party, statement)

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


@pytest.mark.parametrize("approves", [True, False])
def test_step_9_holds_after_a_review_whatever_its_word(approves: bool) -> None:
    story = SimulatedTask("regulator", approves=approves).complete()
    report = check(story.material(), story.pinned)
    assert outcomes(report) == {}
    assert ("rejected" in report.steps[8].detail.english) is not approves


def test_step_9_a_release_after_a_rejection_fails() -> None:
    story = SimulatedTask("regulator", approves=False)
    review = story.review

    def review_and_release() -> None:
        review()
        story.release("hospital")

    story.review = review_and_release  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


@pytest.mark.parametrize("on", [None, 3])
def test_step_9_a_release_without_the_review_that_the_chain_shows_fails(on: int | None) -> None:
    story = SimulatedTask("regulator")
    release = story.release

    def early(party: str) -> None:
        story.reviewed = on if party == "laboratory" else story.chain.height
        release(party)

    story.release = early  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


def test_step_9_without_the_reviewer_s_word_it_cannot_be_checked() -> None:
    story = SimulatedTask("regulator")
    story.review = lambda: None  # type: ignore[method-assign]
    story.complete()
    assert outcomes(check(story.material(), story.pinned)) == {9: "cannot"}


def test_step_9_a_share_that_was_not_committed_fails() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if isinstance(statement, statements.Release):
            statement = replace(statement, outputs=(replace(statement.outputs[0], commitment=b"\x01" * 32),))
        return SimulatedTask.log(story, party, statement)

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}


def test_step_9_an_attestation_of_another_run_fails_and_a_missing_one_cannot_be_checked() -> None:
    def attest(story: SimulatedTask) -> None:
        event = events.ResultAttested(story.task, b"\x01" * 32, ids.on_chain("hospital"), named_hash("result"), 0)
        story.chain.mine(("Tasks", event))

    story = story_with({"attest": attest})
    assert outcomes(check(story.material(), story.pinned)) == {9: "fails"}
    silent = story_with({"attest": lambda _: None})
    assert outcomes(check(silent.material(), silent.pinned)) == {9: "cannot"}


def test_step_4_an_envelope_under_another_key_fails() -> None:
    def log(story: SimulatedTask, party: str, statement: Any) -> bytes:
        if party != "exchange":
            return SimulatedTask.log(story, party, statement)
        envelope = dsse.sign_statement(statement, story.public["platform"], story.nodes["platform"].sign)
        story.entries[party].append((story.trees[party].append(envelope), envelope))
        return envelope

    story = story_with({"log": log})
    assert outcomes(check(story.material(), story.pinned)).get(4) == "fails"


def refused_story() -> SimulatedTask:
    story = SimulatedTask()
    story.propose()
    story.authorize()
    story.start()
    refusal = statements.Refusal(*story.head("laboratory", None), None, "check.data_changed")
    story.log("laboratory", story.failed("laboratory", "data"))
    story.log("laboratory", refusal)
    digest = statements.digest(refusal)
    story.chain.mine(("Tasks", events.TaskAborted(story.task, ids.on_chain("laboratory"), 1, 4, digest, 1)))
    story.anchor()
    return story


def test_a_refused_task_verifies_too_and_names_who_and_why() -> None:
    story = refused_story()
    report = check(story.material(), story.pinned)
    assert (outcomes(report), report.state) == ({}, "refused")
    assert "laboratory: check.data_changed" in report.steps[9].detail.english


def test_step_6_an_abort_without_its_statement_fails() -> None:
    story = refused_story()
    block = story.chain.blocks[-4]
    event = block[0][0][1]
    assert isinstance(event, events.TaskAborted)
    block[0][0] = ("Tasks", replace(event, statement=b"\x01" * 32))
    assert outcomes(check(story.material(), story.pinned)) == {6: "fails"}


def leaves(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in leaves(item, (*at, key))]
    if isinstance(value, list):
        return [p for index, item in enumerate(value) for p in leaves(item, (*at, index))]
    return [at]


def flipped(value: Any, position: int) -> Any:
    """A value of the same kind that differs in one place."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if value is None:
        return "0x" + "00" * 32
    if not value:
        return "x"
    at = position % len(value)
    return value[:at] + ("1" if value[at] != "1" else "2") + value[at + 1 :]


PARTS: dict[str, Callable[[BundleMaterial, int], tuple[Any, Callable[[Any], BundleMaterial]]]] = {
    "log": lambda m, i: (
        m.logs[i % len(m.logs)].to_json(),
        lambda v: replace(
            m, logs=tuple(LogEvidence.parse(v) if n == i % len(m.logs) else x for n, x in enumerate(m.logs))
        ),
    ),
    "consent": lambda m, i: (
        m.authorizations[i % 2].to_json(),
        lambda v: replace(
            m,
            authorizations=tuple(
                SignedAuthorization.parse(v) if n == i % 2 else x for n, x in enumerate(m.authorizations)
            ),
        ),
    ),
    "receipt": lambda m, i: (
        m.receipts[i % len(m.receipts)].to_json(),
        lambda v: replace(
            m,
            receipts=tuple(
                ReceiptProof.parse(v, "r") if n == i % len(m.receipts) else x for n, x in enumerate(m.receipts)
            ),
        ),
    ),
    "descent": lambda m, _: (
        m.descent.to_json(),
        lambda v: replace(m, descent=Descent.parse(v, "descent")),
    ),
    "registers": lambda m, _: (
        {name: register.to_json() for name, register in m.registers.items()},
        lambda v: replace(m, registers={name: Register.parse(register, "r") for name, register in v.items()}),
    ),
    "seals": lambda m, _: (
        ["0x" + h.hex() for h in m.seals],
        lambda v: replace(m, seals=Record({"v": v}, "seals").list("v", 10**6, _header)),
    ),
    "contract": lambda m, i: (
        m.contract.decode(),
        lambda v: replace(m, contract=v.encode()),
    ),
}


def _header(value: object, where: str) -> bytes:
    return Record({"v": value}, where).hex_bytes("v", 16384)


@settings(max_examples=100)
@given(st.sampled_from(sorted(PARTS)), st.integers(0, 10**6), st.data())
def test_any_changed_field_is_noticed_even_when_manifest_and_zip_are_made_anew(
    part: str, index: int, data: st.DataObject
) -> None:
    material, trust = needed_honest(), honest()[1]
    value, rebuild = PARTS[part](material, index)
    changed = {"v": copy.deepcopy(value)}
    path = data.draw(st.sampled_from(leaves(changed)))
    at: Any = changed
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = flipped(at[path[-1]], data.draw(st.integers(0, 10**6)))
    try:
        report = check(rebuild(changed["v"]), trust)
    except (TallyError, ValueError):
        return  # it cannot even be put into a bundle
    assert report.exit_code != 0, (part, path)


@pytest.mark.parametrize("kind", [k.__name__ for k in statements.KINDS if k.__name__ not in {"Abort", "Refusal"}])
def test_attack_leaving_a_statement_out(kind: str) -> None:
    """Each is in its party's signed list: nothing can be hidden, and the list itself neither."""
    material, trust = honest()
    logs = tuple(
        replace(log, entries=tuple(e for e in log.entries if _kind(e.envelope) != kind)) for log in material.logs
    )
    found = check(replace(material, logs=logs), trust)
    assert found.exit_code == 2
    assert "fails" not in outcomes(found).values(), "who left it out is not known"


@pytest.mark.parametrize("index", range(11))
def test_leaving_a_receipt_out_never_lets_a_lie_pass(index: int) -> None:
    material, trust = honest()
    gone = material.receipts[index]
    receipts = tuple(r for r in material.receipts if r != gone)
    assert len(receipts) == len(material.receipts) - 1
    report = check(replace(material, receipts=receipts, descent=descent_without(material.descent, gone.block)), trust)
    assert "fails" in outcomes(report).values() or "cannot" in outcomes(report).values() or index in _IRRELEVANT


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 10), min_size=1, max_size=6))
def test_what_is_left_out_accuses_nobody(gone: set[int]) -> None:
    """Any receipts: an honest party must not look guilty because somebody else withheld what the chain said."""
    material, trust = honest()
    receipts = tuple(receipt for index, receipt in enumerate(material.receipts) if index not in gone)
    kept = {receipt.block for receipt in receipts}
    found = material.descent
    for block in {receipt.block for receipt in material.receipts} - kept:
        found = descent_without(found, block)
    assert "fails" not in outcomes(check(replace(material, receipts=receipts, descent=found), trust)).values()


def test_all_receipts_that_matter_were_tried() -> None:
    assert len(honest()[0].receipts) == 11


# the owners' AuthorizationSubmitted: the contract's record of them is in the head's state
_IRRELEVANT = {1, 2}


def _kind(envelope: bytes) -> str:
    return type(statements.parse(dsse.parse(envelope).payload)).__name__
