"""The verifier key of a party's log, as the chain has it: for witnesses that follow the log, and for whoever reads its checkpoints."""

from pathlib import Path

from chain.bindings import anchors, party_registry
from chain.deployment import Deployment
from chain.gateway import Gateway
from protocol import checkpoint, ids
from protocol.checkpoint import Origin
from protocol.errors import RefusedError
from protocol.vkeys import VerifierKey


def log_key(rpc: str, file: Path, party: str) -> VerifierKey:
    """The node key that the registry holds for a party, under the name of its log's open epoch; as of the last final block. ``file`` is the
    reader's own deployment file.

    Raises :class:`RefusedError` ``party.unknown`` for a party that is not registered, ``party.no_node`` for one without a node.
    """
    deployment = Deployment.load(file)
    gateway, found = Gateway(rpc, deployment), ids.on_chain(ids.name(party, "party"))
    at = gateway.finalized_block()
    if not gateway.read(party_registry.key_period(found), block=at):
        raise RefusedError("party.unknown", f"The registry has no party {party!r}.", "Check the name.", party=party)
    key = gateway.read(party_registry.get(found), block=at).node_key
    if not any(key):
        raise RefusedError(
            "party.no_node", f"{party} has no node, and no log.", "Name a party with a node.", party=party
        )
    epoch, _, _ = gateway.read(anchors.head(found), block=at)
    origin = Origin(bytes.fromhex(deployment.deployment_id[2:]), deployment.chain_id, party, epoch)
    return VerifierKey(origin.text(), checkpoint.ED25519, key)
