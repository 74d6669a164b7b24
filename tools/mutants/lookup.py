"""A private lookup's defences."""

from typing import Final

from tools.mutants.mutant import Mutant

_LEDGER: Final = "workers/sessions/ledger.py"
_EVALUATOR: Final = "workers/lookup/evaluator.py"
_ASKING: Final = "workers/lookup/asking.py"

LOOKUP: Final = (
    Mutant(
        "lookup: a number is one question's",
        _LEDGER,
        'if row["question"] != asked.digest:',
        "if False:",
        ("tests/unit/workers/sessions/test_ledger.py", "-k", "another_question"),
    ),
    Mutant(
        "lookup: nothing far from the highest number is answered",
        _LEDGER,
        "if not highest - WINDOW < asked.number <= highest + WINDOW:",
        "if False:",
        ("tests/unit/workers/sessions/test_ledger.py", "-k", "window"),
    ),
    Mutant(
        "lookup: what was agreed is the most",
        _LEDGER,
        "if used + asked.points > allowed.uses:",
        "if False:",
        ("tests/unit/workers/sessions/test_ledger.py", "-k", "agreed"),
    ),
    Mutant(
        "lookup: a clock that goes back opens no new minute",
        _LEDGER,
        "present = max(now // _MINUTE, minute)",
        "present = now // _MINUTE",
        ("tests/unit/workers/sessions/test_ledger.py", "-k", "clock"),
    ),
    Mutant(
        "lookup: a key ends with its period",
        _EVALUATOR,
        "        found.manifest.in_force(now)\n",
        "",
        ("tests/unit/workers/lookup/test_evaluator.py", "-k", "after_the_period"),
    ),
    Mutant(
        "lookup: what is no element is not counted",
        _EVALUATOR,
        "        oprf.check_points(question.blinded)\n",
        "",
        ("tests/unit/workers/lookup/test_evaluator.py", "-k", "malformed"),
    ),
    Mutant(
        "lookup: nothing follows an element",
        "lookup/oprf.py",
        "    if len(point) != POINT:",
        "    if False:",
        ("tests/unit/lookup/test_oprf.py", "-k", "no_element"),
    ),
    Mutant(
        "lookup: a table hides no entry by disorder",
        "lookup/mirror.py",
        "if bool((self._positions[1:] < self._positions[:-1]).any()):",
        "if False:",
        ("tests/unit/lookup/test_mirror.py", "-k", "disorder"),
    ),
    Mutant(
        "lookup: a version is one nonce",
        "lookup/mirror.py",
        """    nonce = version.to_bytes(_NONCE, "big")\n    for""",
        "    nonce = bytes(_NONCE)\n    for",
        ("tests/unit/lookup/test_mirror.py", "-k", "compared"),
    ),
    Mutant(
        "lookup: two mirrors of one version are noticed",
        _ASKING,
        "        require_one([mirror.manifest for _, mirror in kept])\n",
        "",
        ("tests/integration/node/test_lookup.py", "-k", "of_its_own"),
    ),
    Mutant(
        "lookup: a receipt is of now",
        _ASKING,
        "if abs(answer.time - now) > LIMITS.clock_skew:",
        "if False:",
        ("tests/integration/node/test_lookup.py", "-k", "without_a_receipt"),
    ),
)
