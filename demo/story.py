"""The demo's cast and its task contract: who takes part, what is asked of whom, and for whom."""

import secrets
from dataclasses import dataclass
from typing import Final

from demo.data import LABEL, Side
from mpc.programs.catalogue import find
from mpc.workflow.digest import ENGINE
from protocol.ask import complete
from protocol.contract import ZERO32, Input, Output, Step, TaskContract
from protocol.programs import Words

REGULARISATION: Final = "0.1"
TRAIN_FRACTION: Final = "0.7"
LIMIT: Final = "24"
"""Deviations. One record lies up to 18.5 from the mean of those that train: which ones do is drawn anew each time."""


@dataclass(frozen=True, slots=True)
class Role:
    """One of the cast; ``node`` says whether it runs a party node."""

    name: str
    title: Words
    roles: tuple[str, ...]
    node: bool


HOSPITAL: Final = Role(
    "hospital", Words("Hospital", "医院"), ("compute-provider", "data-provider", "result-user"), node=True
)
LABORATORY: Final = Role("laboratory", Words("Laboratory", "检验所"), ("compute-provider", "data-provider"), node=True)
EXCHANGE: Final = Role("exchange", Words("Data exchange", "数据交易所"), ("compute-provider",), node=True)
PLATFORM: Final = Role(
    "platform", Words("Platform operator", "平台运营方"), ("algorithm-provider", "platform", "scheduler"), node=False
)
REGULATOR: Final = Role("regulator", Words("Regulator", "监管方"), ("regulator",), node=False)
CERTIFIER: Final = Role("certifier", Words("Certifier", "认证机构"), ("certifier",), node=False)
CAST: Final = (HOSPITAL, LABORATORY, EXCHANGE, PLATFORM, REGULATOR, CERTIFIER)
NODES: Final = tuple(role for role in CAST if role.node)
PROGRAMS: Final = ("psi.align@1.0.0", "feature.standardize@1.0.0", "glm.logistic@1.0.0", "eval.binary@1.0.0")
OUTPUTS: Final = (
    "fit.coefficients", "fit.intercept", "scale.means", "scale.deviations",
    "judge.auc", "judge.ks", "judge.roc", "judge.counts",
)  # fmt: skip


def task_contract(
    references: dict[str, str],
    sides: dict[str, Side],
    deadline: int,
    *,
    assessment: bytes = ZERO32,
    outputs: tuple[str, ...] = OUTPUTS,
) -> TaskContract:
    """Align by patient, standardise, train, evaluate: coefficients, AUC, KS and ROC points to the hospital alone.

    ``references`` and ``sides`` map the owners' names to their data set's reference name and its table; ``assessment``
    is the SHA-256 of the impact assessment's document.
    """
    label = f"align.aligned.hospital.{LABEL}"
    inputs = tuple(
        Input(references[owner], 1, owner, tuple(sorted(sides[owner].columns)), ())
        for owner in sorted(references, key=lambda owner: references[owner])
    )
    contract = TaskContract(
        nonce=secrets.token_hex(32),
        proposer=HOSPITAL.name,
        scheduler=PLATFORM.name,
        committee=tuple(sorted(role.name for role in NODES)),
        inputs=inputs,
        engine=ENGINE,
        steps=(
            Step("align", "psi.align@1.0.0", (), (("tables", tuple(item.data_set for item in inputs)),)),
            Step(
                "scale",
                "feature.standardize@1.0.0",
                (("limit", LIMIT), ("train_fraction", TRAIN_FRACTION)),
                (("label", (label,)), ("tables", ("align.aligned",))),
            ),
            Step(
                "fit",
                "glm.logistic@1.0.0",
                (("c", REGULARISATION),),
                (("features", ("scale.features",)), ("label", (label,))),
            ),
            Step("judge", "eval.binary@1.0.0", (), (("labels", ("fit.labels",)), ("scores", ("fit.scores",)))),
        ),
        outputs=tuple(Output(source, (HOSPITAL.name,)) for source in outputs),
        keeps=(),
        models=(),
        auditors=(REGULATOR.name,),
        reviewer="",
        review_within=0,
        purpose=f"Early diagnosis model for breast tumours [ref {secrets.token_hex(16)}]",
        legal_basis=f"Patients' written consent to research use [ref {secrets.token_hex(16)}]",
        impact_assessment=assessment,
        protection_level=3,
        minimum_group=10,
        automated_decision=False,
        deadline=deadline,
    )
    return complete(contract, {name: find(name).published() for name in contract.programs})
