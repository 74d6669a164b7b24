"""What stands along the axes of a result, as people read it; which names an output's axes have is the programs' to say
(:mod:`mpc.programs.axes`).
"""

from dataclasses import dataclass
from typing import Final

from protocol.programs import Words


@dataclass(frozen=True, slots=True)
class Axis:
    """``of`` says what stands along the axis, a key of :data:`KINDS`; ``names`` has one for each place."""

    of: str
    names: tuple[str, ...]


KINDS: Final = {
    "column": Words("column", "列"),
    "row": Words("row", "行"),
    "class": Words("class", "类别"),
    "true class": Words("true class", "真实类别"),
    "predicted class": Words("predicted class", "预测类别"),
    "group": Words("group", "分组"),
    "bin": Words("bin", "分箱"),
    "cut": Words("cut", "切分点"),
    "part": Words("part of the rows below", "低于该值的行占比"),
    "threshold": Words("rows below the threshold", "低于阈值的行占比"),
    "figure": Words("figure", "指标"),
    "cluster": Words("cluster", "簇"),
    "tree": Words("tree", "树"),
    "node": Words("node", "节点"),
    "leaf": Words("leaf", "叶节点"),
    "reason": Words("reason", "原因"),
    "variant": Words("variant", "位点"),
    "place": Words("place", "位置"),
}
"""What can stand along an axis, in words."""


def places(of: str, size: int) -> Axis:
    """An axis whose places are counted from 1."""
    return Axis(of, tuple(str(place) for place in range(1, size + 1)))


def counted(shape: tuple[int, ...]) -> tuple[Axis, ...]:
    """Places by their numbers, where no names are known."""
    return tuple(places("place", size) for size in shape)
