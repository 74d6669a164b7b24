"""The thresholds at which scores are judged: public, so that a result can name them."""

from typing import Final

SCORE_BITS: Final = 8


def grid(thresholds: int, span: float) -> list[float]:
    """Ascending thresholds from -span to span, at multiples of the scores' resolution."""
    unit = 1 << SCORE_BITS
    return [round(unit * (2 * span * i / (thresholds - 1) - span)) / unit for i in range(thresholds)]
