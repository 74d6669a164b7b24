"""Python and TypeScript verify alike: the same answer to each of the ten steps, in the same words, of true stories and false ones."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from eth_hash.auto import keccak

from protocol import ancestry, bundle, rlp, secp256k1
from protocol.ancestry import Descent
from protocol.errors import TallyError
from protocol.trust import Trust
from tests.alike import some
from tests.integration.web.conftest import Ask
from tests.unit.protocol.false_stories import falsehoods, thinned
from tests.unit.protocol.liars import lies, restatements, told_by
from tests.unit.protocol.sealed_task import SealedTask
from tests.unit.protocol.simulated_chain import window
from tests.unit.protocol.test_qbft import FOUR, GENESIS, GENESIS_HASH, KEYS, sealed
from tests.unit.protocol.true_stories import KINDS, Story, told
from tools.web_answers import answer, packed

AT_ONCE = 24
"""Bundles in one question to the other language."""
ALWAYS = [list(KINDS).index("completed")]
"""The kind of which a small sample is put to both languages at every run."""


def question(data: bytes, trust: Trust | None, path: Descent | None = None) -> dict[str, Any]:
    return {
        "op": "verify",
        "data": packed(data),
        "trust": "" if trust is None else packed(trust.data()),
        "path": "" if path is None else packed(ancestry.path_data(path)),
    }


def bundles(made: Iterable[tuple[str, bundle.BundleMaterial]]) -> Iterator[tuple[str, bytes]]:
    """Those that can be put into a bundle."""
    for name, material in made:
        try:
            yield name, bundle.build(material)
        except (TallyError, ValueError):
            continue


def alike(typescript: Ask, asked: list[tuple[str, dict[str, Any]]]) -> Counter[tuple[int, str]]:
    """Both languages' answers, which must be the same; how often each step came out how."""
    found: Counter[tuple[int, str]] = Counter()
    for start in range(0, len(asked), AT_ONCE):
        part = asked[start : start + AT_ONCE]
        theirs = typescript([each for _, each in part])
        for (name, each), other in zip(part, theirs, strict=True):
            ours = answer(each)
            assert other == ours, name
            steps: Any = ours.get("ok")
            found.update((number, step[0]) for number, step in enumerate((steps or [])[3:], 1))
    return found


def sampled(kind: str, falsely: int, lied: int) -> list[tuple[str, dict[str, Any]]]:
    """A true story, some false ones that are made of it, and some in which a party lies."""
    story, choice = told(kind), random.Random(kind)
    made = [("true", story.material())]
    falsehoods_of = list(falsehoods(story))
    made += [(false.name, false.material) for false in choice.sample(falsehoods_of, min(falsely, len(falsehoods_of)))]
    # a statement that nothing but its party's own list misses
    made += [(false.name, false.material) for false in falsehoods_of if false.name.startswith("without entry")][:1]
    made += [
        (f"thinned {seed}", thinned(story.material(), random.Random(seed)).material) for seed in range(falsely // 2)
    ]
    asked = [(name, question(data, story.pinned)) for name, data in bundles(made)]
    if lied:
        told_lies = [*lies(kind), *restatements(kind)]  # where nothing was stated, there is nothing to lie in
        asked += list(lying(kind, choice.sample(told_lies, min(lied, len(told_lies)))))
    return asked


def lying(kind: str, told_lies: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for lie in told_lies:
        try:
            story = told_by(kind, lie.party, lie.said)
            yield f"{lie.field} of {lie.party}", question(bundle.build(story.material()), story.pinned)
        except (TallyError, ValueError):
            continue


@pytest.mark.parametrize("kind", some(list(KINDS), ALWAYS))
def test_true_and_false_stories_are_found_alike(typescript: Ask, kind: str) -> None:
    slow = list(KINDS).index(kind) not in ALWAYS
    found = alike(typescript, sampled(kind, *((30, 12) if slow else (4, 1))))
    assert found[1, "holds"] > 3
    assert found[10, "cannot"] > 1, "of false stories something cannot be checked or fails"


@pytest.mark.walk
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", KINDS)
def test_every_false_story_is_found_alike(typescript: Ask, kind: str) -> None:
    story = told(kind)
    made = ((false.name, false.material) for false in falsehoods(story))
    alike(typescript, [(name, question(data, story.pinned)) for name, data in bundles(made)])


@pytest.mark.walk
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("kind", ["completed", "reviewed", "aborted", "aborted early", "standing"])
def test_every_lie_is_found_alike(typescript: Ask, kind: str) -> None:
    alike(typescript, list(lying(kind, [*lies(kind), *restatements(kind)])))


def test_trust_roots_heads_and_paths_are_judged_alike(typescript: Ask) -> None:
    story = KINDS["declined"](Story)
    data, trust = bundle.build(story.material()), story.pinned
    assert trust.head is not None
    head = trust.head[0]
    bottom = story.chain.built()[-1]
    story.chain.mine(after=8_191)
    story.chain.mine(after=8_000)
    hops = [block for block in story.chain.built() if block.number >= bottom.number]
    windows = [window(base, [block]) for block, base in pairwise(hops)]
    path = Descent(hops[-1].header, tuple(reversed(windows)))
    later = story.pinned
    asked = [
        ("no trust root", question(data, None)),
        ("no head", question(data, replace(trust, head=None))),
        ("an earlier head", question(data, replace(trust, head=(1, story.chain.block_hash(1))))),
        ("a later head without a path", question(data, later)),
        ("a later head with its path", question(data, later, path)),
        ("a path cut short", question(data, later, replace(path, windows=path.windows[:-1]))),
        ("another genesis", question(data, replace(trust, genesis_hash=b"\1" * 32))),
        ("another chain", question(data, replace(trust, chain_id=1))),
        ("another deployment", question(data, replace(trust, deployment=b"\1" * 32))),
        ("another head", question(data, replace(trust, head=(head, b"\1" * 32)))),
        ("confirmations", question(data, replace(trust, confirmations=3))),
        ("no bundle", question(b"PK", trust)),
        ("no trust root at all", question(data, trust) | {"trust": packed(b"{}")}),
        ("an address in capitals", question(data, trust) | {"trust": packed(trust.data().replace(b'"Tasks":"0x', b'"Tasks":"0X', 1))}),
        ("no path at all", question(data, later) | {"path": packed(b'{"format":"other"}')}),
    ]  # fmt: skip
    found = alike(typescript, asked)
    assert found[2, "holds"] == 1, "with the path alone"
    assert found[2, "fails"] > 3
    assert found[2, "cannot"] > 3


def finality(headers: list[Any], genesis: bytes = GENESIS_HASH) -> dict[str, Any]:
    return {
        "op": "finality",
        "headers": [packed(header) for header in headers],
        "genesis": f"0x{genesis.hex()}",
    }


def test_seals_of_validators_are_judged_alike(typescript: Ask) -> None:
    """Quorums, doubled and foreign seals, changes of validators, another round, another genesis, and no seals at all."""
    one, changed = sealed(GENESIS_HASH, 1, FOUR, FOUR[:3]), [*FOUR[1:], KEYS[4]]
    fields: Any = rlp.decode(one)
    unsealed = rlp.encode([*fields[:13], bytes(32), *fields[14:]])
    asked = [
        finality([GENESIS, one]),
        finality([GENESIS, sealed(b"\7" * 32, 9_000_000, FOUR, FOUR, round_number=2)]),
        finality([GENESIS, sealed(GENESIS_HASH, 1, FOUR, FOUR[:2])]),
        finality([GENESIS, sealed(GENESIS_HASH, 1, FOUR, [*FOUR[:2], FOUR[0]])]),
        finality([GENESIS, sealed(GENESIS_HASH, 1, FOUR, [*FOUR[:2], KEYS[4]])]),
        finality([GENESIS, sealed(GENESIS_HASH, 1, changed, changed)]),
        finality([GENESIS, sealed(GENESIS_HASH, 1, KEYS[4:], KEYS[4:])]),
        finality([GENESIS, sealed(GENESIS_HASH, 1, changed, changed), sealed(b"\7" * 32, 2, changed, changed[:3])]),
        finality([GENESIS, one, sealed(b"\7" * 32, 2, FOUR, FOUR)]),
        finality([GENESIS, one, one]),
        finality([GENESIS, unsealed]),
        finality([GENESIS], bytes(32)),
        finality([GENESIS]),
        finality([unsealed], keccak(unsealed)),
        finality([]),
    ]
    found = typescript(asked)
    assert found == [answer(each) for each in asked]
    assert sum("ok" in each for each in found) >= 4


@pytest.mark.slow
def test_signatures_of_wallets_are_judged_alike(typescript: Ask) -> None:
    """Another account's, a malleable one, one that is none, and one of a form that only a contract can take."""
    story = told("completed")
    material = story.material()
    first, *rest = material.authorizations
    r, s = first.signature[:32], int.from_bytes(first.signature[32:64], "big")
    high = (secp256k1.ORDER - s).to_bytes(32, "big")
    forms = [
        bytes(
            story.wallets["platform"].unsafe_sign_hash(first.message.digest(story.trust.domain("Consents"))).signature
        ),  # pyright: ignore[reportArgumentType]
        r + high + bytes([55 - first.signature[64]]),
        bytes(64) + b"\x1b",
        r + first.signature[32:64] + b"\x00",
        first.signature + b"\x00",
        b"",
    ]
    asked = [
        (
            str(number),
            question(
                bundle.build(replace(material, authorizations=(replace(first, signature=form), *rest))), story.pinned
            ),
        )
        for number, form in enumerate(forms)
    ]
    found = alike(typescript, asked)
    assert found[3, "cannot"] >= 2
    assert found[3, "fails"] >= 3


@pytest.mark.slow
def test_any_byte_of_a_bundle_spoilt_fails_in_the_first_step(typescript: Ask) -> None:
    story = told("declined")
    data, choice = bundle.build(story.material()), random.Random(3)
    asked: list[dict[str, Any]] = []
    for _ in range(200):
        at = choice.randrange(len(data))
        bent = data[:at] + bytes([data[at] ^ 1 << choice.randrange(8)]) + data[at + 1 :]
        asked.append(question(bent, story.pinned))
    for theirs in typescript(asked):
        assert [step[0] for step in theirs["ok"][3:]] == ["fails"] + ["cannot"] * 9


def test_a_sealed_chain_needs_no_trusted_block_and_a_seal_short_proves_nothing(typescript: Ask) -> None:
    """Whole bundles of a chain of four validators: by the genesis alone every step holds, and by too few seals none after the first."""
    story = SealedTask()
    story.complete()
    asked = [("sealed", question(bundle.build(story.material()), story.trust))]
    for name, signers in (
        ("a seal short", FOUR[:2]),
        ("a stranger's", [*FOUR[:2], KEYS[5]]),
        ("one twice", [*FOUR[:2], FOUR[0]]),
    ):
        story.signers = tuple(signers)
        asked.append((name, question(bundle.build(story.material()), story.trust)))
    found = alike(typescript, asked)
    assert found[1, "holds"] == 4
    assert [found[number, "holds"] for number in range(2, 10)] == [1] * 8
    assert found[2, "fails"] == 3
