"""The defences around passkeys: their assertions, the accounts they own, and what pages and coordinator believe."""

from typing import Final

from tools.mutants.mutant import Mutant

_RULES: Final = "protocol/passkeys.py"
_VECTORS: Final = "tests/unit/protocol/test_passkeys.py"
_PAGE: Final = "audit_explorer/web/src/protocol/passkeys.ts"
_PAGES_TESTS: Final = ("tests/integration/web/test_typescript.py", "-k", "their_own_tests")
_API: Final = "tests/integration/orchestrator/test_passkey_accounts.py"

PASSKEYS: Final = (
    Mutant(
        "passkeys: an assertion is over exactly this challenge",
        _RULES,
        "if found[self.challenge_at : self.challenge_at + len(said)] != said:",
        "if False:",
        (_VECTORS, "-k", "contracts_vectors"),
    ),
    Mutant(
        "passkeys: a registration is no assertion",
        _RULES,
        "if found[self.type_at : self.type_at + len(kind)] != kind:",
        "if False:",
        (_VECTORS, "-k", "contracts_vectors"),
    ),
    Mutant(
        "passkeys: the device recognised somebody",
        _RULES,
        "if not flags & _UV:",
        "if False:",
        (_VECTORS, "-k", "contracts_vectors"),
    ),
    Mutant(
        "passkeys: an assertion has one form",
        _RULES,
        "0 < s <= ORDER // 2",
        "0 < s < ORDER",
        (_VECTORS, "-k", "contracts_vectors"),
    ),
    Mutant(
        "passkeys: another page of the same domain is another page",
        _RULES,
        """said.get("origin") != f"{parts.scheme}://{parts.netloc}" or""",
        "",
        (_VECTORS, "-k", "another_page"),
    ),
    Mutant(
        "passkeys: a signature is read in one encoding only",
        _RULES,
        "if not found or signature_of(*found) != signature:",
        "if not found:",
        (_VECTORS, "-k", "looser_encoding"),
    ),
    Mutant(
        "passkeys: the coordinator looks at the page's origin",
        "orchestrator/services/signing_in.py",
        "    if chain.is_passkey_account(party.wallet):\n",
        "    if False:\n",
        (_API, "-k", "another_site_asked_for or looser_encoding"),
    ),
    Mutant(
        "passkeys: accounts are made for who is invited",
        "orchestrator/services/passkey_accounts.py",
        """    inviting.require_usable(tx, request.party, invitation, b"", now)\n""",
        "",
        (_API, "-k", "who_is_invited"),
    ),
    Mutant(
        "passkeys: an invitation is no purse",
        "orchestrator/services/passkey_accounts.py",
        """if not known and work.passkey_accounts_of(tx, request.party) >= MOST:""",
        "if False:",
        (_API, "-k", "who_is_invited"),
    ),
    Mutant(
        "passkeys: what makes accounts is the committed code",
        "chain/passkeys.py",
        "if not load_artifact(PASSKEY_ACCOUNTS).explains(gateway.endpoint.code(factory)):",
        "if False:",
        ("tests/integration/chain/test_passkeys.py", "-k", "something_else_as_the_factory"),
    ),
    Mutant(
        "passkeys: a page hands in no assertion of another challenge",
        _PAGE,
        """if (!stands(it.clientData, it.challengeAt, `"challenge":"${base64url(fromHex(challenge))}"`)) {""",
        "if (false) {",
        _PAGES_TESTS,
    ),
    Mutant(
        "passkeys: a page hands in nothing that another site asked for",
        _PAGE,
        """said["origin"] !== origin || """,
        "",
        _PAGES_TESTS,
    ),
    Mutant(
        "passkeys: a file that registers other data is not this node's",
        "workers/enrol.py",
        "if paper.message != registration_of(desk, stored):",
        "if False:",
        ("tests/unit/workers/test_enrol.py", "-k", "lies_elsewhere"),
    ),
)
