"""Defences of pages and of what integrators import."""

from typing import Final

from tools.mutants.mutant import Mutant

PAGES: Final = (
    Mutant(
        "strangers: the explorer holds no token that reads more than evidence",
        "audit_explorer/sessions.py",
        "message.resource != access.EVIDENCE",
        "False",
        ("tests/unit/audit_explorer/test_sessions.py", "-k", "more_than_it_needs"),
    ),
    Mutant(
        "explorer: words are shown of the contract alone whose digest is on chain",
        "audit_explorer/rooms/understood.py",
        "if told is None or told.contract.digest() != record.contract_digest:\n        return ()",
        "if told is None:\n        return ()",
        ("tests/unit/audit_explorer/rooms/test_understood.py", "-k", "attack"),
    ),
    Mutant(
        "explorer: a task's report is for who reads the task",
        "audit_explorer/rooms/reports.py",
        'evidence(request, key) if site.records.rows(reader, "task", task=key) else None',
        "evidence(request, key)",
        ("tests/integration/web/test_reports.py", "-k", "words_are_in"),
    ),
    Mutant(
        "report: what was exported is compared with the chain",
        "audit_explorer/reports/again.py",
        "        _agree(found, exported)",
        "        pass",
        ("tests/unit/audit_explorer/reports/test_period.py", "-k", "export"),
    ),
    Mutant(
        "report: a contract that is not on chain gives no words",
        "audit_explorer/reports/inputs.py",
        "sorted(digests & words.keys())",
        "sorted(words.keys())",
        ("tests/unit/audit_explorer/reports/test_period.py", "-k", "attack"),
    ),
    Mutant(
        "explorer: forms of other sites are refused",
        "audit_explorer/sessions.py",
        'if not secret or site != "same-origin" or not',
        "if False and not",
        ("tests/unit/audit_explorer/test_sessions.py", "-k", "attack"),
    ),
    Mutant(
        "explorer: a token is taken only when the coordinator takes it",
        "audit_explorer/sessions.py",
        "        check(token)\n",
        "",
        ("tests/unit/audit_explorer/test_sessions.py", "-k", "opens_nothing"),
    ),
    Mutant(
        "pages: the wallet is not asked for what the contract does not need",
        "audit_explorer/web/src/protocol/offers.ts",
        "if (differing.length > 0) {",
        "if (differing.length > 99) {",
        ("tests/integration/web/test_agreement.py", "-k", "every_rule"),
    ),
    Mutant(
        "pages: the browser asks whether a party's statements are whole",
        "audit_explorer/web/src/verify/logs.ts",
        "    requireWhole(story, party);\n  }\n  return {",
        "  }\n  return {",
        ("tests/integration/web/test_verification.py", "-k", "stories_are_found_alike and completed"),
    ),
    Mutant(
        "pages: the browser counts no event of a block that nothing makes real",
        "audit_explorer/web/src/verify/verify.ts",
        'if ("lacking" in binding) {',
        "if (false) {",
        ("tests/integration/web/test_verification.py", "-k", "trust_roots"),
    ),
    Mutant(
        "pages: typed data of the coordinator that is not the derived one is refused",
        "audit_explorer/web/src/api/review.ts",
        '...(same(inLowerCase(given), typedData(Authorization, message, domain)) ? [] : ["the typed data"]),',
        "",
        ("tests/integration/web/test_typescript.py", "-k", "own_tests"),
    ),
    Mutant(
        "pages: a sentence that is not the contract's is refused",
        "audit_explorer/web/src/api/review.ts",
        '[] : ["the sentence"]',
        "[] : []",
        ("tests/integration/web/test_typescript.py", "-k", "own_tests"),
    ),
    Mutant(
        "pages: a key that occurs twice is refused, whichever of them is meant",
        "audit_explorer/web/src/base/json.ts",
        "if (found.has(name)) twice ??= name;",
        "",
        ("tests/integration/web/test_agreement.py", "-k", "readers_differ"),
    ),
    Mutant(
        "pages: characters that hide or turn round what stands beside them are refused",
        "audit_explorer/web/src/base/text.ts",
        "const UNPRINTABLE = /[\\p{Cc}\\p{Cf}",
        "const UNPRINTABLE = /[\\p{Cc}",
        ("tests/integration/web/test_agreement.py", "-k", "readers_differ"),
    ),
    Mutant(
        "explorer: only the page that computes may run a script",
        "audit_explorer/security.py",
        "if own in self._chosen:",
        "if True:",
        ("tests/unit/audit_explorer/test_app.py", "-k", "only_the_page"),
    ),
    Mutant(
        "results: no label of another party runs in a spreadsheet",
        "client/result_file.py",
        "[*map(harmless, row), value]",
        "[*row, value]",
        ("tests/unit/client/test_result_file.py", "-k", "attack"),
    ),
    Mutant(
        "signing: rows that cannot do the task stop the wallet",
        "tallystick/consents.py",
        "if report is not None and report.stops:",
        "if False:",
        ("tests/unit/client/test_sign_command.py", "-k", "unless_anyway"),
    ),
)
