"""Defences of the law's gate, and of what is declared."""

from typing import Final

from tools.mutants.mutant import Mutant

_GATE: Final = "protocol/law/gate.py"
_TESTS: Final = "tests/unit/protocol/law/test_gate.py"

LAW: Final = (
    Mutant(
        "law: a purpose's words are those of its code",
        _GATE,
        "elif (begun := begins_with_words_of(contract.purpose)) != code:",
        "elif False and (begun := begins_with_words_of(contract.purpose)) != code:",
        (_TESTS, "-k", "contradicts_its_templates_words"),
    ),
    Mutant(
        "law: a scope counts the code only where the words say the same",
        _GATE,
        'return code if begins_with_words_of(contract.purpose) == code else ""',
        "return code",
        (_TESTS, "-k", "contradicts_its_templates_words"),
    ),
    Mutant(
        "law: no code stands among the words",
        "protocol/law/wording.py",
        """if _LOOSE.search(parts["words"]):""",
        "if False:",
        (_TESTS, "-k", "two_codes"),
    ),
    Mutant(
        "law: a basis holds at the start, not only at the deadline",
        _GATE,
        "moments = (self.known.now, max(self.known.now, self.contract.deadline))",
        "moments = (self.contract.deadline,) * 2",
        (_TESTS, "-k", "expires_between"),
    ),
    Mutant(
        "law: another name is another party",
        _GATE,
        "if standing not in scope.others:\n                    yield self._not_listed(scope, party, words)",
        "if standing not in scope.others and self.known.wallets.get(party, '') not in {it.wallet for it in scope.recipients}:\n"
        "                    yield self._not_listed(scope, party, words)",
        (_TESTS, "-k", "older_name"),
    ),
    Mutant(
        "law: a party that was named by its key still has it",
        _GATE,
        "if listed.wallet and listed.wallet != wallet:",
        "if False:",
        (_TESTS, "-k", "older_key"),
    ),
    Mutant(
        "law: who reads results is no trustee",
        _GATE,
        "found |= dict.fromkeys((*deciders, owner),",
        "found |= dict.fromkeys((contract.proposer, owner),",
        (_TESTS, "-k", "trustee_that_names_itself"),
    ),
    Mutant(
        "law: a column that chooses rows is used",
        _GATE,
        "return frozenset((*item.columns, *(each.column for each in item.filters)))",
        "return frozenset(item.columns)",
        (_TESTS, "-k", "filter_on_a_column"),
    ),
    Mutant(
        "law: the outside of a data set is its columns' own",
        "protocol/catalogue.py",
        "        agree(self.law, self.data_level, self.sensitive)",
        "        pass",
        ("tests/unit/protocol/law/test_declared.py", "-k", "more_harmless"),
    ),
    Mutant(
        "law: the owner's node asks by itself, as of the start",
        "workers/checks.py",
        "self._law(contract, [item.stored for item in inputs], facts.started_at, head)",
        "pass",
        ("tests/unit/workers/test_law.py", "-k", "attack"),
    ),
    Mutant(
        "law: what lacks an element does not start",
        "orchestrator/services/preflight.py",
        "        *refused,\n",
        "",
        ("tests/unit/orchestrator/test_preflight_law.py", "-k", "is_a_problem"),
    ),
    Mutant(
        "law: a description without the chain's hash is not the owner's word",
        "audit_explorer/rooms/legal.py",
        "if it.digest() in hashes:",
        "if hashes:",
        ("tests/unit/audit_explorer/rooms/test_legal.py", "-k", "another_description"),
    ),
)
