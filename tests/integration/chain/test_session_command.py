"""A holder opens a session, an asker asks in it and checks the receipts: by their commands, as processes, on a real chain."""

import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from typer.testing import CliRunner

from chain.anvil import Anvil, AnvilOptions, anvil_binary
from chain.ports import free_port
from cli.main import app
from lookup import oprf
from protocol import dsse
from protocol.errors import RefusedError, VerificationError
from protocol.lookup import Question, oprf_input
from protocol.sessions import RECEIPT_TYPE, receipt_of
from tests.integration.chain.test_acts import Consortium, Silent
from tests.patience import until
from tests.unit.workers.lookup.bank import SCHEMA
from workers import enrol
from workers.anchoring import Anchoring
from workers.lookup.asking import read_holders
from workers.lookup.desk import open_lookup, read_toml
from workers.node import Node, load_settings, open_desk, open_node
from workers.sessions.ledger import Ledger
from workers.sessions.stating import Stating
from workers.sources.schema import Schema

HOLDER, ASKER = "hospital", "laboratory"
LISTED = {"A001": "overdue", "A002": "fraud"}


class Parties(Consortium):
    """A holder with a registered list and its mirror, and an asker, both admitted with their nodes."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, url)
        self.reference = self.listed()
        self.lookup("make", "blacklist", "--data-set", self.reference, "--label", "reason")
        _, self.holder_keys = load_settings(self.nodes[HOLDER])
        self.terms = folder / "terms.toml"
        self.holders = folder / "holders.toml"
        self.write_terms()

    def write_terms(self, asker: str = ASKER, service: str = "lookup") -> None:
        self.terms.write_text(
            f'service = "{service}"\nlist = "blacklist"\npurpose = "screening"\nlegal_basis = "contract"\nhours = 24\nidle_minutes = 60\n'
            f'delay_minutes = 10\n[[asker]]\nparty = "{asker}"\nper_minute = 60\nuses = 1000\n'
        )

    def listed(self) -> str:
        path = self.folder / "list.csv"
        path.write_text("person,reason\n" + "".join(f"{person},{reason}\n" for person, reason in LISTED.items()))
        with open_desk(self.nodes[HOLDER]) as desk:
            desk.coordinator = Silent()  # type: ignore[assignment]
            stored = enrol.add_data_set(desk, path, Schema.parse(SCHEMA), "blacklist", "contract")
            enrol.register(desk, stored, self.signer(HOLDER))
        return stored.data_set

    def lookup(self, *words: object, party: str = HOLDER, **options: Any) -> str:
        return self.run("lookup", *map(str, words), "--state", str(self.nodes[party]), **options)

    def lookup_check(self, *receipts: Path) -> str:
        return self.run("lookup", "check", *map(str, receipts), "--key", f"0x{self.holder_keys.node_public.hex()}")

    def session(self, *words: object, party: str | None = HOLDER, **options: Any) -> str:
        state = () if party is None else ("--state", str(self.nodes[party]))
        return self.run("session", *map(str, words), *state, **options)

    def start(self) -> str:
        return self.session("start", self.terms, "--yes").splitlines()[-1]

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        """`tally lookup serve` as a process of its own."""
        words = ["lookup", "serve", "--state", str(self.nodes[HOLDER])]
        log = self.folder / "serve.log"
        with (
            log.open("w") as out,
            subprocess.Popen(
                [sys.executable, "-c", "from cli.main import main; main()", *words],
                stdout=out,
                stderr=subprocess.STDOUT,
            ) as process,
        ):
            try:
                until(
                    60, "the port that it serves at",
                    lambda: process.poll() is not None or re.search(r"127\.0\.0\.1:\d+", log.read_text()), detail=log.read_text,
                )  # fmt: skip
                found = re.search(r"127\.0\.0\.1:(\d+)", log.read_text())
                assert found is not None, log.read_text()
                self.holders.write_text(
                    f'[[holder]]\nparty = "{HOLDER}"\nkey = "0x{self.holder_keys.node_public.hex()}"\nhost = "127.0.0.1"\n'
                    f'port = {found[1]}\nlist = "blacklist"\n'
                )
                yield process
            finally:
                process.kill()


@contextmanager
def running(parties: Parties) -> Iterator[Node]:
    """The holder's node as far as this needs it: the one writer of its log, which it anchors itself since no coordinator relays."""
    ended = threading.Event()
    with open_node(parties.nodes[HOLDER]) as node:
        node.config = replace(node.config, relay_wait=0)
        anchoring = Anchoring(node)
        stating = Stating(node, anchoring)

        def loop() -> None:
            while not ended.wait(0.1):
                stating.tick()
                anchoring.tick()

        thread = threading.Thread(target=loop)
        thread.start()
        try:
            yield node
        finally:
            ended.set()
            thread.join()
            stating.close()


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parties]:
    anvil_binary()
    # a chain of today: anchors are compared with the time of answers
    options = AnvilOptions(chain_id=31_337_001, genesis_time=int(time.time()), port=free_port())
    node = Anvil(tmp_path_factory.mktemp("chain") / "anvil", options)
    node.start()
    try:
        yield Parties(tmp_path_factory.mktemp("consortium"), node.url)
    finally:
        node.stop()


def test_what_could_never_be_asked_is_refused_and_who_says_no_has_done_nothing(parties: Parties) -> None:
    try:
        parties.write_terms(asker="stranger")
        with pytest.raises(RefusedError, match=r"session\.unknown_party"):
            parties.start()
        parties.write_terms(service="score")
        with pytest.raises(RefusedError, match=r"session\.service"):
            parties.start()
    finally:
        parties.write_terms()
    shown = parties.session("start", parties.terms, answer="n\n", status=1)
    assert "laboratory (60 ids a minute, 1000 in all)" in shown
    assert "什么也没有做" in shown
    assert parties.session("list") == ""


@pytest.mark.slow
def test_a_session_from_its_terms_to_the_proof_of_an_answer(parties: Parties, tmp_path: Path) -> None:
    receipts, proofs = tmp_path / "receipts", tmp_path / "proofs"
    asking = ("--holders", parties.holders)
    chain = ("--rpc", parties.url, "--deployment", parties.file)

    def asked(*ids: str) -> Path:
        told = parties.lookup("ask", *ids, *asking, "--receipts", receipts, party=ASKER)
        assert [word for word in ("A001: listed 已列入 overdue", "A777: not listed 未列入") if word not in told] == []
        return Path(told.splitlines()[-1])

    session = parties.start()
    with parties.serving() as first:
        said = parties.lookup("fetch", *asking, party=ASKER)
        assert session in said
        assert "hospital answers whether ids are on its list blacklist" in said
        one = asked("A001", "A777")
        question, before = raw(parties, number=500)
        first.send_signal(signal.SIGKILL)
        first.wait()
    with parties.serving():
        assert raw(parties, question=question)[1] == before, (
            "killed and started again, the same question gets the same answer"
        )
        last = asked("A001", "A777")
        found = [receipt_of(path.read_bytes(), [parties.holder_keys.node_public]) for path in (one, last)]
        assert [(it.answered, it.number) for it in found] == [(1, 1), (3, 2)]
        prove = ("prove", one, last, *asking, "--out", proofs)
        assert parties.session(*prove, party=ASKER, status=2).count("not anchored yet 尚未存证") == 2
        with mock.patch("workers.lookup.desk.time.time", return_value=time.time() + 910):
            assert parties.session(*prove, party=ASKER, status=1).count("its time is over") == 2
        checked = parties.lookup_check(one, last)
        assert "hospital: answer 答复 1, question 问题 1" in checked
        assert f"session 会话 {session}" in checked
        assert "3 answers 答复, 3 without batch 未成批" in parties.session("list")
        assert "ended" in parties.session("end", session)
        with pytest.raises(RefusedError, match=r"session\.ended"):
            raw(parties, number=501)
        with running(parties):
            until(60, "the session's end on chain", lambda: closed(parties, session))
        assert parties.session(*prove, party=ASKER).count("in the anchored log 已在上链的日志中") == 2
        log = parties.nodes[HOLDER] / "log" / "0"
        terms = next(receipts.glob("*.terms"))
        audit = ("audit", one, "--terms", terms, "--log", log, *chain)
        assert "1 batches 批, 3 answers 答复" in parties.session(*audit, party=None)
        # what the holder signed and its log does not have: proof against it
        denied = tmp_path / "denied.json"
        keys, beyond = parties.holder_keys, replace(found[1], answered=4, number=3)
        denied.write_bytes(dsse.sign(beyond.data(), keys.node_public, keys.sign, RECEIPT_TYPE))
        with pytest.raises(VerificationError, match=r"session\.beyond_end"):
            parties.session("audit", denied, *audit[2:], party=None)
        with pytest.raises(RefusedError, match=r"session\.logs_incomplete"):
            parties.session(*audit, "--log", log, party=None)
    assert parties.session(*prove, party=ASKER).count("in the anchored log") == 2, "kept proofs need no holder"
    proof = proofs / f"{one.stem}.proof.json"
    shown = parties.session("check", one, proof, *chain, "--lang", "zh", party=None)
    assert shown.count("成立") == 5
    alone = ("--key", f"0x{parties.holder_keys.node_public.hex()}")
    assert parties.session("check", one, proof, *alone, party=None, status=2).count("holds") == 4
    assert "FAILS" in parties.session("check", last, proof, *chain, party=None, status=1)
    logged = (parties.folder / "serve.log").read_text()
    assert not any(word in logged for word in ("A001", "A777", "overdue", "Traceback"))


@pytest.mark.slow
def test_what_is_revoked_on_chain_ends_at_the_next_block_that_is_seen(parties: Parties) -> None:
    asking = ("--holders", parties.holders)

    def refused(code: str) -> bool:
        told = CliRunner().invoke(
            app, ["lookup", "ask", "A001", "--state", str(parties.nodes[ASKER]), "--holders", str(parties.holders)]
        )
        return code in told.output

    session = parties.start()
    with parties.serving():
        parties.lookup("fetch", *asking, party=ASKER)
        assert "overdue" in parties.lookup("ask", "A001", *asking, party=ASKER)
        parties.admission("suspend", ASKER, "--reason", "its key was stolen", "--yes")
        until(60, "the asker to be refused", lambda: refused("lookup.unavailable") or refused("lookup.unknown_asker"))
        parties.admission("reinstate", ASKER, "--yes")
        until(60, "the asker to be answered again", lambda: not refused("lookup."))
        parties.node(HOLDER, "dataset", "retire", parties.reference, "--version", "1", "--yes", wallet=HOLDER)
        until(60, "the session's end", lambda: refused("session.ended"))
    with closing(Ledger(parties.nodes[HOLDER])) as it:
        assert it.session(bytes.fromhex(session[2:])).ended == "data"
    with pytest.raises(RefusedError, match=r"session\.data"):
        parties.start()


def raw(parties: Parties, *, number: int = 0, question: Question | None = None) -> tuple[Question, bytes]:
    """A question as it goes over the link, and the answer's bytes."""
    (held,) = read_holders(read_toml(parties.holders))
    with open_lookup(parties.nodes[ASKER]) as desk:
        if question is None:
            blinding = oprf.Blinding.of([oprf_input(b"A002")])
            mirror = desk.asker.mirrors(held)[0].manifest.base
            question = Question(desk.asker.terms(held).digest(), mirror, number, blinding.points)
        return question, desk.asker._answered(held, question)


def closed(parties: Parties, session: str) -> bool:
    with closing(Ledger(parties.nodes[HOLDER])) as it:
        return it.session(bytes.fromhex(session[2:])).closed
