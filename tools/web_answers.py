"""Python's answers to the questions that TypeScript is asked (``audit_explorer/web/test/answers.ts``): the same operations by name."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from protocol import (
    access,
    ancestry,
    bundle,
    canonical,
    chainproof,
    checkpoint,
    dsse,
    finality,
    merkle,
    offers,
    rlp,
    state,
    statements,
    support,
    trie,
    verify_receipt,
)
from protocol.ancestry import Descent
from protocol.ask import Ask, Ranges
from protocol.consent_table import consent_table
from protocol.contract import TaskContract, task_id_of
from protocol.errors import TallyError
from protocol.fields import Fields
from protocol.programs import Words
from protocol.sentences import authorization_sentence
from protocol.trust import Trust
from protocol.typed import Access, Authorization, Domain, Typed
from protocol.verify import verify
from tools import web_records

Question = Mapping[str, Any]
TYPES: Final[Mapping[str, type[Fields]]] = web_records.collected(web_records.roots())
"""The records that TypeScript knows, by their names there."""


def answer(question: Question) -> dict[str, object]:
    """``{"ok": …}``, or ``{"refused": code}``."""
    try:
        return {"ok": _OPERATIONS[question["op"]](question)}
    except TallyError as error:
        return {"refused": error.code}


def packed(data: bytes) -> str:
    """Bytes inside a question or an answer."""
    return base64.b64encode(data).decode()


def written(value: object) -> bytes:
    """JSON as a careless sender writes it: whatever is in it, halves of surrogate pairs included."""
    return json.dumps(value).encode()


def _data(question: Question, name: str = "data") -> bytes:
    return base64.b64decode(question[name])


def _parsed(question: Question, name: str = "data") -> Any:  # noqa: ANN401 - JSON
    return canonical.parse(_data(question, name))


def _domain(question: Question) -> Domain:
    given = question["domain"]
    return Domain(int(given["chain_id"]), given["contract"], _unhex(given["salt"]))


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _unhex(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _canonical(question: Question) -> object:
    return packed(canonical.dumps(_parsed(question)))


def _record(question: Question) -> object:
    kind = TYPES[question["type"]]
    return packed(canonical.dumps(kind.parse(_parsed(question)).to_json()))


def _typed(question: Question) -> object:
    message = TYPES[question["type"]].parse(_parsed(question))
    assert isinstance(message, Typed)
    document: Any = message.typed_data(_domain(question))
    members = json.dumps(document["types"][type(message).__name__], separators=(",", ":"))
    return {
        "digest": _hex(message.digest(_domain(question))),
        "message": packed(canonical.dumps(message.to_json())),
        "types": members,
    }


def _contract(question: Question) -> object:
    contract = TaskContract.read(_data(question))
    return {
        "digest": _hex(contract.digest()),
        "task": _hex(task_id_of(contract, _domain(question))),
        "participants": list(contract.participants),
    }


def _offer(question: Question) -> object:
    contract = TaskContract.read(_data(question))
    asked = offers.offer(
        contract,
        bytes.fromhex(question["task"][2:]),
        question["data_set"],
        input_root=bytes.fromhex(question["input_root"][2:]),
        programs=bytes.fromhex(question["programs_digest"][2:]),
        not_before=int(question["not_before"]),
        attempt=int(question["attempt"]),
    )
    single = offers.opted_in(*asked, question["per_person"])
    wide = offers.standing(
        *single,
        uses=int(question["uses"]),
        not_after=int(question["not_after"]),
        tasks_per_day=int(question["tasks_per_day"]),
        nonce=int(question["nonce"]),
        ranges=Ranges.parse(_parsed(question, "ranges"), "ranges"),
        approved_successors=question["approved_successors"],
    )
    return [
        {"digest": _hex(message.digest(_domain(question))), "ask": _hex(ask.digest())}
        for message, ask in (asked, single, wide)
    ]


def _check_offer(question: Question) -> object:
    contract = TaskContract.read(_data(question))
    message = Authorization.parse(_parsed(question, "message"))
    offers.check_offer(message, _data(question, "ask"), contract, bytes.fromhex(question["task"][2:]))
    return True


def _consent(question: Question) -> object:
    message = Authorization.parse(_parsed(question, "message"))
    ask = Ask.read(_data(question, "ask"))
    sentence = authorization_sentence(message, ask, question["owner"])
    table = consent_table(
        message, ask, question["owner"], {name: support.WORDS[kind] for name, kind in question["supports"].items()}
    )
    lines = [[line.about.english, line.about.chinese, line.said.english, line.said.chinese] for line in table]
    return [sentence.english, sentence.chinese, *lines]


def _root(question: Question) -> object:
    return _hex(merkle.root_of([merkle.leaf_hash(base64.b64decode(leaf)) for leaf in question["leaves"]]))


def _inclusion(question: Question) -> object:
    proof = [_unhex(item) for item in question["proof"]]
    leaf, root = _unhex(question["leaf"]), _unhex(question["root"])
    merkle.verify_inclusion(leaf, int(question["index"]), int(question["size"]), proof, root)
    return True


def _consistency(question: Question) -> object:
    proof = [_unhex(item) for item in question["proof"]]
    old, new = int(question["old_size"]), int(question["new_size"])
    merkle.verify_consistency(old, _unhex(question["old_root"]), new, _unhex(question["new_root"]), proof)
    return True


def _envelope(question: Question) -> object:
    return packed(dsse.open_envelope(_data(question), _data(question, "key")))


def _statement(question: Question) -> object:
    found = statements.parse(_data(question))
    return [statements.predicate_type(type(found)), packed(canonical.dumps(found.to_json()))]


def _checkpoint(question: Question) -> object:
    found = checkpoint.open_checkpoint(_data(question), _origin(question), _data(question, "key"))
    note, witness = checkpoint.parse(_data(question)), question["witness"]
    time = checkpoint.verify_cosignature(note, witness, _data(question, "witness_key")) if witness else 0
    return [str(found.size), _hex(found.root), str(time)]


def _ed25519(question: Question) -> object:
    dsse.verify_ed25519(_data(question, "key"), _data(question, "signature"), _data(question, "message"))
    return True


def _rlp(question: Question) -> object:
    return packed(rlp.encode(rlp.decode(_data(question))))


def _trie(question: Question) -> object:
    nodes = [base64.b64decode(node) for node in question["nodes"]]
    found = trie.lookup(_data(question, "root"), _data(question, "key"), nodes)
    return None if found is None else packed(found)


def _account(question: Question) -> object:
    nodes = [base64.b64decode(node) for node in question["nodes"]]
    code = _data(question, "code") if question["code"] else None
    return packed(state.storage_root(_data(question, "root"), _data(question, "address"), nodes, code))


def _descent(question: Question) -> object:
    blocks = Descent.parse(_parsed(question)).verify()
    return [[_hex(block.hash), str(block.number), str(block.timestamp)] for block in blocks]


def _receipt(question: Question) -> object:
    proof = bundle.ReceiptProof.parse(_parsed(question))
    header = chainproof.parse_header(_data(question, "header"))
    found = chainproof.verify_receipt(header, proof.index, proof.receipt, proof.nodes)
    logs = [[_hex(log.address), [_hex(topic) for topic in log.topics], packed(log.data)] for log in found.logs]
    return [_hex(header.hash), found.kind, found.succeeded, *logs]


def _header(question: Question) -> object:
    found = chainproof.parse_header(_data(question))
    numbers = (str(found.number), str(found.timestamp))
    return [_hex(found.hash), _hex(found.parent), *numbers, _hex(found.state_root), _hex(found.receipts_root)]


def _word(question: Question) -> object:
    nodes = [base64.b64decode(node) for node in question["nodes"]]
    return _hex(state.word(_data(question, "root"), int.from_bytes(_data(question, "slot"), "big"), nodes))


def _bundle(question: Question) -> object:
    found = bundle.read(_data(question))
    return [
        _hex(found.task),
        _hex(TaskContract.read(found.contract).digest()),
        *(item.message.data_set for item in found.authorizations),
        *(item.party for item in found.logs),
        [len(found.receipts), len(found.seals), len(found.successions), len(found.descent.windows)],
        sorted(found.registers),
    ]


def _finality(question: Question) -> object:
    headers = [base64.b64decode(header) for header in question["headers"]]
    head = chainproof.parse_header(headers[-1] if headers else b"")
    return finality.verify(headers, head, _unhex(question["genesis"]))


def _verify(question: Question) -> object:
    trust = Trust.read(_data(question, "trust")) if question["trust"] else None
    path = ancestry.read_path(_data(question, "path")) if question["path"] else None
    found = verify(_data(question), trust, path=path)
    said = found.verdict
    return [
        None if found.task is None else _hex(found.task),
        found.state,
        [said.english, said.chinese],
        *([step.outcome, *map(_shortened, (step.detail.english, step.detail.chinese))] for step in found.steps),
    ]


class _Given:
    """A reader's facts as a question has them: keys, and an anchored root with the time of its block ("" for none)."""

    source = Words("the question", "问题")

    def __init__(self, question: Question) -> None:
        self._question = question

    def node_keys(self, party: str) -> tuple[bytes, ...]:
        del party
        return tuple(base64.b64decode(key) for key in self._question["keys"])

    def anchored(
        self, origin: checkpoint.Origin, size: int, after: int, until: int
    ) -> verify_receipt.AnchoredHead | None:
        del origin, size, after, until
        root, time = self._question["root"], self._question["time"]
        return verify_receipt.AnchoredHead(_unhex(root), int(time) if time else None) if root else None


def _answer(question: Question) -> object:
    found = verify_receipt.verify(_data(question, "receipt"), _data(question, "proof"), _Given(question))
    return [[step.outcome, *map(_shortened, (step.detail.english, step.detail.chinese))] for step in found.steps]


def _shortened(said: str) -> str:
    """Of a refusal its code: sentences about malformed bytes are each reader's own."""
    code = re.search(r"\[[a-z][a-z0-9_.]*\]$", said)
    return said if code is None else code[0]


def _origin(question: Question) -> checkpoint.Origin:
    given = question["origin"]
    deployment = _unhex(given["deployment"])
    return checkpoint.Origin(deployment, int(given["chain_id"]), given["party"], int(given["epoch"]))


def _review(question: Question) -> object:
    """What the page must arrive at from the coordinator's honest answers: digest and sentence of what the contract needs."""
    contract = TaskContract.read(base64.b64decode(question["status"]["contract"]))
    message = Authorization.parse(question["request"]["typed_data"]["message"])
    ask = Ask.read(base64.b64decode(question["request"]["policy"]))
    domains = {
        name: Domain(1, address, _unhex(question["deployment_id"])) for name, address in question["contracts"].items()
    }
    offers.check_offer(message, ask.data(), contract, task_id_of(contract, domains["Tasks"]))
    sentence = authorization_sentence(message, ask, question["request"]["owner"])
    return [_hex(message.digest(domains["Consents"])), sentence.english, sentence.chinese]


def _access(question: Question) -> object:
    message = Access.parse(_parsed(question))
    return [access.header(message, _unhex(question["signature"])), access.resource_of(question["path"])]


def _ask(question: Question) -> object:
    return _hex(Ask.read(_data(question)).digest())


_OPERATIONS: Final[Mapping[str, Callable[[Question], object]]] = {
    "canonical": _canonical, "record": _record, "typed": _typed, "contract": _contract, "offer": _offer,
    "check_offer": _check_offer, "ask": _ask,
    "consent": _consent, "root": _root, "inclusion": _inclusion, "consistency": _consistency, "envelope": _envelope,
    "statement": _statement, "checkpoint": _checkpoint, "ed25519": _ed25519, "access": _access, "review": _review, "rlp": _rlp, "trie": _trie,
    "account": _account, "bundle": _bundle, "header": _header, "descent": _descent, "receipt": _receipt, "word": _word, "finality": _finality, "verify": _verify,
    "answer": _answer,
}  # fmt: skip
