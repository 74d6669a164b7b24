"""What the law asks of a task, at an owner's node: the one gate, over the data sets that are this node's own, under the policy that is set here.

Others' data sets are judged by their owners' nodes. The joint level of a task is the highest of all, and each owner asks for what its own calls for,
so together they ask for the highest.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from protocol.contract import TaskContract
from protocol.errors import FormatError
from protocol.law import gate
from protocol.law.declared import Declaration
from protocol.law.gate import Known, LegalFinding
from protocol.law.policy import DEFAULT, Policy
from workers.chain_view import ChainView, Head

_LARGEST: Final = Policy.LIMIT


def policy_at(path: str) -> Policy:
    """The policy of ``node.toml``'s ``law_policy``; the default where none is named."""
    if not path:
        return DEFAULT
    file = Path(path)
    if not file.is_file() or file.stat().st_size > _LARGEST:
        raise FormatError(
            "law.policy_missing",
            f"The law policy {path} is missing or too large.",
            "Correct `law_policy` in node.toml, or remove it for the default.",
        )
    return Policy.from_toml(file.read_bytes())


def findings(
    chain: ChainView,
    head: Head,
    contract: TaskContract,
    own: Mapping[str, Declaration | None],
    policy: Policy,
    now: int,
) -> tuple[LegalFinding, ...]:
    """What is lacking by what this owner declared of ``own`` data sets; wallets are those of the node's own endpoint at ``head``."""
    if not own:
        return ()
    found = {name: chain.party(name, head) for name in gate.parties(contract)}
    wallets = {name: facts.wallet.lower() for name, facts in found.items() if facts is not None}
    return gate.examine(contract, Known(own, wallets, now), policy)


def refusal(found: tuple[LegalFinding, ...], policy: Policy) -> str:
    """What refuses, in one line for the operator's log; "" where nothing does."""
    return "; ".join(
        f"{item.code}: {item.said().english} {item.rule.fix.english}" for item in found if item.refuses(policy)
    )
