"""How the coordinator is, in one word for everybody and in full for parties; and its deployment."""

from fastapi import APIRouter

from metrics.ground import software_version
from orchestrator.api.context import ApiContext, Context
from orchestrator.api.security import EvidenceReader as ReaderOfEvidence
from orchestrator.api.security import SystemReader
from orchestrator.api.strict import StrictRoute
from orchestrator.store import faults, index, work
from orchestrator.store.migrate import missing
from protocol.api import DeploymentFile, EvidenceReader, Health, LoopState, Standing
from protocol.errors import UnavailableError

router = APIRouter(prefix="/v1", tags=["system"], route_class=StrictRoute)


@router.get("/health")
def health(context: Context) -> Standing:
    """Whether all is well; 200 as long as the coordinator answers at all. Which part is not well is for parties to read."""
    return Standing(_health(context).status)


@router.get("/ready")
def ready(context: Context) -> Standing:
    """Whether requests may be sent here: 200 once the database answers with the schema that this process knows, 503 otherwise.

    For who spreads requests over several processes. A chain or an engine that is away is no reason to send nobody: see `health`.
    """
    with context.database.transaction() as tx:
        absent = missing(tx)
    if absent:
        raise UnavailableError(
            "coordinator.not_ready",
            "The database's schema is another release's.",
            "Run `tally coordinator migrate`, then start this process again.",
        )
    return Standing("ok")


@router.get("/evidence/reader")
def evidence_reader(reader: ReaderOfEvidence) -> EvidenceReader:
    """Whose evidence the token opens: it is good as long as this answers."""
    return EvidenceReader(reader)


@router.get("/health/details")
def details(context: Context, _reader: SystemReader) -> Health:
    """How the coordinator and its parts are."""
    return _health(context)


def _health(context: ApiContext) -> Health:
    loops: tuple[LoopState, ...] = ()
    indexed: int | None = None
    database, dead = "ok", 0
    try:
        with context.database.transaction() as tx:
            loops = tuple(LoopState(**row) for row in work.loops(tx))
            kept = index.cursors(tx)
            indexed = kept[0][0] if kept else None
            dead = faults.count_dead(tx)
    except UnavailableError:
        database = "down"
    head = context.chain.head()
    well = database == "ok" and head is not None and bool(loops) and all(loop.code is None for loop in loops)
    well = well and not dead
    return Health(
        status="ok" if well else "degraded",
        version=software_version(),
        database="ok" if database == "ok" else "down",
        chain="down" if head is None else "ok",
        chain_head=head,
        indexed_block=indexed,
        engine=loops,
        dead_letters=dead,
    )


@router.get("/deployment")
def deployment(context: Context) -> DeploymentFile:
    """Which chain and contracts this coordinator works with."""
    found = context.deployment
    return DeploymentFile(
        chain_id=found.chain_id,
        deployment_id=bytes.fromhex(found.deployment_id[2:]),
        genesis_hash=bytes.fromhex(found.genesis_hash[2:]),
        contracts=tuple(sorted(found.contracts.items())),
        runtime_code_hashes=tuple(
            (name, bytes.fromhex(code[2:])) for name, code in sorted(found.runtime_code_hashes.items())
        ),
        confirmations=found.confirmations,
        deployed_block=found.deployed_block,
    )
