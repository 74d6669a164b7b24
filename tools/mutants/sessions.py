"""The defences of sessions and of their receipts."""

from typing import Final

from tools.mutants.mutant import Mutant

_LEDGER: Final = "workers/sessions/ledger.py"
_WATCH: Final = "workers/sessions/watch.py"
_STATING: Final = "workers/sessions/stating.py"
_RECORDS: Final = "protocol/sessions.py"
_CHECK: Final = "protocol/verify_receipt.py"
_HISTORY: Final = "protocol/session_history.py"
_OF_LEDGER: Final = "tests/unit/workers/sessions/test_ledger.py"
_OF_WATCH: Final = "tests/unit/workers/sessions/test_watch.py"
_OF_CHECK: Final = "tests/unit/protocol/test_verify_receipt.py"
_OF_HISTORY: Final = "tests/unit/protocol/test_session_history.py"

SESSIONS: Final = (
    Mutant(
        "sessions: nothing is answered after the end",
        _LEDGER,
        "        if standing.ended:\n            raise _ended(standing.ended)\n        if why",
        "        if why",
        (_OF_LEDGER, "-k", "after_the_end"),
    ),
    Mutant(
        "sessions: nothing is kept after the end",
        _LEDGER,
        """            if row["ended"]:\n                raise _ended(row["ended"])\n            kept""",
        "            kept",
        ("tests/unit/workers/lookup/test_evaluator.py", "-k", "while_a_question"),
    ),
    Mutant(
        "sessions: the log says first that it is open",
        _LEDGER,
        """ or cast("sqlite3.Row", opened)["position"] is None:""",
        ":",
        (_OF_LEDGER, "-k", "before_the_log"),
    ),
    Mutant(
        "sessions: who cannot keep the promise answers nobody",
        _LEDGER,
        "            self._require_in_time(standing, now)\n",
        "",
        (_OF_LEDGER, "-k", "promise"),
    ),
    Mutant(
        "sessions: a suspended asker is none",
        _WATCH,
        "if it is not None and it.active and any(it.node_key)",
        "if it is not None and any(it.node_key)",
        (_OF_WATCH, "-k", "suspended_or_whose"),
    ),
    Mutant(
        "sessions: retired data end it",
        _WATCH,
        "    return all(it is not None and it.active for it in facts)",
        "    return all(it is not None for it in facts)",
        (_OF_WATCH, "-k", "retired_data"),
    ),
    Mutant(
        "sessions: who has not seen the chain answers nobody",
        _WATCH,
        "if self._seen is None or self._clock() - self._seen > FRESH:",
        "if self._seen is None:",
        (_OF_WATCH, "-k", "kept_from_the_chain"),
    ),
    Mutant(
        "sessions: a proof is for askers of its session",
        "workers/sessions/proofs.py",
        "        standing.terms.asker(party)\n",
        "",
        ("tests/unit/workers/sessions/test_stating.py", "-k", "proven_to_whoever"),
    ),
    Mutant(
        "sessions: what the log has is not logged twice",
        "workers/evidence.py",
        "            if known and self._log.entry(known[-1][0]) == envelope:\n                return known[-1][0]\n",
        "",
        ("tests/unit/workers/sessions/test_stating.py", "-k", "killed"),
    ),
    Mutant(
        "sessions: one that fails keeps no other waiting",
        _STATING,
        "            except TallyError as error:",
        "            except ZeroDivisionError as error:",
        ("tests/unit/workers/sessions/test_stating.py", "-k", "keeps_no_other"),
    ),
    Mutant(
        "receipts: one is of its session",
        _RECORDS,
        "        if (receipt.session, receipt.party) != (self.session, self.party):",
        "        if False:",
        ("tests/unit/protocol/test_sessions.py", "-k", "another_session"),
    ),
    Mutant(
        "receipts: a number stands in its batch",
        _RECORDS,
        "        if not self.first <= receipt.answered <= self.last:",
        "        if False:",
        ("tests/unit/protocol/test_sessions.py", "-k", "outside_of_the_batch"),
    ),
    Mutant(
        "receipts: a place has one answer",
        _RECORDS,
        "for place in ((it.party, it.session, it.answered), (it.party, it.session, it.asker, it.number)):",
        "for place in ((it.party, it.session, it.asker, it.number),):",
        ("tests/unit/protocol/test_sessions.py", "-k", "two_answers"),
    ),
    Mutant(
        "receipts: shown terms are the stated ones",
        _RECORDS,
        "        if (said.session, said.party) != (self.terms.digest(), self.terms.party):",
        "        if False:",
        ("tests/unit/protocol/test_sessions.py", "-k", "other_terms"),
    ),
    Mutant(
        "receipts: terms are those of the session",
        _CHECK,
        """        _same("session", "会话", terms.digest(), receipt.session)\n""",
        "",
        (_OF_CHECK, "-k", "longer"),
    ),
    Mutant(
        "receipts: the batch is in the log",
        _CHECK,
        "        merkle.verify_inclusion(leaf, proof.batch.index, head.size, proof.batch.proof, head.root)\n",
        "",
        (_OF_CHECK, "-k", "log_has_not or position"),
    ),
    Mutant(
        "receipts: the checkpoint is signed",
        _CHECK,
        "        checkpoint.verify(note, signed[0])\n",
        "",
        (_OF_CHECK, "-k", "another_size or every_byte"),
    ),
    Mutant(
        "receipts: the anchored root is the log's",
        _CHECK,
        """        _same("anchored root", "链上根", found.root, head.root)\n""",
        "",
        (_OF_CHECK, "-k", "not_anchored"),
    ),
    Mutant(
        "receipts: anchored in time",
        _CHECK,
        "        if found.time is None or not after <= found.time <= until:",
        "        if found.time is None:",
        (_OF_CHECK, "-k", "not_anchored"),
    ),
    Mutant(
        "receipts: batches do not overlap",
        _HISTORY,
        "        if batch.first < due:",
        "        if False:",
        (_OF_HISTORY, "-k", "overlap"),
    ),
    Mutant(
        "receipts: batches leave no gap",
        _HISTORY,
        "        if batch.first > due:",
        "        if False:",
        (_OF_HISTORY, "-k", "gap"),
    ),
    Mutant(
        "receipts: batches are a chain",
        _HISTORY,
        "        if (batch.number, batch.previous) != (len(self.batches) + 1, self.last):",
        "        if False:",
        (_OF_HISTORY, "-k", "chain"),
    ),
    Mutant(
        "receipts: the end counts them",
        _HISTORY,
        "            if (said.answers, said.batches, said.last) != (self.answers, len(self.batches), self.last):",
        "            if False:",
        (_OF_HISTORY, "-k", "counts_otherwise"),
    ),
    Mutant(
        "receipts: entries are the holder's own",
        _HISTORY,
        "            dsse.open_envelope(envelope, signer_of(envelope, keys))\n",
        "",
        (_OF_HISTORY, "-k", "another_key"),
    ),
)
