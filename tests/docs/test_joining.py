"""Both guides list the same commands for joining, no more than nine for each person; the end-to-end test runs them."""

from collections import Counter

from tests.joining import GUIDES, block, steps

MOST_STEPS = 9


def test_both_guides_list_the_same_commands_and_no_more_than_nine_each() -> None:
    english, chinese = (steps(guide) for guide in GUIDES)
    assert [step.words for step in english] == [step.words for step in chinese]
    assert dict(zip((s.who for s in english), (s.who for s in chinese), strict=True)).keys() == {"one", "two"}
    assert max(Counter(step.who for step in english).values()) <= MOST_STEPS
    assert block("user-guide.md", "ini") == block("user-guide.zh-CN.md", "ini")
