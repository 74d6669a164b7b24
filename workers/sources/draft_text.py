"""A drafted schema as a commented TOML file: every line is for its owner to confirm."""

import json
from typing import Final

from protocol.programs import Words
from workers.sources.draft import Draft, Drafted
from workers.sources.schema import FORMAT, Column

HEAD: Final = """\
# Declared schema, drafted from {rows} rows. Nothing here is decided: confirm every line, above all those marked CONFIRM.
# 由{rows}行数据起草的声明。以下均未定案：请逐行核对，尤其是注明“请确认”之处。
# How each field is written: docs/user-guide.md, "The declared schema". 各字段写法见 docs/user-guide.zh-CN.md“声明的表结构”。

format = "{format}"
# What others see. 其他参与方可见的标题。
title = {title}
# Your decision: 1 (open) to 5 (most sensitive). 由您决定：1（公开）至5（最敏感）。
data_level = 5
# Special kinds of data, sorted, as ["finance", "health"]. 特殊类别，按字母排序。
sensitive = []
# What the law asks of these data stays "not declared" until you write [law], and level and kinds at each column: docs/law.md.
# 在您写明 [law] 以及各列的 level 与 kinds 之前，法律要求的声明一律显示为“未声明”：见 docs/law.zh-CN.md。
"""


def text(draft: Draft, title: str) -> str:
    """The TOML document, with comments in both languages."""
    lines = [HEAD.format(rows=draft.rows, format=FORMAT, title=_words(Words(title, title)))]
    lines += [_comment(note) for note in draft.notes]
    form = draft.form.to_json()
    if form:
        lines += ["[file]", *(f"{name} = {_value(value)}" for name, value in form.items()), ""]
    for drafted in draft.columns:
        lines += [*_column(drafted), ""]
    return "\n".join(lines)


def _column(drafted: Drafted) -> list[str]:
    lines = [_comment(drafted.seen), *(_comment(note) for note in drafted.notes)]
    if drafted.column is None:
        name = _value(drafted.source)
        return [f"# {name}: left out, as long as nothing takes it. {name}：暂不使用。", *lines]
    return [*lines, "[[columns]]", *_fields(drafted.column)]


def _fields(column: Column) -> list[str]:
    found = column.to_json()
    if not column.null:
        del found["null"]
    about = found.pop("about")
    lines = [f"{name} = {_value(value)}" for name, value in found.items()]
    return [*lines, f"about = {_value(about)}"]


def _words(words: Words) -> str:
    return _value(words.to_json())


def _value(value: object) -> str:
    """TOML of a JSON value: strings and lists are written alike, an object as an inline table."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_value(item)}" for name, item in value.items()) + " }"  # pyright: ignore[reportUnknownVariableType]
    return json.dumps(value, ensure_ascii=False)


def _comment(words: Words) -> str:
    return f"# {words.english}\n# {words.chinese}"
