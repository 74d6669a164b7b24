"""Costs of counting genotypes."""

from typing import Final

from mpc.programs.costs import Made, Tables, Terms, step

TERMS: Final = Terms(work=["", "variants", "variants*owners", "rows*variants", "owners"])


def cases(tables: Tables) -> list[Made]:
    """Each centre's genotypes over a short and a longer list."""
    if not tables.stacked:
        return []
    return [
        (
            name,
            (step("test", "gwas.assoc", {"variants": variants}, tables=tables.genotypes),),
            ("test.counts", "test.people"),
        )
        for name, variants in (("genotypes", 1000), ("genotypes-many", 20_000))
    ]
