"""Participants' pages over a real stack: chain, database, broker, the coordinator's API, and the explorer that passes it on."""

import json
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TypeVar

from audit_explorer.app import create_app
from audit_explorer.desk import Desk
from audit_explorer.forwarding import Forwarding
from audit_explorer.verification import Verifier
from chain.ports import free_port
from client import Coordinator
from client.transport import Timing
from embedded.stack import Stack
from orchestrator.api.app import create_app as create_api
from orchestrator.services.signing_in import Door
from protocol import ids
from protocol.contract import TaskContract
from tests import patience
from tests.browser.injected_wallet import InjectedWallet, a_wallet
from tests.integration.orchestrator.nodes import nodes_of, statement_head
from tests.integration.orchestrator.world import NODES, PROGRAM, SESSION_LIFE, KeySigner, World
from tests.serving import Served
from tests.unit.audit_explorer import fakes

T = TypeVar("T")


def apart(act: Callable[[], T]) -> T:
    """Does what the world's own clients do in a thread without an event loop: Playwright's has one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(act).result()


@dataclass(frozen=True)
class DeskSite:
    """The pages' address, and the world behind them, whose engine turns when a test says so."""

    url: str
    api: str
    world: World
    clients: dict[str, Coordinator] = field(default_factory=dict)

    def page(self, task: bytes | None = None, language: str = "en") -> str:
        """The inbox's address, or a task's."""
        desk = f"{self.url}/{language}/desk"
        return desk if task is None else f"{desk}/tasks/{ids.prefixed('task', task)}"

    def wallet(self, party: str) -> InjectedWallet:
        """The registered wallet of a party, on the deployment's chain."""
        return a_wallet(bytes(self.world.parties[party].wallet.key), self.world.deployment.chain_id)

    def client(self, party: str) -> Coordinator:
        """A party's client over a socket, as the command line has it: the world's own needs a thread without an event loop."""
        if party not in self.clients:
            signer = KeySigner(self.world.parties[party].wallet)
            timing = Timing(total=patience.scaled(20), attempt=patience.scaled(10))
            domains = self.world.domain_map()
            self.clients[party] = Coordinator(self.api, party=party, signer=signer, domains=domains, timing=timing)
        return self.clients[party]

    def proposed(self, **changes: object) -> bytes:
        """A task of the hospital's that waits for both owners."""
        task = self.client("hospital").submit(self.world.contract(**changes))
        self.world.settle()
        return task

    def computed(self, task: bytes, contract: TaskContract) -> None:
        """Every node of a started task commits to a run of it, as nodes do that computed the same."""
        run, nodes = secrets.token_bytes(32), nodes_of(self.world)

        def commit() -> None:
            for name in NODES:
                nodes[name].state(task, statement_head(self.world, task, contract.digest(), name))
                self.world.client(name).receipt(nodes[name].commitment(task, run))

        apart(commit)
        self.world.settle()

    def standing(self, task: bytes, owner: str) -> str:
        """How far an owner's consent is, as the coordinator tells by the command line's way."""
        (found,) = [it for it in self.client(owner).authorizations(task) if it.owner == owner]
        return found.status


@contextmanager
def desk_site(
    program: str = PROGRAM, rpc_url: str | None = None, demo: tuple[str, ...] = (), host: str = "127.0.0.1"
) -> Iterator[DeskSite]:
    """The site, until the block ends; ``program`` is what the world calls its toy program, ``rpc_url`` another chain's endpoint,
    ``demo`` are the parties whose wallets stand in the pages, and ``host`` is what browsers call this machine.
    """
    with Stack.temporary(NODES) as stack:
        world = World(stack, rpc_url=rpc_url)
        try:
            apart(lambda: world.prepare(program))
            port = free_port()
            url = f"http://{host}:{port}"
            context = replace(world.app.state.context, door=Door(url, world.deployment.chain_id, SESSION_LIFE))
            api = Served(create_api(context))
            trust = world.deployment.trust()
            keys = {name: f"0x{bytes(world.parties[name].wallet.key).hex()}" for name in demo}
            accounts = world.deployment.passkey_accounts.lower()
            shown = json.dumps(keys) if keys else ""
            desk = Desk(trust, Forwarding(api.url), world.rpc_url, passkey_accounts=accounts, demo_wallets=shown)
            pages = Served(create_app(fakes.FakeRecords([]), Verifier(trust), now=world.clock, desk=desk), port)
            site = DeskSite(url, api.url, world)
            try:
                yield site
            finally:
                for client in site.clients.values():
                    client.close()
                pages.stop()
                api.stop()
        finally:
            world.close()
