"""Python and TypeScript derive the same from the same records, and refuse the same with the same code, whatever is drawn."""

from collections import Counter
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from protocol import canonical
from tests.integration.web.conftest import Ask
from tools.web_answers import answer
from tools.web_questions import Question, fixed, questions
from tools.web_samples import Maker


def compare(asked: list[Question], typescript: Ask) -> list[dict[str, Any]]:
    """Both languages' answers, which must be the same."""
    ours = [answer(question) for question in asked]
    for question, mine, theirs in zip(asked, ours, typescript(asked), strict=True):
        assert theirs == mine, canonical.dumps(question).decode()
    return ours


@given(st.integers(0, 2**64))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_both_languages_give_the_same_answers(typescript: Ask, seed: int) -> None:
    compare(list(questions(Maker(Random(seed)))), typescript)


def test_bytes_between_which_readers_differ(typescript: Ask) -> None:
    refused = Counter(found.get("refused") for found in compare(list(fixed()), typescript))
    assert {"json.malformed", "json.float", "json.duplicate_key", "json.too_deep", "json.wrong_value"} <= set(refused)
    assert refused[None] > 20, "what is well formed is among them"


def test_the_questions_reach_every_rule(typescript: Ask) -> None:
    """Without this, a rule that one language lacks could stay unseen because nothing ever broke it."""
    found: Counter[tuple[str, str]] = Counter()
    for seed in range(16):
        asked = [item for item in questions(Maker(Random(seed))) if item["op"] not in {"typed", "statement"}]
        for question, mine in zip(asked, compare(asked, typescript), strict=True):
            found[question["op"], str(mine.get("refused", "ok"))] += 1
    reached = {code for _, code in found}
    assert reached >= {
        "contract.inputs_order", "contract.empty", "contract.committee_too_small", "contract.review_within",
        "contract.auditor_computes", "contract.step_twice", "contract.source_unknown", "contract.model_twice", "contract.keep",
        "contract.output_unknown", "ask.span", "ask.range", "offer.differs", "signature.invalid", "merkle.inclusion",
        "merkle.consistency", "checkpoint.origin", "checkpoint.malformed", "mpc.no_honest_majority",
    }, sorted(reached)  # fmt: skip
    operations = {operation for operation, _ in found}
    assert {operation for operation, code in found if code == "ok"} == operations, (
        "each operation succeeds now and then"
    )
