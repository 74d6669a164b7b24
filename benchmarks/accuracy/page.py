"""``docs/accuracy.md``, in English and Chinese, from the comparisons."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.accuracy.cases import Compared

PAGE: Final = Path(__file__).parents[2] / "docs" / "accuracy.md"
_SPLITS: Final = {"columns": "columns 列", "rows": "rows 行"}
_HEAD: Final = """# Accuracy 精度

Every number here was made by three parties over real links from rows that were split between their owners, and by an independent package from the same
rows in one place. *Ours* and *oracle* are where a figure's numbers differ most; *of the largest* is that difference over the largest of the oracle's numbers.
Written by `python -m benchmarks accuracy --write`; rows of data sets that are not beside the project are left out.

此处每个数值均由三方通过真实连接、在各方分别持有的数据上计算得出，并与独立软件包在集中数据上的结果对照。“ours”与“oracle”取该指标差异最大之处；“of the largest”为该差异与
对照值最大绝对值之比。由 `python -m benchmarks accuracy --write` 生成；项目旁没有的数据集不列出。

What to know when reading it 阅读说明:

- Coefficients of `glm.logistic` at c = 100 keep a trace of the penalty; standard errors stand beside those without any penalty, which is the whole of their difference.
  c = 100 时的标准误与无正则项的结果对照，差异即正则项所致。
- `eval.binary` counts scores within three units of the last place as ties, since products on shares differ there: AUC may differ by some pairs.
  `eval.binary` 将末位相差三个单位以内的分数视为相同，AUC 可能因个别样本对略有差异。
- `kmeans`: the oracle starts at our centres and must not move. 对照软件以本系统的聚类中心为起点，且不应移动。

| Program 程序 | Data 数据 | Rows × columns 行 × 列 | Split 切分 | Figure 指标 | Ours | Oracle | Difference 差异 | Of the largest 相对 | Package 软件包 |
|---|---|---|---|---|---|---|---|---|---|
"""


def text(found: Sequence[Compared]) -> str:
    """The page; numbers with the digits that say something."""
    return _HEAD + "".join(_line(each) for each in found)


def _line(each: Compared) -> str:
    part = each.difference / each.scale if each.scale else 0.0
    cells = [
        f"`{each.program}`",
        each.data,
        each.shape,
        _SPLITS[each.split],
        each.figure,
        f"{each.ours:.8g}",
        f"{each.oracle:.8g}",
        _small(each.difference),
        _small(part),
        each.package,
    ]
    return f"| {' | '.join(cells)} |\n"


def _small(value: float) -> str:
    return "0" if value == 0 else f"{value:.1e}"
