"""The defences of rows that owners open to auditors."""

from typing import Final

from tools.mutants.mutant import Mutant

_OWNER: Final = "workers/openings.py"
_CHECK: Final = "protocol/verify_opening.py"
_TESTS: Final = "tests/unit/workers/test_openings.py"

OPENINGS: Final = (
    Mutant(
        "openings: a party without office or task asks in vain",
        _OWNER,
        "    if roles:\n",
        "    if True:\n",
        (_TESTS, "-k", "stranger_to_the_task"),
    ),
    Mutant(
        "openings: nobody asks in a regulator's name",
        _OWNER,
        "if facts is None or not desk.chain.wallet_accepts(facts.wallet, digest, signature):",
        "if facts is None:",
        (_TESTS, "-k", "regulators_name"),
    ),
    Mutant(
        "openings: nothing is sealed before the log has it",
        _OWNER,
        "        found = _written(desk, said.request, wait)\n",
        "        found = dsse.sign(said.serialise(), desk.keys.node_public, desk.keys.sign)\n",
        (_TESTS, "-k", "before_the_log"),
    ),
    Mutant(
        "openings: rows that do not hash to the root stay closed",
        _OWNER,
        "if tree.root() != stored.input_root:",
        "if False:",
        (_TESTS, "-k", "changed_rows_on_the_owners_disk"),
    ),
    Mutant(
        "openings: places outside of the table are refused before anybody signs",
        "protocol/openings.py",
        "if message.positions and message.positions[-1] >= message.rows:",
        "if False:",
        (_TESTS, "-k", "not_answered"),
    ),
    Mutant(
        "openings: an answer opens for its own request only",
        "protocol/openings.py",
        "return _INFO + request + canonical.sha256(statement)",
        "return _INFO + canonical.sha256(statement)",
        (_TESTS, "-k", "answer_to_another_request"),
    ),
    Mutant(
        "openings: the statement is about these very rows",
        _CHECK,
        """        _same("statement", "声明", said, expected)\n""",
        "",
        (_TESTS, "-k", "about_something_else"),
    ),
    Mutant(
        "openings: the owner's key signed",
        _CHECK,
        "        dsse.open_envelope(self.envelope, keys[envelope.keyid])\n",
        "",
        (_TESTS, "-k", "another_node_signed"),
    ),
    Mutant(
        "openings: the description is the registered one",
        _CHECK,
        """        _same("description", "描述", facts.schema_hash, canonical.sha256(opened.description))\n""",
        "",
        (_TESTS, "-k", "at_their_step"),
    ),
    Mutant(
        "openings: the columns are those that are described",
        _CHECK,
        """        _same("columns", "列", described, tuple((c.name, c.kind) for c in opened.columns.columns))\n""",
        "",
        (_TESTS, "-k", "another_kind_than_described"),
    ),
    Mutant(
        "openings: the root is the registered one",
        _CHECK,
        """        _same("input root", "输入根", facts.input_root, asked.input_root)\n""",
        "",
        (_TESTS, "-k", "registry_has_otherwise"),
    ),
    Mutant(
        "openings: no row is open that nobody asked for",
        _CHECK,
        "if beyond := sorted(found.keys() - set(asked.positions) - set(named.values())):",
        "if beyond := set[int]():",
        (_TESTS, "-k", "at_their_step"),
    ),
    Mutant(
        "openings: an identifier is not denied that is open",
        _CHECK,
        "if both := sorted(set(opened.absent) & named.keys()):",
        "if both := list[str]():",
        (_TESTS, "-k", "not_denied"),
    ),
    Mutant(
        "scitt: published entries give their checkpoint's root",
        "workers/log.py",
        "if tree.root() != found.root:",
        "if False:",
        ("tests/unit/workers/test_scitt.py", "-k", "published_entries_that_were_changed"),
    ),
    Mutant(
        "timestamps: an answer is believed under a trusted root, to this question",
        "workers/timestamps.py",
        "        builder.build().verify_message(response, data)\n",
        "        builder.build()\n",
        ("tests/integration/node/test_timestamps.py", "-k", "old_answer"),
    ),
)
