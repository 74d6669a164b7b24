"""What can be made of a true bundle without lying: parts left out, put in another order, put in twice, or another task's.

Each is a :class:`Falsehood` with a name; ``omission`` says that something was merely left out.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from protocol import chainproof, checkpoint
from protocol.ancestry import Descent
from protocol.bundle import BundleMaterial
from protocol.messages import EntryProof, LogEvidence
from tests.unit.protocol.true_stories import OTHER, Story


@dataclass(frozen=True, slots=True)
class Falsehood:
    """A bundle's material that tells another story than the true one."""

    name: str
    material: BundleMaterial
    omission: bool = False


def without_block(found: Descent, block: int) -> Descent:
    """The same head, one block less below it."""
    windows = tuple(
        replace(one, blocks=tuple(b for b in one.blocks if chainproof.parse_header(b.header).number != block))
        for one in found.windows
    )
    return replace(found, windows=tuple(one for one in windows if one.blocks))


def without(material: BundleMaterial, gone: set[int]) -> BundleMaterial:
    """Without the receipts at these places, and without the blocks that only they need."""
    receipts = tuple(receipt for place, receipt in enumerate(material.receipts) if place not in gone)
    kept, found = {receipt.block for receipt in receipts}, material.descent
    for block in {receipt.block for receipt in material.receipts} - kept:
        found = without_block(found, block)
    return replace(material, receipts=receipts, descent=found)


def with_log(material: BundleMaterial, place: int, log: LogEvidence | None) -> BundleMaterial:
    """Another log in this place, or none."""
    logs = list(material.logs)
    logs[place : place + 1] = [] if log is None else [log]
    return replace(material, logs=tuple(logs))


def with_entries(material: BundleMaterial, place: int, entries: tuple[EntryProof, ...]) -> BundleMaterial:
    """Other entries in the log in this place."""
    return with_log(material, place, replace(material.logs[place], entries=entries))


def omissions(material: BundleMaterial) -> Iterator[Falsehood]:
    """Every single thing left out, and every kind of thing whole."""
    for place, log in enumerate(material.logs):
        yield Falsehood(f"without the log of {log.party}", with_log(material, place, None), omission=True)
        yield Falsehood(f"no entry of {log.party}", with_entries(material, place, ()), omission=True)
        for n, entry in enumerate(log.entries):
            rest = log.entries[:n] + log.entries[n + 1 :]
            yield Falsehood(
                f"without entry {entry.index} of {log.party}", with_entries(material, place, rest), omission=True
            )
            last = log.entries[:n]
            yield Falsehood(
                f"{log.party} cut at entry {entry.index}", with_entries(material, place, last), omission=True
            )
        for n, (size, _, _) in enumerate(log.consistency):
            fewer = replace(log, consistency=log.consistency[:n] + log.consistency[n + 1 :])
            yield Falsehood(f"{log.party} without its root of {size}", with_log(material, place, fewer), omission=True)
    yield Falsehood("without logs", replace(material, logs=()), omission=True)
    for item in material.authorizations:
        rest = tuple(other for other in material.authorizations if other != item)
        yield Falsehood(f"without {item.owner}'s consent", replace(material, authorizations=rest), omission=True)
    yield Falsehood("without consents", replace(material, authorizations=()), omission=True)
    for place, receipt in enumerate(material.receipts):
        yield Falsehood(f"without receipt {place}", without(material, {place}), omission=True)
        headless = replace(material, descent=without_block(material.descent, receipt.block))
        if headless != material and receipt.block != material.descent.top.number:
            yield Falsehood(f"without the header of block {receipt.block}", headless, omission=True)
    every = set(range(len(material.receipts)))
    yield Falsehood("without receipts", without(material, every), omission=True)
    yield Falsehood("without the last receipts", without(material, {n for n in every if n > 2}), omission=True)
    for place in range(len(material.successions)):
        steps = material.successions[:place] + material.successions[place + 1 :]
        yield Falsehood(f"without succession {place}", replace(material, successions=steps), omission=True)
    for name, register in material.registers.items():
        others = {other: found for other, found in material.registers.items() if other != name}
        yield Falsehood(f"without {name}", replace(material, registers=others), omission=True)
        for n, (slot, _) in enumerate(register.words):
            fewer = replace(register, words=register.words[:n] + register.words[n + 1 :])
            yield Falsehood(
                f"{name} without slot {slot:x}",
                replace(material, registers={**material.registers, name: fewer}),
                omission=True,
            )


def thinned(material: BundleMaterial, choice: random.Random) -> Falsehood:
    """Any number of things left out at once."""
    share = choice.choice([0.01, 0.03, 0.1, 0.4])

    def gone() -> bool:
        return choice.random() < share

    logs = tuple(
        replace(
            log,
            entries=tuple(entry for entry in log.entries if not gone()),
            consistency=tuple(root for root in log.consistency if not gone()),
        )
        for log in material.logs
        if not gone()
    )
    registers = {
        name: replace(found, words=tuple(word for word in found.words if not gone()))
        for name, found in material.registers.items()
        if choice.random() > share / 10
    }
    fewer = replace(
        material,
        logs=logs,
        registers=registers,
        authorizations=tuple(item for item in material.authorizations if not gone()),
        successions=tuple(step for step in material.successions if not gone()),
    )
    return Falsehood("thinned", without(fewer, {n for n in range(len(material.receipts)) if gone()}), omission=True)


def disorders(material: BundleMaterial) -> Iterator[Falsehood]:
    """Every neighbours exchanged, every thing twice, and what belongs to one in another's place."""
    for place, log in enumerate(material.logs):
        for n, (one, two) in enumerate(pairwise(log.entries)):
            swapped = (*log.entries[:n], two, one, *log.entries[n + 2 :])
            yield Falsehood(f"{log.party}: {two.index} before {one.index}", with_entries(material, place, swapped))
            exchanged = (
                *log.entries[:n],
                replace(one, envelope=two.envelope),
                replace(two, envelope=one.envelope),
                *log.entries[n + 2 :],
            )
            yield Falsehood(f"{log.party}: {one.index} as {two.index}", with_entries(material, place, exchanged))
            doubled = (*log.entries[: n + 1], *log.entries[n:])
            yield Falsehood(f"{log.party}: {one.index} twice", with_entries(material, place, doubled))
            again = (*log.entries[: n + 1], replace(one, index=two.index), *log.entries[n + 2 :])
            yield Falsehood(f"{log.party}: {one.index} again as {two.index}", with_entries(material, place, again))
    for (here, one), (there, two) in pairwise(enumerate(material.logs)):
        exchanged = list(material.logs)
        exchanged[here], exchanged[there] = replace(two, party=one.party), replace(one, party=two.party)
        yield Falsehood(f"{one.party}'s log as {two.party}'s", replace(material, logs=tuple(exchanged)))
        entries = list(material.logs)
        entries[here], entries[there] = replace(one, entries=two.entries), replace(two, entries=one.entries)
        yield Falsehood(f"{one.party}'s entries as {two.party}'s", replace(material, logs=tuple(entries)))
    for log in material.logs[:1]:
        stranger = replace(log, party="stranger")
        logs = tuple(sorted((*material.logs, stranger), key=lambda one: one.party))
        yield Falsehood("a stranger's log", replace(material, logs=logs))
        other = replace(log, epoch=log.epoch + 1)
        yield Falsehood(f"{log.party}'s log as another epoch's", with_log(material, material.logs.index(log), other))
    for n, (one, two) in enumerate(pairwise(material.receipts)):
        swapped = (*material.receipts[:n], two, one, *material.receipts[n + 2 :])
        yield Falsehood(f"receipt {n} after the next", replace(material, receipts=swapped))
        doubled = (*material.receipts[: n + 1], *material.receipts[n:])
        yield Falsehood(f"receipt {n} twice", replace(material, receipts=doubled))
        exchanged = (
            *material.receipts[:n],
            replace(one, receipt=two.receipt, nodes=two.nodes),
            replace(two, receipt=one.receipt, nodes=one.nodes),
            *material.receipts[n + 2 :],
        )
        yield Falsehood(f"receipt {n} in the next one's block", replace(material, receipts=exchanged))
    for one, two in pairwise(material.authorizations):
        exchanged = (
            replace(one, message=replace(two.message, data_set=one.message.data_set)),
            replace(two, message=replace(one.message, data_set=two.message.data_set)),
        )
        yield Falsehood("the consents exchanged", replace(material, authorizations=exchanged))
        signatures = (replace(one, signature=two.signature), replace(two, signature=one.signature))
        yield Falsehood("the consents' signatures exchanged", replace(material, authorizations=signatures))
        owners = (replace(one, owner=two.owner), replace(two, owner=one.owner))
        yield Falsehood("the consents' owners exchanged", replace(material, authorizations=owners))


def replacements(story: Story, material: BundleMaterial) -> Iterator[Falsehood]:
    """Another task's in the place of this one's: entries, whole logs, consents, and the contract itself."""
    for place, log in enumerate(material.logs):
        tree = story.trees[log.party]
        foreign = tuple(EntryProof(n, data, tree.inclusion_proof(n)) for n, data in story.foreign.get(log.party, ()))
        for entry in foreign:
            entries = tuple(sorted((*log.entries, entry), key=lambda one: one.index))
            yield Falsehood(f"another task's entry in {log.party}'s", with_entries(material, place, entries))
        yield Falsehood(f"another task's entries of {log.party}", with_entries(material, place, foreign))
        other = replace(log, task=OTHER, entries=foreign)
        yield Falsehood(f"another task's log of {log.party}", with_log(material, place, other))
        older = _older(story, log)
        if older is not None:
            yield Falsehood(f"{log.party}'s log as it was", with_log(material, place, older), omission=True)
    for item in material.authorizations:
        strange = replace(item, message=replace(item.message, data_set="other-" + "c" * 32))
        consents = tuple(sorted((*material.authorizations, strange), key=lambda one: one.message.data_set))
        yield Falsehood(f"another data set's consent of {item.owner}", replace(material, authorizations=consents))
        nonce = replace(item, message=replace(item.message, nonce=item.message.nonce + 1))
        consents = tuple(nonce if other == item else other for other in material.authorizations)
        yield Falsehood(f"another consent of {item.owner}", replace(material, authorizations=consents))
    contract = replace(story.contract, nonce="ee" * 32)
    yield Falsehood("another contract", replace(material, contract=contract.data()))
    yield Falsehood("another task", replace(material, contract=contract.data(), task=OTHER))


def _older(story: Story, log: LogEvidence) -> LogEvidence | None:
    """The log as its owner could have anchored it before it ended: honest, signed, and never anchored."""
    size = log.entries[-1].index if log.entries else 0
    if not size:
        return None
    tree = story.trees[log.party]
    origin = checkpoint.Origin(story.trust.deployment, story.trust.chain_id, log.party, log.epoch)
    node, public = story.anchored_with[log.party]
    head = checkpoint.Checkpoint(origin, size, tree.root(size))
    return replace(
        log,
        size=size,
        root=tree.root(size),
        checkpoint=checkpoint.sign(head, public, node.sign).decode(),
        entries=tuple(EntryProof(e.index, e.envelope, tree.inclusion_proof(e.index, size)) for e in log.entries[:-1]),
        consistency=tuple(
            (old, root, tree.consistency_proof(old, size)) for old, root, _ in log.consistency if old <= size
        ),
    )


def falsehoods(story: Story) -> Iterator[Falsehood]:
    """All of them."""
    material = story.material()
    for made in (omissions(material), disorders(material), replacements(story, material)):
        yield from (false for false in made if false.material != material)
