"""What the numbers of an output are about, in words, and which outputs go only where the owners let them go.

The one vocabulary for descriptions of programs, consent, preflight and documentation. A contract's minimum group k is about
people that the readers do not bring themselves (docs/adr/0071); each kind says what it needs.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from protocol.programs import Support, Words

WORDS: Final[Mapping[Support, Words]] = MappingProxyType(
    {
        "aggregate": Words(
            "about many rows together: never fewer people than the minimum group",
            "多行汇总：涉及人数不少于最小分组",
        ),
        "cells": Words(
            "by group or class: hidden where one would be about fewer people than the minimum group",
            "按组或类别：若有一格涉及人数少于最小分组则不予显示",
        ),
        "model": Words(
            "fitted to many rows: no fewer people than the minimum group, and three for each number of the model",
            "由多行拟合：人数不少于最小分组，且不少于模型参数个数的三倍",
        ),
        "order-statistic": Words(
            "VALUES OF SINGLE PEOPLE (smallest, largest, in between)",
            "单个人的取值（最小、最大或分位）",
        ),
        "per-person": Words("ABOUT SINGLE PEOPLE, row by row", "逐行涉及单个人"),
        "structure": Words("sizes and marks, no figures of people", "规模与标记，不含个人数据"),
        "held": Words("stays as shares or with its owners; nobody reads it", "以份额形式或由数据方保留，无人可读"),
    }
)
"""By kind, the least revealing last."""
UNKNOWN: Final = WORDS["per-person"]
"""What is not known counts as about single people."""


def needs_consent(support: Support, minimum_group: int) -> bool:
    """Whether an output opens only if every owner let it go by name.

    Row by row always; a value of a single person where a group was agreed, which such a value would break.
    """
    return support == "per-person" or (support == "order-statistic" and minimum_group > 1)
