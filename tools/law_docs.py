"""The page for lawyers, ``docs/law.md`` and ``docs/law.zh-CN.md``, written from the tables of ``protocol/law/``.

Usage: ``python -m tools.law_docs`` writes both pages, ``--check`` only compares (exit status 1 when one is old).
"""

import argparse
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from protocol.law import codes
from protocol.law.codes import Basis, Code, Kind, Operation, Table
from protocol.law.policy import ANY, DEFAULT
from protocol.law.rules import TABLE as RULES
from protocol.law.rules import Rule
from protocol.programs import Language, Words
from protocol.vocabulary import say

DOCS: Final = Path(__file__).resolve().parents[1] / "docs"


@dataclass(frozen=True, slots=True)
class Page:
    """One of the two pages; ``introduction`` is what does not come from the tables."""

    file: str
    language: Language
    introduction: str


PAGES: Final = (
    Page(
        "law.md",
        "en",
        """
# The law in the flow: words and codes

[中文](law.zh-CN.md) · [user guide](user-guide.md) · [threat model](threat-model.md)

For lawyers and data protection officers. This page is written from the tables of `protocol/law/` by `python -m tools.law_docs`; do not
edit it: change the tables. It is neither advice nor a certificate. The system makes parties say what the law asks them to say, finds what
contradicts itself or lacks an element before anybody signs, and keeps proof; whether what was said is true, it cannot know.
`tally law codes` prints the same tables. On chain there are hashes only.
""",
    ),
    Page(
        "law.zh-CN.md",
        "zh",
        """
# 流程中的法律要求：用语与代码

[English](law.md) · [用户指南](user-guide.zh-CN.md) · [威胁模型](threat-model.md)

供律师与个人信息保护负责人阅读。本页由 `python -m tools.law_docs` 依据 `protocol/law/` 中的表生成；请勿直接编辑，应修改表。本页不构成法律意见或
认证。系统要求各方说明法律要求说明的事项，在任何人签署之前找出自相矛盾或缺少的要素，并保存证据；所述内容是否属实，系统无从得知。
`tally law codes` 可打印同样的表。链上只有哈希值。
""",
    ),
)
_CODE: Final = Words("code", "代码")
_WORDS: Final = Words("words", "文字")
_MEANS: Final = Words("means", "含义")
_FROM: Final = Words("from", "依据")
_LAW: Final = Words("law", "法律")
_LAWS: Final = Words("Laws", "法律")
_ONLY: Final = Words(" Only for: {purposes}.", "仅用于：{purposes}。")
_SENSITIVE: Final = Words(" Sensitive.", "敏感。")
_PROGRAMS: Final = Words(" Programs: {families}.", "程序：{families}。")
_RULES: Final = Words("What is checked", "检查内容")
_RULES_ABOUT: Final = Words(
    "By preflight (`tally task check`), by each owner's node before its wallet signs and again at the start, and by the explorer: one function "
    "(`protocol/law/gate.py`). A finding refuses the task. Of the class *not declared* are findings about what nobody said at all: they are "
    "shown, and refuse where the consortium's policy says so.",
    "由预检（`tally task check`）、各数据方节点（钱包签署前与启动时各一次）及审计浏览器检查，均使用同一函数（`protocol/law/gate.py`）。检出即拒绝任务。"
    "“未声明”一类针对完全未作说明的内容：予以提示，联合体策略另有规定的则拒绝。",
)
_RULE: Final = Words("rule", "规则")
_HOLDS: Final = Words("must hold", "应当满足")
_CLASS: Final = Words("class", "类别")
_DO: Final = Words("what to do", "处理办法")
_REFUSES: Final = Words("refuses", "拒绝")
_UNDECLARED: Final = Words("not declared", "未声明")
_POLICY: Final = Words("What data ask for, by level and kind", "按级别与种类的要求")
_POLICY_ABOUT: Final = Words(
    "The default; a consortium replaces it by a file (`tally law policy --out FILE`, then `TALLY_LAW_POLICY_FILE` of coordinator and explorer and "
    "`law_policy` in each `node.toml`). The strictest of all lines that apply counts, and joined data have the highest level and all kinds of what "
    "is joined.",
    "此为默认值；联合体可用文件替换（`tally law policy --out FILE`，再设置协调方与审计浏览器的 `TALLY_LAW_POLICY_FILE` 以及各节点 `node.toml` 中的 "
    "`law_policy`）。取所有适用行中最严者；合并的数据取其最高级别与全部种类。",
)
_LEVEL: Final = Words("from level", "级别起")
_KIND: Final = Words("kind", "种类")
_PROTECTION: Final = Words("protection level at least", "保护等级至少")
_GROUP: Final = Words("minimum group at least", "最小分组至少")
_REVIEW: Final = Words("review", "复核")
_YES: Final = Words("yes", "是")
_NO: Final = Words("no", "否")
_EVERY: Final = Words("any", "任何")


def main(arguments: list[str] | None = None, folder: Path = DOCS) -> int:
    """Write or compare both pages; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.law_docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare with the committed pages")
    check = parser.parse_args(arguments).check
    old = 0
    for page in PAGES:
        path, wanted = folder / page.file, text(page)
        if not check:
            path.write_text(wanted, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != wanted:
            sys.stderr.write(f"{page.file} is not what the tables say: run `python -m tools.law_docs`.\n")
            old = 1
    return old


def text(page: Page) -> str:
    """The whole page in one language."""
    parts = [page.introduction, f"## {say(_LAWS, page.language)}", _laws(page.language)]
    for item in codes.TABLES:
        parts += [f"## {say(item.title, page.language)}", say(item.about, page.language), _codes(item, page.language)]
    parts += [f"## {say(_RULES, page.language)}", say(_RULES_ABOUT, page.language), _rules(page.language)]
    parts += [f"## {say(_POLICY, page.language)}", say(_POLICY_ABOUT, page.language), _policy(page.language)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _rules(language: Language) -> str:
    def row(rule: Rule) -> tuple[str, ...]:
        kind = say(_REFUSES if rule.declared else _UNDECLARED, language)
        return (
            f"`{rule.code}`", say(rule.about, language), kind, say(codes.cited(rule.articles), language), say(rule.fix, language),
        )  # fmt: skip

    return _table(_heads(language, _RULE, _HOLDS, _CLASS, _FROM, _DO), map(row, RULES))


def _policy(language: Language) -> str:
    rows = (
        (
            str(item.level),
            say(_EVERY if item.kind == ANY else codes.words_of(codes.KINDS, item.kind), language),
            str(item.protection),
            str(item.group),
            say(_YES if item.review else _NO, language),
        )
        for item in DEFAULT.demands
    )
    return _table(_heads(language, _LEVEL, _KIND, _PROTECTION, _GROUP, _REVIEW), rows)


def _laws(language: Language) -> str:
    rows = ((f"`{law.code}`", say(law.cited, language), say(law.name, language)) for law in codes.LAWS.values())
    return _table(_heads(language, _CODE, _WORDS, _LAW), rows)


def _codes(item: Table, language: Language) -> str:
    rows = (
        (f"`{each.code}`", say(each.words, language), _means(each, language), _articles(each, language))
        for each in item.codes
    )
    return _table(_heads(language, _CODE, _WORDS, _MEANS, _FROM), rows)


def _means(code: Code, language: Language) -> str:
    return say(code.about, language) + "".join(_more(code, language))


def _more(code: Code, language: Language) -> Iterator[str]:
    """What a table's codes have beside words and articles."""
    if isinstance(code, Basis) and code.purposes:
        yield say(_ONLY, language).format(purposes=_listed(code.purposes))
    if isinstance(code, Kind) and code.sensitive:
        yield say(_SENSITIVE, language)
    if isinstance(code, Operation):
        yield say(_PROGRAMS, language).format(families=_listed(code.families))


def _articles(code: Code, language: Language) -> str:
    found = codes.cited(code.articles) if code.articles else code.without
    return "" if found is None else say(found, language)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _heads(language: Language, *words: Words) -> tuple[str, ...]:
    return tuple(say(each, language) for each in words)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
