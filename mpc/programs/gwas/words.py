"""Names of the figures of this family, in the order in which outputs have them."""

from typing import Final

COPIES: Final = (
    "controls with none", "controls with one", "controls with two", "cases with none", "cases with one", "cases with two",
)  # fmt: skip
"""Of each variant: people with so many copies of the counted allele; the others' dosage is missing."""
PEOPLE: Final = ("controls", "cases")
LIST_PARTS: Final = 16
"""The digest of a list of variants as whole numbers of 16 bits, the first bytes first."""
