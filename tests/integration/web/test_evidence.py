"""Bundles: TypeScript reads what Python wrote, and neither takes one that was changed anywhere."""

import base64
from random import Random
from typing import Any

import pytest

from protocol import bundle, chainproof, state
from tests.integration.web.conftest import Ask
from tests.unit.protocol.simulated_task import SimulatedTask
from tools.web_answers import answer, packed, written


@pytest.fixture(scope="module")
def story() -> SimulatedTask:
    return SimulatedTask(reviewer="chamber").complete()


def test_a_bundle_is_read_alike(story: SimulatedTask, typescript: Ask) -> None:
    question = {"op": "bundle", "data": packed(bundle.build(story.material()))}
    [theirs] = typescript([question])
    assert theirs == answer(question)
    assert "ok" in theirs


def test_attack_a_bundle_changed_anywhere(story: SimulatedTask, typescript: Ask) -> None:
    data = bundle.build(story.material())
    random = Random(7)
    places = [*range(0, 64, 2), *range(len(data) - 90, len(data)), *(random.randrange(len(data)) for _ in range(60))]
    changed = [data[:at] + bytes([data[at] ^ 1 << random.randrange(8)]) + data[at + 1 :] for at in places]
    changed += [data[:-1], data + b"\0", b"", data[30:], data.replace(b"logs/", b"logz/")]
    asked = [{"op": "bundle", "data": packed(item)} for item in changed]
    for place, found in zip([*places, *range(5)], typescript(asked), strict=True):
        assert set(found) == {"refused"}, place
    assert all("refused" in answer(question) for question in asked[:: len(asked) // 20])


def about_chain(story: SimulatedTask) -> list[dict[str, Any]]:
    """The bundle's descent, each receipt under its block's header, and each word of the registers."""
    material = story.material()
    blocks = {block.number: block for block in material.descent.verify()}
    headers = {material.descent.top.number: material.descent.head}
    for window in material.descent.windows:
        headers |= {chainproof.parse_header(item.header).number: item.header for item in window.blocks}
    assert set(headers) == set(blocks)
    receipts = [
        {"op": "receipt", "data": packed(written(proof.to_json())), "header": packed(headers[proof.block])}
        for proof in material.receipts
    ]
    words = []
    for name, register in material.registers.items():
        address = bytes.fromhex(dict(story.trust.contracts)[name][2:])
        root = state.storage_root(material.descent.top.state_root, address, register.account, None)
        words += [
            {
                "op": "word", "root": packed(root), "slot": packed(slot.to_bytes(32, "big")),
                "nodes": [packed(node) for node in nodes],
            }
            for slot, nodes in register.words
        ]  # fmt: skip
    return [{"op": "descent", "data": packed(written(material.descent.to_json()))}, *receipts, *words]


def test_headers_receipts_and_registers_are_read_alike(story: SimulatedTask, typescript: Ask) -> None:
    asked = about_chain(story)
    found = typescript(asked)
    assert found == [answer(question) for question in asked]
    assert all("ok" in item for item in found)
    assert {question["op"] for question in asked} == {"descent", "receipt", "word"}
    assert any(item["ok"] != "0x" + "00" * 32 for item in found[-30:])


def test_attack_chain_data_changed_anywhere(story: SimulatedTask, typescript: Ask) -> None:
    """One bit of a descent, of a receipt with its proof and header, or of a word's proof: both say no, or the same."""
    random = Random(11)
    asked = about_chain(story)
    honest: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for question in [asked[0]] * 40 + random.sample(asked[1:], 40):
        bent = dict(question)
        name = random.choice([name for name in question if name not in {"op", "slot"}])
        if isinstance(bent[name], list):
            if not bent[name]:
                continue
            place = random.randrange(len(bent[name]))
            bent[name] = [_flipped(random, item) if at == place else item for at, item in enumerate(bent[name])]
        elif bent["op"] == "descent" or (bent["op"] == "receipt" and name == "data"):
            text = base64.b64decode(bent[name])
            digits = [
                at
                for at, sign in enumerate(text)
                if chr(sign) in "0123456789abcdef" and text[at - 1 : at] not in b'"{,:'
            ]
            place = random.choice(digits)
            other = b"1" if text[place : place + 1] != b"1" else b"2"
            bent[name] = packed(text[:place] + other + text[place + 1 :])
        else:
            bent[name] = _flipped(random, bent[name])
        changed.append(bent)
        honest.append(answer(question))
    found = typescript(changed)
    assert found == [answer(question) for question in changed]
    # a proof says which block it is for, and only who looks for that block's header reads it
    alike = [question for question, item, before in zip(changed, found, honest, strict=True) if item == before]
    assert all(question["op"] == "receipt" for question in alike)
    assert len(alike) < 5


def _flipped(random: Random, text: str) -> str:
    data = bytearray(base64.b64decode(text))
    data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    return packed(bytes(data))
