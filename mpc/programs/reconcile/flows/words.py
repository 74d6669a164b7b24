"""What findings are called, and the names of the figures of the results, in the order in which outputs have them."""

from typing import Final

LINE: Final = ("line", "finding")
FINDINGS: Final = (
    "one line, amounts agree", "one line, amounts differ", "several lines, sums agree", "several lines, sums differ",
    "missing at the banks", "a further line of a key",
)  # fmt: skip
"""By the number that stands for a finding: 0, 1, 2, 3, 4, 5."""
DIFFER, SEVERAL, MISSING, FURTHER = 1, 2, 4, 5
TOTALS: Final = (*FINDINGS, "lines of the banks", "of these, not reported")
KNOWN: Final = (FINDINGS[5], "lines of the banks")
"""Totals that the owner of the reported lines knows before: of its own lines, and a size."""
AMOUNTS: Final = ("reported, of keys found", "at the banks, of keys reported")
