"""What a party can do on chain by itself, past any coordinator."""

from chain.abi import Write
from chain.bindings import consents, tasks
from chain.gateway import Gateway
from protocol import ids
from protocol.contract import TaskContract, proposal_of
from protocol.messages import SignedAuthorization
from tests.simulation.cluster import Cluster
from workers.wallet import WalletSigner


def gateway_of(cluster: Cluster, party: str) -> Gateway:
    """The chain as a party's wallet reaches it."""
    return Gateway(cluster.rpc_url, cluster.deployment, cluster.wallet_account(party))


def propose(cluster: Cluster, contract: TaskContract) -> Write:
    """The proposal, signed by the proposer's wallet."""
    message = proposal_of(contract)
    digest = message.digest(cluster.deployment.domain("Tasks"))
    signature = WalletSigner(cluster.wallet_account(contract.proposer)).sign_digest(digest)
    return tasks.propose(tasks.Proposal(*message.chain_args()), signature)


def submit(signed: SignedAuthorization) -> Write:
    """An owner's authorization."""
    return consents.submit(
        consents.Authorization(*signed.message.chain_args()), ids.on_chain(signed.owner), signed.signature
    )


def start(contract: TaskContract, authorizations: tuple[bytes, ...]) -> Write:
    """The start, with one authorization for each data set."""
    return tasks.start(tasks.Proposal(*proposal_of(contract).chain_args()), authorizations)


def start_without_coordinator(cluster: Cluster, contract: TaskContract, given: tuple[SignedAuthorization, ...]) -> None:
    """Authorizations and start by the proposer's own wallet."""
    gateway, domain = gateway_of(cluster, contract.proposer), cluster.deployment.domain("Consents")
    for signed in given:
        gateway.send(submit(signed))
    by_data_set = {signed.message.data_set: signed.message.digest(domain) for signed in given}
    gateway.send(start(contract, tuple(by_data_set[item.data_set] for item in contract.inputs)))
