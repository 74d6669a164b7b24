"""What this node's operator should know of its engine, as this node's own chain endpoint says."""

import structlog

from protocol.engines import Registered, Standing, standing
from protocol.errors import TallyError
from protocol.vocabulary import ReleaseKind
from workers.chain_view import ChainView
from workers.node import Node, installed_engine

_log = structlog.get_logger()


def own_standing(chain: ChainView) -> Standing | None:
    """About the engine that is installed here; None when all is well."""
    name, digest = installed_engine()
    facts = chain.release(name, chain.head())
    if facts is None or facts.kind != ReleaseKind.ENGINE:
        return standing(name, digest, None)
    return standing(name, digest, Registered(facts.code_digest, facts.approved, not facts.active, facts.successor))


def tell(node: Node) -> None:
    """A line in the log when the node starts, so that nobody learns of it by a refused task; never in the way.

    The code only: `tally node status` says it in words, with what to do.
    """
    try:
        found = own_standing(node.chain)
    except TallyError as error:
        _log.warning("engine.not_asked", code=error.code)
        return
    if found is not None:
        _log.warning("engine.standing", code=found.code, engine=installed_engine()[0], usable=found.usable)
