"""The table of the law's words and codes: complete in both languages, with an article or the reason why none, and covering the catalogue."""

import re

import pytest

from mpc.programs.catalogue import CATALOGUE
from protocol.ids import name
from protocol.law import codes
from protocol.law.codes import Article, Basis, Code
from protocol.programs import Words

EVERY = [(table, code) for table in codes.TABLES for code in table.codes]
CHINESE = re.compile(r"[一-鿿]")


def both(words: Words) -> bool:
    return bool(words.english.strip() and not CHINESE.search(words.english) and CHINESE.search(words.chinese))


@pytest.mark.parametrize(("table", "code"), EVERY, ids=lambda item: item.code if isinstance(item, Code) else item.name)
def test_every_code_has_both_words_and_an_article_or_says_why_none(table: codes.Table, code: Code) -> None:
    assert name(code.code, "code") == code.code
    assert both(table.title)
    assert both(table.about)
    assert both(code.words)
    assert both(code.about)
    assert bool(code.articles) != (code.without is not None)
    assert code.without is None or both(code.without)
    for article in code.articles:
        assert article.law in codes.LAWS
        assert article.said("en").startswith(codes.LAWS[article.law].cited.english)


def test_codes_are_told_apart_and_sorted_but_for_bases() -> None:
    for table in codes.TABLES:
        found = [code.code for code in table.codes]
        assert len(set(found)) == len(found), table.name
        assert found == sorted(found) or table.name == "bases", table.name  # bases stand in the law's order
        for words in ("english", "chinese"):
            said = [getattr(code.words, words) for code in table.codes]
            assert len(set(said)) == len(said), table.name


def test_no_purposes_words_are_how_anothers_begin() -> None:
    """Words are recognised by how a text begins, so no text may begin with the words of two codes."""
    said = [(code.code, text) for code in codes.PURPOSES for text in (code.words.english, code.words.chinese)]
    assert not [
        (one, other) for one, first in said for other, second in said if one != other and second.startswith(first)
    ]


def test_every_program_of_the_catalogue_has_an_operation() -> None:
    assert {program for program in CATALOGUE if not codes.operation_of(program)} == set()
    assert codes.operation_of("unheard.of@1.0.0") == ""


def test_no_family_is_in_two_operations() -> None:
    families = [family for item in codes.OPERATIONS for family in item.families]
    assert len(set(families)) == len(families)
    known = {program.partition("@")[0].partition(".")[0] for program in CATALOGUE}
    assert set(families) <= known, "a family without programs is a slip"


def test_the_seven_bases_of_the_pipl_are_there_in_its_order() -> None:
    items = [article.item for basis in codes.BASES for article in basis.articles if article.article == 13]
    assert items == [1, 2, 2, 3, 4, 5, 6, 7]
    assert {purpose for basis in codes.BASES for purpose in basis.purposes} <= set(codes.PURPOSE)
    assert all(isinstance(basis, Basis) for basis in codes.BASES)


def test_sensitive_kinds_are_those_of_article_28() -> None:
    listed = {code.code for code in codes.KINDS if Article("pipl", 28, 1) in code.articles}
    assert set(codes.SENSITIVE) == listed
    assert set(codes.SENSITIVE) < codes.PERSONAL


@pytest.mark.parametrize(
    ("article", "english", "chinese"),
    [
        (Article("pipl", 13, 1, 1), "PIPL art. 13(1)(1)", "《个人信息保护法》第十三条第一款第一项"),
        (Article("pipl", 73, 0, 4), "PIPL art. 73(4)", "《个人信息保护法》第七十三条第四项"),
        (Article("dsl", 21), "DSL art. 21", "《数据安全法》第二十一条"),
        (Article("pipl", 10), "PIPL art. 10", "《个人信息保护法》第十条"),
        (Article("pipl", 20, 1), "PIPL art. 20(1)", "《个人信息保护法》第二十条第一款"),
    ],
)
def test_articles_are_cited_as_each_language_does(article: Article, english: str, chinese: str) -> None:
    assert (article.said("en"), article.said("zh")) == (english, chinese)


def test_an_unknown_code_is_shown_as_it_is() -> None:
    assert codes.words_of(codes.KINDS, "health").english == "health"
    assert codes.words_of(codes.KINDS, "of-tomorrow") == Words("of-tomorrow", "of-tomorrow")
