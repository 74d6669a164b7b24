"""Questions about made-up records, for Python and TypeScript alike: by what a seed draws, well-formed records and spoilt ones."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_hash.auto import keccak
from trie.hexary import HexaryTrie

from protocol import canonical, checkpoint, dsse, merkle, messages, offers, qbft, rlp, sessions, statements, typed
from protocol.api import AuthorizationRequest, ConsentWords
from protocol.ask import NOTHING_VARIES, Ask
from protocol.contract import TaskContract, task_id_of
from protocol.errors import TallyError
from protocol.fields import fields_of
from protocol.sentences import authorization_sentence
from protocol.support import WORDS as SUPPORTS
from protocol.typed import Access, Authorization
from tools import web_records
from tools.web_answers import TYPES, packed, written
from tools.web_samples import BAD_TEXTS, GOOD_TEXTS, Maker

Question = dict[str, Any]
BROKEN: Final = (
    b"", b" ", b"nul", b"01", b"1.", b"1.0", b"1e3", b"-", b"-0", b"[1,]", b'{"a":1,"a":2}', b'{"a":1', b'"\\x"', b'"\\ud800"', b'"\x01"',
    b"NaN", b"-Infinity", b"\xef\xbb\xbf1", b"\xff", b"\xed\xa0\x80", b"[" * 33 + b"]" * 33, b"[" * 32 + b"]" * 32, b"9007199254740991",
    b"9007199254740992", b"1 2", b"{1:2}", b"'a'", b'{"a" 1}', b'["\\u12g4"]', b"\x0b1", b'{"b":1,"a":{"b":2,"a":[]}}', b'"\\/\\b\\f\\n\\r\\t\\""',
    b'"\xf0\x9f\x98\x80"', b'"\\ud83d\\ude00"', '{"\uff61":1,"\U0001f600":2}'.encode(), b'{"__proto__":1}', b"1" * 4301, b"tru", b"truex", b'{"\\udc00x":-9007199254740992}',
)  # fmt: skip
"""Byte strings between which JSON readers differ."""


def domain(make: Maker) -> dict[str, str]:
    """A contract's EIP-712 domain."""
    return {
        "chain_id": str(make.integer(1, 2**64)),
        "contract": f"0x{make.digits(40)}",
        "salt": f"0x{make.digits(64)}",
    }


def about_canonical(make: Maker) -> Question:
    """Any JSON."""
    made: object = {make.pick(GOOD_TEXTS): make.pick([make.ask(), list(GOOD_TEXTS), -5]), "z": make.below(2**50)}
    spoilt: object = {make.pick([*GOOD_TEXTS, *BAD_TEXTS]): make.spoilt(make.pick(BAD_TEXTS))}
    return {"op": "canonical", "data": packed(make.pick([written(made), written(spoilt), make.pick(BROKEN)]))}


def about_record(make: Maker, name: str) -> Question:
    """A record of one type: well formed, or spoilt."""
    lawless = TYPES[name] is TaskContract and make.below(2)
    value: object = make.lawless() if lawless else make.of(TYPES[name])
    for _ in range(make.pick([0] if lawless else [0, 1, 1, 2])):
        value = make.spoilt(value)
    return {"op": "record", "type": name, "data": packed(written(value))}


def about_typed(make: Maker, name: str) -> Question:
    """A message that is signed."""
    return {
        "op": "typed",
        "type": name,
        "data": packed(written(make.of(TYPES[name]))),
        "domain": domain(make),
    }


def about_contract(make: Maker) -> Question:
    """What follows from a contract; now and then of bytes that are not its canonical ones."""
    data = canonical.dumps(TaskContract.parse(make.contract()).to_json())
    loose = json.dumps(json.loads(data), indent=1).encode()
    return {"op": "contract", "data": packed(make.pick([data, data, loose])), "domain": domain(make)}


def about_offer(make: Maker) -> Question:
    """The offer for one data set of a contract; what it has may vary now and then, when it is widened."""
    held = Ask.parse(make.ask())
    plain = TaskContract.parse(make.contract())
    contract, ranges = make.pick([(plain, NOTHING_VARIES), (held.contract, held.ranges)])
    sources = [output.source for output in contract.outputs]
    return {
        "op": "offer",
        "data": packed(contract.data()),
        "task": f"0x{make.digits(64)}",
        "data_set": held.data_set if contract is held.contract else make.pick(contract.inputs).data_set,
        "input_root": f"0x{make.digits(64)}",
        "programs_digest": f"0x{make.digits(64)}",
        "not_before": str(make.integer(0, 2**62)),
        "attempt": str(make.below(9)),
        "per_person": [name for name in [*sources, "s9.x"] if not make.below(4)],
        "uses": str(make.integer(1, 2**32 - 1)),
        "not_after": str(make.integer(0, 2**62)),
        "tasks_per_day": str(make.integer(1, 1_000_000)),
        "nonce": str(make.integer(0, 2**256 - 1)),
        "ranges": packed(written(ranges.to_json())),
        "approved_successors": bool(make.below(2)),
        "domain": domain(make),
    }


def about_check_offer(make: Maker) -> Question:
    """An offer as the coordinator sends it: honest, or with one thing changed."""
    contract = TaskContract.parse(make.contract())
    task, root, digest = (bytes.fromhex(make.digits(64)) for _ in range(3))
    data_set = make.pick(contract.inputs).data_set
    message, ask = offers.offer(
        contract, task, data_set, input_root=root, programs=digest, not_before=5, attempt=make.below(2)
    )
    given = message.to_json()
    if make.below(3):
        field = make.pick(fields_of(Authorization))
        given[field.name] = make.pick([make.value(field.codec), *([data_set] if field.name == "dataSet" else [])])
    said = ask.data() if make.below(4) else Ask.parse(make.ask()).data()
    return {
        "op": "check_offer", "data": packed(contract.data()), "message": packed(written(given)), "ask": packed(said),
        "task": f"0x{task.hex()}",
    }  # fmt: skip


def about_consent(make: Maker) -> Question:
    """What an owner is shown: the words follow from message and ask, whatever is in them."""
    ask = make.ask()
    zero = "0x" + "00" * 32
    message = make.of(Authorization) | {
        "task": make.pick([zero, f"0x{make.digits(64)}"]),
        "impactAssessment": make.pick([zero, f"0x{make.digits(64)}"]),
        "computeParties": make.pick([ask["terms"]["committee"], ["a", "b", "c", "d", "e"], ["a", "b"]]),
        "maxUses": make.pick([1, 2, 2**32 - 1]),
        "notBefore": str(make.pick([0, 59, 60, 1_780_000_000, 253_402_300_799, 253_402_300_800, 2**64 - 1])),
        "epsilonMicros": str(make.pick([0, 1, 250_000, 1_000_005, 100_000_500_000, 999_999_500_000, 10**12, 2**64 - 1, make.below(2**63)])),
    }  # fmt: skip
    supports = {output["from"]: make.pick(list(SUPPORTS)) for output in ask["terms"]["outputs"] if make.below(2)}
    return {
        "op": "consent", "message": packed(written(message)), "ask": packed(canonical.dumps(ask)), "owner": "party-1",
        "supports": supports,
    }  # fmt: skip


def about_ask(make: Maker) -> Question:
    """An ask's canonical bytes, or those of a spoilt one where these have a canonical form."""
    value: object = make.boundless() if make.below(3) == 1 else make.ask()
    if not make.below(3):
        value = make.spoilt(value)
    try:
        data = canonical.dumps(value)
    except TallyError:
        data = canonical.dumps(make.ask())
    return {"op": "ask", "data": packed(data)}


def about_log(make: Maker) -> Iterator[Question]:
    """Roots and proofs of a log of up to seventy entries: honest ones, and ones with something changed."""
    data = [make.digits(make.below(9)).encode() for _ in range(make.below(70))]
    yield {"op": "root", "leaves": [packed(item) for item in data]}
    tree = merkle.MerkleTree(merkle.leaf_hash(item) for item in data)
    old, new = sorted((make.below(len(data) + 1), make.below(len(data) + 1)))
    roots = [f"0x{tree.root(size).hex()}" for size in (old, new)]
    proof = [f"0x{item.hex()}" for item in tree.consistency_proof(old, new)]
    honest: dict[str, str | list[str]] = {
        "op": "consistency", "old_size": str(old), "old_root": roots[0], "new_size": str(new), "new_root": roots[1],
        "proof": proof,
    }  # fmt: skip
    yield honest
    yield honest | make.pick(
        (
            {"old_size": str(new + 1)}, {"new_size": str(2**64)}, {"old_root": roots[1]}, {"new_root": roots[0]},
            {"proof": _bent(make, proof)},
        )
    )  # fmt: skip
    if new:
        index = make.below(new)
        proof = _bent(make, [f"0x{item.hex()}" for item in tree.inclusion_proof(index, new)])
        leaf = f"0x{tree.leaf(make.pick([index, index, 0])).hex()}"
        yield {
            "op": "inclusion", "leaf": leaf, "index": str(make.pick([index, index, index, new])), "size": str(new),
            "proof": proof, "root": roots[1],
        }  # fmt: skip


def _bent(make: Maker, proof: list[str]) -> list[str]:
    match make.below(5):
        case 0:
            return [*proof, f"0x{make.digits(64)}"]
        case 1:
            return proof[:-1]
        case 2:
            return [*proof[1:], *proof[:1]]
        case _:
            return proof


def signer_of(make: Maker) -> tuple[bytes, Callable[[bytes], bytes]]:
    """A node's Ed25519 key: public part, and what signs."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(make.digits(64)))
    return key.public_key().public_bytes_raw(), key.sign


def about_statement(make: Maker, kind: type[statements.Statement]) -> Iterator[Question]:
    """A statement as it is logged, bare and in its envelope; honest, or changed somewhere."""
    value = make.of(kind)
    if kind.RUN_KNOWN:
        value["run"] = f"0x{make.digits(64)}"
    data = statements.serialise(kind.parse(value))
    key, sign = signer_of(make)
    yield {"op": "envelope", "data": packed(make.flipped(dsse.sign(data, key, sign))), "key": packed(key)}
    if not make.below(2):
        bent = make.spoilt(json.loads(data))
        try:
            data = canonical.dumps(bent)
        except TallyError:
            data = written(bent)
    yield {"op": "statement", "data": packed(data)}


def about_checkpoint(make: Maker) -> Question:
    """A log's signed checkpoint with a witness's cosignature: honest, or changed somewhere."""
    key, sign = signer_of(make)
    witness_key, cosign = signer_of(make)
    deployment, party = bytes.fromhex(make.digits(64)), f"party-{make.digits(3)}"
    origin = checkpoint.Origin(deployment, make.integer(0, 2**256 - 1), party, make.integer(0, 2**64 - 1))
    log = checkpoint.Checkpoint(origin, make.integer(0, 2**64 - 1), bytes.fromhex(make.digits(64)))
    data, witness = checkpoint.sign(log, key, sign), make.pick(["", "witness.example/a", "见证", "w\ufeff"])
    if witness:
        note = checkpoint.cosign(checkpoint.parse(data), witness, witness_key, cosign, make.below(2**40))
        data = note.data()
    bent = make.pick(
        [
            data,
            data,
            make.flipped(data),
            data.replace(b"\n\n", b"\nmore\n\n"),
            data + b"\n",
            data.replace(b" ", b"\xc2\x85", 1),
        ]
    )
    other = make.below(2**60)
    return {
        "op": "checkpoint", "data": packed(bent), "key": packed(make.pick([key, key, key, witness_key])), "witness": witness,
        "witness_key": packed(witness_key),
        "origin": {
            "deployment": f"0x{deployment.hex()}", "chain_id": str(origin.chain_id), "party": party,
            "epoch": str(make.pick([origin.epoch, origin.epoch, other])),
        },
    }  # fmt: skip


def about_answer(make: Maker) -> Question:
    """A receipt of one of a session's answers with its proof, as a holder gives it out: honest, or with one thing changed."""
    key, sign = signer_of(make)
    other, _ = signer_of(make)
    begins, count, first = make.below(2**32), 1 + make.below(30), make.pick([1, 2 + make.below(500)])
    at, party, delay = first + make.below(count), f"party-{make.digits(3)}", 300 + make.below(9000)
    terms = sessions.SessionTerms(
        party, "lookup", "blacklist", f"list-{make.digits(32)}", (sessions.SessionAsker("shop", 1, 1 + make.below(9)),), "why", "评估",
        begins, begins + 86_400, 60, delay, bytes.fromhex(make.digits(64)),
    )  # fmt: skip
    session, hashed = terms.digest(), bytes.fromhex(make.digits(64))

    def receipt(answered: int) -> sessions.AnswerReceipt:
        return sessions.AnswerReceipt(
            party, session, answered, "shop", answered, begins + answered, hashed, hashed, hashed
        )

    tree = merkle.MerkleTree(receipt(answered).leaf() for answered in range(first, first + count))
    number, previous = (1, None) if first == 1 else (2, hashed)
    batch = sessions.ReceiptBatch(session, party, number, first, first + count - 1, tree.root(), previous, begins + 900)
    entries = [make.digits(9).encode() for _ in range(make.below(9))]
    place = make.below(len(entries) + 1)
    entries.insert(place, dsse.sign(batch.serialise(), key, sign))
    log = merkle.MerkleTree(merkle.leaf_hash(entry) for entry in entries)
    origin = checkpoint.Origin(bytes.fromhex(make.digits(64)), 1, party, 0)
    note = checkpoint.sign(checkpoint.Checkpoint(origin, len(entries), log.root()), key, sign).decode()
    shown = messages.EntryProof(place, entries[place], log.inclusion_proof(place))
    proof: Any = sessions.AnswerProof(terms, shown, tree.inclusion_proof(at - first), note).to_json()
    held = receipt(at)
    bent: dict[str, Any] = make.pick(
        (
            {}, {"path": _bent(make, proof["path"])}, {"batch": {**proof["batch"], "index": make.below(12)}},
            {"batch": {**proof["batch"], "proof": _bent(make, proof["batch"]["proof"])}},
            {"terms": {**proof["terms"], "delay": delay + 1}}, {"checkpoint": note.replace(f"\n{len(entries)}\n", "\n99\n")},
            {"checkpoint": note.replace(party, f"{party}x")}, {"more": 1},
        )
    )  # fmt: skip
    spoilt = make.pick(
        (
            held, held, replace(held, answered=at + 1), replace(held, time=begins + 86_400), replace(held, asker="stranger"),
            replace(held, session=hashed), replace(held, party="other"),
        )
    )  # fmt: skip
    what = make.pick(("nothing", "proof", "proof", "receipt", "envelope", "keys", "chain"))
    signed = dsse.sign((spoilt if what == "receipt" else held).data(), key, sign, sessions.RECEIPT_TYPE)
    shown_proof = (
        make.pick([canonical.dumps({**proof, **bent})] * 3 + [b"{}"]) if what == "proof" else canonical.dumps(proof)
    )
    roots, times = (
        [f"0x{make.digits(64)}", "", f"0x{log.root().hex()}"],
        [str(held.time + delay + 301), str(held.time - 301), ""],
    )
    keys = [packed(other), packed(key)]
    return {
        "op": "answer",
        "receipt": packed(make.flipped(signed) if what == "envelope" else signed),
        "proof": packed(shown_proof),
        "keys": make.pick([keys[:1], []]) if what == "keys" else keys,
        "root": make.pick(roots) if what == "chain" else roots[2],
        "time": make.pick(times) if what == "chain" else str(held.time + delay),
    }


def about_review(make: Maker) -> Question:
    """A coordinator's honest answers about one authorization of a task, as the API gives them."""
    contract = TaskContract.parse(make.contract())
    contracts = {name: f"0x{make.digits(40)}" for name in ("Consents", "Tasks")}
    deployment, root, programs = (bytes.fromhex(make.digits(64)) for _ in range(3))
    tasks, consents = (typed.Domain(1, contracts[name], deployment) for name in ("Tasks", "Consents"))
    task = task_id_of(contract, tasks)
    item = make.pick(contract.inputs)
    message, ask = offers.offer(
        contract, task, item.data_set, input_root=root, programs=programs, not_before=make.below(2**40)
    )
    words = authorization_sentence(message, ask, item.owner)
    request = AuthorizationRequest(
        message.digest(consents), item.owner, item.data_set, "asked", ConsentWords(words.english, words.chinese),
        message.typed_data(consents), ask.data(),
    )  # fmt: skip
    status = {
        "id": f"task_{task.hex()}",
        "contract": packed(contract.data()),
        "contract_digest": f"0x{contract.digest().hex()}",
    }
    return {
        "op": "review", "status": status, "request": request.to_json(), "contracts": contracts,
        "deployment_id": f"0x{deployment.hex()}",
    }  # fmt: skip


def about_access(make: Maker) -> Question:
    """A read token."""
    paths = (
        "/v1/tasks/task_ab/evidence",
        "/v1/tasks",
        "/v1/data-sets/a-0f",
        "/v1/",
        "",
        "/v1/receipts",
        "/v1/tasks/task_ab/",
    )
    return {
        "op": "access", "data": packed(written(make.of(Access))), "signature": f"0x{make.digits(130)}", "path": make.pick(paths),
    }  # fmt: skip


def about_rlp(make: Maker) -> Question:
    """RLP: of made-up items, changed somewhere, or any bytes."""

    def item(depth: int) -> Any:  # noqa: ANN401 - nested lists
        if depth and make.below(2):
            return [item(depth - 1) for _ in range(make.below(4))]
        return bytes(make.below(256) for _ in range(make.pick([0, 1, 1, 2, 55, 56, 300])))

    deep: Any = b""
    for _ in range(make.pick([7, 8, 9, 10])):
        deep = [deep]
    data = rlp.encode(make.pick([item(3), item(3), deep]))
    loose = bytes.fromhex(
        make.pick(
            ["", "8101", "b800", "b90001ff", "c0c0", "f83700", "b838", "bfffffffffffffffff", "ffffffffffffffffff"]
        )
    )
    return {"op": "rlp", "data": packed(make.pick([make.flipped(data), data[:-1], data + b"\0", loose]))}


def about_header(make: Maker) -> Question:
    """A header of some fork, of QBFT or not, changed somewhere or not."""

    def some(size: int) -> bytes:
        return bytes.fromhex(make.digits(2 * size))

    def number(bits: int) -> bytes:
        value = make.integer(0, 2 ** make.below(bits) - 1)
        return value.to_bytes((value.bit_length() + 7) // 8, "big")

    sizes = {0: 32, 1: 32, 2: 20, 3: 32, 4: 32, 5: 32, 6: 256, 13: 32, 14: 8, 16: 32, 19: 32, 20: 32}
    count = make.pick([15, 16, 17, 20, 21, 21, 14, 22])
    fields: list[Any] = [some(sizes[place]) if place in sizes else number(64) for place in range(count)]
    fields[12] = some(make.below(40))
    if count > 13 and make.below(2):
        fields[13] = qbft.MIX_HASH
        validators, seals = [some(20) for _ in range(make.below(5))], [some(65) for _ in range(make.below(4))]
        extra: list[Any] = [some(32), validators, [], number(32), seals]
        if not make.below(4):
            extra[make.below(5)] = make.pick([b"", [], some(5), [some(2)]])
        fields[12] = rlp.encode(extra)
    data = rlp.encode(fields)
    return {"op": "header", "data": packed(make.pick([data, data, data, make.flipped(data)]))}


def about_trie(make: Maker) -> Iterator[Question]:
    """Proofs of presence and absence in a made-up trie, as a node gives them, or changed somewhere."""
    held = {
        bytes.fromhex(make.digits(make.pick([2, 4, 6]))): bytes.fromhex(make.digits(2 * (1 + make.below(50))))
        for _ in range(make.below(30))
    }
    made = HexaryTrie({})
    for name, value in held.items():
        made[name] = value
    for _ in range(2):
        name = make.pick([*held, bytes.fromhex(make.digits(4)), b""])
        nodes = [rlp.encode(node) for node in made.get_proof(name)] if held else []
        bent = make.pick(
            [nodes, nodes, nodes, nodes[:-1], [*nodes, b"\x80"], [make.flipped(node) for node in nodes], nodes[::-1]]
        )
        yield {
            "op": "trie",
            "root": packed(made.root_hash),
            "key": packed(name),
            "nodes": [packed(node) for node in bent],
        }
    address, code, storage = (bytes.fromhex(make.digits(size)) for size in (40, 64, 64))
    account = rlp.encode([b"\1", make.pick([b"", b"\5", b"\0"]), storage, code])
    accounts = HexaryTrie({})
    accounts[keccak(address)] = account
    accounts[keccak(b"other")] = account
    given = make.pick([address, address, address, storage[:20]])
    yield {
        "op": "account", "root": packed(accounts.root_hash), "address": packed(given), "code": packed(make.pick([code, code, b"", storage])),
        "nodes": [packed(rlp.encode(node)) for node in accounts.get_proof(keccak(given))],
    }  # fmt: skip


ODD_POINTS: Final = tuple(
    bytes.fromhex(text)
    for text in (
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    )
)
"""Points of small order, and the spellings of zero and one that are not canonical: implementations differ over them."""
_ORDER: Final = 2**252 + 27742317777372353535851937790883648493


def about_ed25519() -> Iterator[Question]:
    """Signatures at the edges of RFC 8032: points of small order, S not below the group's order."""
    for key in ODD_POINTS:
        for point in ODD_POINTS:
            signature = point + bytes(32)
            yield {"op": "ed25519", "key": packed(key), "signature": packed(signature), "message": packed(b"message")}
    private = Ed25519PrivateKey.from_private_bytes(bytes(31) + b"\1")
    key, good = private.public_key().public_bytes_raw(), private.sign(b"message")
    high = good[:32] + (int.from_bytes(good[32:], "little") + _ORDER).to_bytes(32, "little")
    for signature in (good, high, good[:63], good + b"\0", b""):
        yield {"op": "ed25519", "key": packed(key), "signature": packed(signature), "message": packed(b"message")}
    yield {"op": "ed25519", "key": packed(key[:31]), "signature": packed(good), "message": packed(b"message")}


LATER: Final = ("SignIn", "AnswerReceipt", "ReceiptBatch", "SessionAsker", "SessionTerms", "AnswerProof")
"""Records that joined when there were vectors: drawn last, so that the vectors before them stay."""


def questions(make: Maker) -> Iterator[Question]:
    """One question of every kind, about every record and every signed message."""
    yield about_canonical(make)
    for name in TYPES:
        if name not in LATER:
            yield about_record(make, name)
    for kind in web_records.signed():
        yield about_typed(make, kind.__name__)
    for _ in range(4):
        yield about_record(make, "TaskContract")
        yield about_record(make, "Ask")
        yield about_record(make, "Enrolment")
        yield about_ask(make)
    yield about_contract(make)
    yield about_offer(make)
    yield about_check_offer(make)
    for _ in range(3):
        yield about_consent(make)
    yield from about_log(make)
    for kind in statements.READ:
        yield from about_statement(make, kind)
    yield about_checkpoint(make)
    for _ in range(4):
        yield about_rlp(make)
        yield about_header(make)
        yield from about_trie(make)
    yield about_access(make)
    yield about_review(make)
    for name in LATER:
        yield about_record(make, name)
    for _ in range(4):
        yield about_answer(make)


def fixed() -> Iterator[Question]:
    """Those that do not depend on what is drawn."""
    yield from about_ed25519()
    for data in BROKEN:
        yield {"op": "canonical", "data": packed(data)}
    for text in (*GOOD_TEXTS, *BAD_TEXTS):
        yield {
            "op": "record",
            "type": "RowFilter",
            "data": packed(written({"column": "a", "operator": "eq", "value": text})),
        }
