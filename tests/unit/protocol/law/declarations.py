"""A task over two declared data sets that lacks nothing, and needs everything that is declared: whatever is taken away is missed."""

from dataclasses import replace
from typing import Any

from protocol.contract import TaskContract
from protocol.law.declared import (
    Approval,
    ConsentScope,
    DataBasis,
    Declaration,
    Recipient,
    Sensitivity,
    Source,
)
from protocol.law.gate import Known
from protocol.law.wording import StatedBasis, basis_text, purpose_text
from tests.unit.protocol import samples
from tests.unit.protocol.samples import DIAGNOSES, MEASUREMENTS

NOW = 1_799_900_000
"""Some hours before the sample's deadline, 15 January 2027."""
DOCUMENT = b"\x51" * 32
REF = " [ref 5c2d8e01f4a97b36c0d1e2f3a4b5c6d7]"
WALLETS = {
    name: "0x" + digit * 40
    for name, digit in (
        ("exchange", "1"),
        ("hospital", "2"),
        ("laboratory", "3"),
        ("platform", "4"),
        ("regulator", "5"),
    )
}
BASIS = DataBasis("consent", DOCUMENT, "2025-01-01", "2027-12-31")
STATED = StatedBasis("consent", "0x" + DOCUMENT.hex(), "2027-12-31")


def contract(**changes: object) -> TaskContract:
    given: dict[str, object] = {
        "purpose": purpose_text("diagnosis", "which tumours are malignant") + REF,
        "legal_basis": basis_text("Patients' written consent", STATED) + REF,
        "impact_assessment": b"\x55" * 32,
        "protection_level": 4,
        "minimum_group": 20,
        "reviewer": "office",
        "review_within": 86_400,
    }
    return samples.contract(**{**given, **changes})


def diagnoses(**changes: Any) -> Declaration:
    """The hospital's: sensitive, of minors, taken in public places, and one who computes is abroad."""
    scope = ConsentScope(
        recipients=(
            Recipient("exchange", "trustee", "cn", WALLETS["exchange"]),
            Recipient("laboratory", "trustee", "sg", WALLETS["laboratory"]),
            Recipient("platform", "trustee", "cn"),
        ),
        others=(),
        purposes=("diagnosis",),
        operations=("align", "train"),
        kinds=("health", "minors"),
        separate=("cross-border", "guardian", "public-place", "sensitive"),
        template=DOCUMENT,
    )
    whole = Declaration(
        Source("public-place", necessity="The entrance must be safe", signs=True),
        (BASIS,),
        scope,
        "cn",
        (Approval("sg", "standard-contract", DOCUMENT, "2027-12-31"),),
        (
            Sensitivity("malignant", 4, ("health",)),
            Sensitivity("mean_radius", 4, ("health", "minors")),
            Sensitivity("patient", 3, ("personal",)),
            Sensitivity("ward", 5, ("genes",)),
        ),
    )
    return changed(whole, **changes)


def measurements(**changes: Any) -> Declaration:
    """The laboratory's, abroad: the hospital reads what becomes of them."""
    scope = ConsentScope(
        recipients=(
            Recipient("exchange", "trustee", "cn"),
            Recipient("hospital", "joint-processor", "cn", WALLETS["hospital"]),
            Recipient("platform", "trustee", "cn"),
        ),
        others=(),
        purposes=("diagnosis",),
        operations=("align", "train"),
        kinds=("health",),
        separate=("provision", "sensitive"),
        template=DOCUMENT,
    )
    whole = Declaration(
        Source("supplier", "Assay house", DOCUMENT),
        (BASIS,),
        scope,
        "sg",
        (),
        (Sensitivity("patient", 3, ("personal",)), Sensitivity("worst_area", 4, ("health",))),
    )
    return changed(whole, **changes)


def changed(whole: Declaration, **changes: Any) -> Declaration:
    """Fields of the declaration, or of its scope."""
    assert whole.scope is not None
    inner = {name: changes.pop(name) for name in list(changes) if name in ConsentScope.__dataclass_fields__}
    if inner:
        changes["scope"] = replace(whole.scope, **inner)
    return replace(whole, **changes)


def known(**changes: Any) -> Known:
    given: dict[str, Any] = {
        "declared": {DIAGNOSES: diagnoses(), MEASUREMENTS: measurements()},
        "wallets": WALLETS,
        "now": NOW,
    }
    return Known(**{**given, **changes})


def with_diagnoses(**changes: Any) -> Known:
    return known(declared={DIAGNOSES: diagnoses(**changes), MEASUREMENTS: measurements()})


def with_measurements(**changes: Any) -> Known:
    return known(declared={DIAGNOSES: diagnoses(), MEASUREMENTS: measurements(**changes)})
