"""An owner's limit as a commented TOML file: drafted from a task contract, edited by hand, read back as the same document."""

import json
import re
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, cast

from protocol import canonical
from protocol.ask import Ask
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.programs import Words

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")

HEAD: Final = """\
# A limit of your own at this node, beside what your wallet signs: a task over the data set below must keep at least one.
# 本节点上您自己的限制，独立于钱包所签内容：使用下列数据集的任务须至少满足其中一份。
# Drafted from a contract: everything is as that contract says, and nothing may differ. Loosen what you mean to, in [ranges].
# 由合约起草：一切均以该合约为准，不得有任何不同。需要放宽之处请写在 [ranges] 中。
"""
ABOUT: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "data_set": Words("Yours; the limit is about nothing else.", "您的数据集；本限制只针对它。"),
        "tasks_per_day": Words("How many such tasks a day.", "每天此类任务的上限。"),
        "per_person": Words(
            'Outputs that may be opened although they are about single people: ["step.output"]; [] for none.',
            '虽涉及个人仍可公开的输出：["步骤.输出"]；[] 表示没有。',
        ),
        "terms": Words(
            "What a task must equal, field by field (not its nonce and deadline).",
            "任务须逐项相同之处（随机数与截止时间除外）。",
        ),
        "ranges": Words(
            "What may differ, each thing named. All empty: nothing may.",
            "可以不同之处，须逐一列出。全部为空：不允许任何不同。",
        ),
    }
)
"""What the document's parts are."""
RANGES: Final[Mapping[str, Words]] = MappingProxyType(
    {
        "parameters": Words(
            '"step.parameter" = { from = "0.01", to = "1" }, or the texts that it may be: ["newton", "momentum"]',
            "取值范围，或允许的取值列表",
        ),
        "filters": Words(
            'Values of a row filter: [{ data_set = "…", place = 0, values = { from = "2026-01-01", to = "2026-12-31" } }]',
            "行筛选条件允许的取值；place 从 0 起计",
        ),
        "versions": Words(
            "Data sets of others whose version may be any: their reference names.", "版本不限的他方数据集：其引用名"
        ),
        "absent": Words("Data sets of others that a task may leave out.", "任务可以不使用的他方数据集"),
        "counterparts": Words(
            "How many data sets of others must take part all the same, if some may be left out.",
            "允许缺席时，仍须参与的他方数据集数量",
        ),
        "until": Words(
            '"step.output" = "1798761600": the last second (unix time) until which what a task keeps may be kept.',
            "任务所保留内容的最后保留时刻（unix 秒）",
        ),
    }
)
"""What may be written into each of the ranges."""


def text(ask: Ask) -> str:
    """The TOML document, with comments in both languages."""
    found = ask.to_json()
    terms, ranges = (cast("dict[str, object]", found.pop(name)) for name in ("terms", "ranges"))
    lines = [HEAD]
    for name, value in found.items():
        lines += [*_about(ABOUT.get(name)), f"{name} = {_value(value)}"]
    lines += ["", *_about(ABOUT["terms"]), "[terms]"]
    lines += [f"{name} = {_value(value)}" for name, value in terms.items()]
    lines += ["", *_about(ABOUT["ranges"]), "[ranges]"]
    for name, value in ranges.items():
        lines += [*_about(RANGES[name]), f"{name} = {_value(value)}"]
    return "\n".join(lines) + "\n"


def read(data: bytes, *, toml: bool) -> Ask:
    """A limit as somebody wrote it, in TOML or in JSON of any layout."""
    if len(data) > LIMITS.task_contract:
        raise FormatError("policy.too_large", f"The document has {len(data)} bytes.", "At most 256 KiB.")
    if not toml:
        return Ask.parse(canonical.parse(data))
    try:
        return Ask.parse(tomllib.loads(data.decode("utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise FormatError("policy.not_toml", f"The document is not TOML: {error}.", "Correct the file.") from error


def _about(words: Words | None) -> list[str]:
    return [] if words is None else [f"# {words.english}", f"# {words.chinese}"]


def _value(value: object) -> str:
    """TOML of a JSON value: strings, numbers and lists are written alike, an object as an inline table."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return "{ " + ", ".join(f"{_key(name)} = {_value(item)}" for name, item in items) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(item) for item in cast("list[object]", value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else json.dumps(name, ensure_ascii=False)
