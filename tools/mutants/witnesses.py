"""Defences of witnesses, of those who ask them, and of those who count their words."""

from typing import Final

from tools.mutants.mutant import Mutant

_CORE: Final = "tests/unit/protocol/test_witnessing.py"
_WITNESS: Final = "tests/unit/witness/test_witness.py"
_ASKING: Final = "tests/integration/orchestrator/test_witnesses.py"

WITNESSES: Final = (
    Mutant(
        "witness: it goes on from what it remembers alone",
        "protocol/witnessing.py",
        "if asked.old != size:",
        "if False:",
        (_CORE, "-k", "every_refusal"),
    ),
    Mutant(
        "witness: one head of each size",
        "protocol/witnessing.py",
        "if head.size == size and head.root != root:",
        "if False:",
        (_CORE, "-k", "every_refusal"),
    ),
    Mutant(
        "witness: only the log's own key speaks for it",
        "protocol/witnessing.py",
        "        checkpoint.verify(note, key)",
        "        pass",
        (_CORE, "-k", "another_log_s_name"),
    ),
    Mutant(
        "witness: what is larger extends what is remembered",
        "protocol/witnessing.py",
        "        merkle.verify_consistency(size, root, head.size, head.root, asked.proof)",
        "        pass",
        (_CORE, "-k", "finds_no_proof"),
    ),
    Mutant(
        "witness: an answer of another time is none",
        "protocol/witnessing.py",
        "if abs(time - now) > LIMITS.clock_skew:",
        "if False:",
        (_CORE, "-k", "of_the_future"),
    ),
    Mutant(
        "witness: a request is bounded",
        "protocol/witnessing.py",
        "if len(data) > MOST:",
        "if False:",
        (_CORE, "-k", "huge_requests"),
    ),
    Mutant(
        "witness: it remembers before it signs",
        "witness/service.py",
        """            self._folder.keep(note)
            line = self._key.cosign(note, self._clock()).signatures[-1].line()""",
        """            line = self._key.cosign(note, self._clock()).signatures[-1].line()
            self._folder.keep(note)""",
        (_WITNESS, "-k", "before_anything_is_signed"),
    ),
    Mutant(
        "witness: without its memory it does not start",
        "witness/folder.py",
        "if not (folder.path / HEADS).is_dir():",
        "if False:",
        (_WITNESS, "-k", "without_its_memory"),
    ),
    Mutant(
        "witness: a log's key does not change under its name",
        "witness/folder.py",
        "if known is not None and known != log.public:",
        "if False:",
        (_WITNESS, "-k", "each_with_one_key"),
    ),
    Mutant(
        "policy: one key is one witness",
        "protocol/policy.py",
        "if own in self._public:",
        "if False:",
        ("tests/unit/protocol/test_policy.py", "-k", "two_names"),
    ),
    Mutant(
        "verify: a quorum is the verifier's own",
        "protocol/verify_witnesses.py",
        "if not policy.satisfied(held):",
        "if False:",
        ("tests/unit/protocol/test_verify_witnesses.py", "-k", "strangers"),
    ),
    Mutant(
        "verify: every log's head has its quorum",
        "protocol/verify_logs.py",
        "if story.policy is not None:",
        "if story.policy is not None and party == parties[-1]:",
        ("tests/unit/protocol/test_verify_witnesses.py", "-k", "among_others"),
    ),
    Mutant(
        "heads: what a witness brings is signed by the party",
        "orchestrator/services/heads.py",
        "    if not own:",
        "    if False:",
        (_ASKING, "-k", "lies"),
    ),
    Mutant(
        "heads: to strangers a log looks like none",
        "orchestrator/services/heads.py",
        "if known else None",
        "if True else None",
        (_ASKING, "-k", "served"),
    ),
)
