"""A contract that must not run is refused twice: by preflight in words with a fix, by the chain whoever sends it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from chain.errors import ChainError
from protocol.contract import Step, TaskContract, proposal_of
from protocol.errors import TallyError
from protocol.messages import SignedAuthorization
from tests.simulation import on_chain
from tests.simulation.cluster import Cluster
from tests.simulation.runs import Runs, contract_for
from workers.wallet import WalletSigner


@dataclass(frozen=True)
class Case:
    """``code``: preflight's. ``error``: the contracts', when ``act`` is tried on chain."""

    name: str
    spoil: Callable[[TaskContract], TaskContract]
    code: str
    error: str
    act: Callable[[Runs, TaskContract], None]


def proposing(runs: Runs, contract: TaskContract) -> None:
    gateway = on_chain.gateway_of(runs.cluster, contract.proposer)
    gateway.send(on_chain.propose(runs.cluster, contract))


def authorizing_as_another(runs: Runs, contract: TaskContract) -> None:
    """The hospital signs for the laboratory's data set."""
    task = runs.submit(contract_for(runs.cluster))
    signed = next(item for item in runs.sign(task) if item.owner == "laboratory")
    digest = signed.message.digest(runs.cluster.deployment.domain("Consents"))
    signature = WalletSigner(runs.cluster.wallet_account("hospital")).sign_digest(digest)
    forged = SignedAuthorization("hospital", signed.message, signature, signed.policy)
    on_chain.gateway_of(runs.cluster, "hospital").send(on_chain.submit(forged))


def with_unknown_program(contract: TaskContract) -> TaskContract:
    steps = tuple(
        Step(step.id, "glm.unheard@1.0.0", (), step.inputs) if step.id == "fit" else step for step in contract.steps
    )
    return replace(contract, steps=steps)


def with_all_data_the_hospitals(contract: TaskContract) -> TaskContract:
    return replace(contract, inputs=tuple(replace(item, owner="hospital") for item in contract.inputs))


CASES = (
    Case(
        "two_compute_parties", lambda c: replace(c, committee=("hospital", "laboratory")),
        "contract.committee_too_small", "BadLength", proposing,
    ),
    Case(
        "auditor_on_the_committee", lambda c: replace(c, auditors=("exchange",)),
        "contract.auditor_computes", "SameOperator", proposing,
    ),
    Case(
        "regulator_on_the_committee", lambda c: replace(c, committee=("hospital", "laboratory", "regulator"), auditors=()),
        "committee.audits", "AuditorOnCommittee", proposing,
    ),
    Case("unknown_program", with_unknown_program, "program.unknown", "UnknownRelease", proposing),
    Case(
        "expired_deadline", lambda c: replace(c, deadline=int(time.time()) - 5),
        "deadline.too_near", "OutOfRange", proposing,
    ),
    Case("other_owners_data", with_all_data_the_hospitals, "data_set.owner", "NotOwner", authorizing_as_another),
)  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_preflight_and_chain_both_refuse(runs: Runs, case: Case) -> None:
    contract = case.spoil(contract_for(runs.cluster))
    problems = preflight(runs.cluster, contract)
    assert case.code in {code for code, _, _ in problems}, problems
    assert all(what and fix for _, what, fix in problems), problems
    with runs.cluster.client("hospital") as client, pytest.raises(TallyError) as refused:
        client.submit(contract)
    assert refused.value.fix
    with pytest.raises(ChainError) as reverted:
        case.act(runs, contract)
    assert reverted.value.name == case.error, reverted.value
    assert reverted.value.fix
    assert runs.counts(proposal_of(contract).digest(runs.cluster.deployment.domain("Tasks")))["TaskStarted"] == 0


def preflight(cluster: Cluster, contract: TaskContract) -> list[tuple[str, str, str]]:
    """(code, what, fix) of every problem, whether the form or the facts are wrong."""
    with cluster.client("hospital") as client:
        try:
            return [(item.code, item.what, item.fix) for item in client.preflight(contract).problems]
        except TallyError as error:
            return [(error.code, error.what, error.fix)]
