"""Two things side by side over a real PostgreSQL: what differs, and what a reader does not get to compare."""

import html
import re
from collections.abc import Iterator

import pytest

from protocol import bundle
from tests.browser import seed
from tests.integration.web.explorer_site import STORY, Site, Visitor, running, secrets_of

DATA_SET = "0x" + seed.digest(seed.DATA_SET).hex()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    yield from running(tmp_path_factory.mktemp("postgres"))


def lines(visitor: Visitor, one: str, other: str, language: str = "en") -> dict[str, list[str]]:
    """The table's rows: both values and the verdict, by their label."""
    page = visitor.get(f"/{language}/compare", a=one, b=other)
    assert page.status_code == 200, page.text
    rows = re.findall(r"<tr><th scope=\"row\".*?</tr>", page.text, re.DOTALL)
    cells = [
        [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL)]
        for row in rows
    ]
    return {label: rest for label, *rest in cells}


def test_two_versions_of_a_data_set(site: Site) -> None:
    found = lines(site.visitor("laboratory"), f"{DATA_SET}@1", f"{DATA_SET}@2")
    assert found["Version"] == ["1", "2", "DIFFERENT"]
    assert found["Rows"] == ["1000", "2000", "DIFFERENT"]
    assert found["Data level"] == ["3", "3", "alike"]
    assert found["Input root"][-1] == "DIFFERENT"
    assert set(lines(site.visitor("laboratory"), DATA_SET, f"{DATA_SET}@2")) == set(found)
    assert {row[-1] for row in lines(site.visitor("laboratory"), DATA_SET, f"{DATA_SET}@2").values()} == {"alike"}
    assert site.visitor("laboratory").get("/en/compare", a=f"{DATA_SET}@1", b=f"{DATA_SET}@3").status_code == 400


def test_two_programs_and_the_links_to_the_page(site: Site) -> None:
    visitor = site.visitor("laboratory")
    found = lines(visitor, "glm.logistic@1.0.0", "glm.logistic@1.1.0")
    assert found["Approvals"] == ["1", "0", "DIFFERENT"]
    assert found["Protection level"][-1] == "alike"
    for where in (f"data-sets/{DATA_SET}", f"programs/0x{seed.digest('glm.logistic@1.0.0').hex()}"):
        link = re.search(r'href="(/en/compare[^"]+)"', visitor.get(f"/en/{where}").text)
        assert link, where
        answer = visitor.get(html.unescape(link[1]))
        assert answer.status_code == 200
        assert " lines differ" in answer.text


def test_two_tasks_with_the_words_of_those_whose_bundles_are_open(site: Site) -> None:
    task, other = site.tasks["completed"], site.tasks["refused"]
    given = {task: (bundle.build(STORY.material()), ("regulator",))}
    found = lines(site.visitor("regulator", given=given), task.hex(), other.hex())
    assert found["State"][-1] == "DIFFERENT"
    assert found["Engine"][-1] == "alike"
    assert found["Purpose"] == [STORY.contract.purpose, "", "known of one alone"]
    assert {
        row[-1] for row in lines(site.visitor("regulator", given=given), task.hex(), task.hex(), "zh").values()
    } == {"相同"}
    assert "Purpose" not in lines(site.visitor("hospital", given=given), task.hex(), other.hex())


def test_attack_what_is_anothers_compares_like_what_is_not_there(site: Site) -> None:
    stranger, regulator = site.visitor("laboratory"), site.visitor("regulator")
    mine = site.tasks["completed"].hex()
    for secret, where in secrets_of(site).items():
        if "/tasks/" in where or "/data-sets/" in where:
            assert regulator.get("/en/compare", a=secret, b=secret).status_code == 200
            answer, absent = (
                stranger.get("/en/compare", a=text, b=mine)
                for text in (secret, secret[:-1] + ("0" if secret[-1] != "0" else "1"))
            )
            assert answer.status_code == absent.status_code == 400
            assert len(answer.text) == len(absent.text)


@pytest.mark.parametrize(
    "text",
    [
        "hospital",
        "<script>alert(1)</script>",
        "\u202eevil",
        "x" * 600,
        "glm.logistic",
        "0x" + "ab" * 32,
        "90",
        "glm.logistic@1.0.0@1",
    ],
)
def test_attack_what_is_no_one_thing_is_refused_and_stays_text(site: Site, text: str) -> None:
    answer = site.visitor("regulator").get("/en/compare", a=text, b="glm.logistic@1.0.0")
    assert answer.status_code == 400
    assert "<script>" not in answer.text
    assert not re.search("[\u202a-\u202e\u2066-\u2069]", answer.text)
    assert len(answer.text) < 9_000
    assert (
        site.visitor("regulator").get("/en/compare", a="glm.logistic@1.0.0", b=site.tasks["refused"].hex()).status_code
        == 400
    )
    assert site.visitor(None).get("/en/compare", a="hospital", b="hospital").status_code == 200
