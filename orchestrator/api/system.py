"""Public endpoints: health and deployment."""

from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter

from orchestrator.api.context import Context
from orchestrator.api.models import DeploymentView, HealthView, LoopView
from orchestrator.api.strict import StrictRoute
from orchestrator.store import faults, index, work
from protocol.errors import UnavailableError

router = APIRouter(prefix="/v1", tags=["system"], route_class=StrictRoute)


def software_version() -> str:
    """The installed version, `0+source` from a checkout."""
    try:
        return version("tallystick")
    except PackageNotFoundError:
        return "0+source"


@router.get("/health")
def health(context: Context) -> HealthView:
    """How the coordinator is; 200 as long as it answers at all."""
    loops: list[LoopView] = []
    indexed: int | None = None
    database, dead = "ok", 0
    try:
        with context.database.transaction() as tx:
            loops = [LoopView(**row) for row in work.loops(tx)]
            kept = index.cursors(tx)
            indexed = kept[0][0] if kept else None
            dead = faults.count_dead(tx)
    except UnavailableError:
        database = "down"
    head = context.chain.head()
    well = database == "ok" and head is not None and bool(loops) and all(loop.code is None for loop in loops)
    well = well and not dead
    return HealthView(
        status="ok" if well else "degraded",
        version=software_version(),
        database="ok" if database == "ok" else "down",
        chain="down" if head is None else "ok",
        chain_head=None if head is None else str(head),
        indexed_block=None if indexed is None else str(indexed),
        engine=loops,
        dead_letters=dead,
    )


@router.get("/deployment")
def deployment(context: Context) -> DeploymentView:
    """Which chain and contracts this coordinator works with."""
    found = context.deployment
    return DeploymentView(
        chain_id=str(found.chain_id),
        deployment_id=found.deployment_id,
        genesis_hash=found.genesis_hash,
        contracts=dict(found.contracts),
        runtime_code_hashes=dict(found.runtime_code_hashes),
        confirmations=found.confirmations,
        deployed_block=str(found.deployed_block),
    )
