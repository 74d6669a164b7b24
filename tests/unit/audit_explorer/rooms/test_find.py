"""What the search box makes of a text before it asks anything."""

import pytest

from audit_explorer.rooms import find


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  hospital\n", "hospital"),
        ("\u202ehospital\u2069", "hospital"),
        ("ｈｏｓｐｉｔａｌ", "hospital"),
        ("a\0b", "ab"),
        ("task_1...2", "task_1…2"),
        ("\u200b\ufeff", ""),
        ("x" * 501, ""),
    ],
)
def test_typed_text_is_made_of_what_names_are_made_of(typed: str, clean: str) -> None:
    assert find.clean(typed) == clean


@pytest.mark.parametrize(
    ("typed", "link"),
    [
        ("https://a.example/tally/en/tasks/task_ab", ("tasks", "task_ab")),
        ("http://a.example/zh/parties/hospital/?x=1#y", ("parties", "hospital")),
        ("/en/blocks/12", ("blocks", "12")),
        ("a.example:8001/en/programs/glm%40x", ("programs", "glm@x")),
        ("https://a.example/en/data-sets", ("data-sets", "")),
        ("javascript:alert(1)//en/tasks", None),
        ("ftp://a.example/en/tasks/x", None),
        ("https://a.example/en/sign-out", None),
        ("https://a.example/en/tasks/a/b", None),
        ("https://[/en/tasks", None),
        ("hospital", None),
    ],
)
def test_links_are_read_by_their_path_alone(typed: str, link: tuple[str, str] | None) -> None:
    assert find.linked(typed) == link
