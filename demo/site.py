"""One party's, or the operator's, way into a running demo: its state folder, its chain endpoint, its coordinator.

What is prepared here goes the ways that everybody goes: a wallet signs an application, the office admits it by its
fingerprint, the coordinator issues the node's broker login. Whoever runs the system and whoever adds a party to it while
it runs use the same steps.
"""

import json
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from eth_account.signers.local import LocalAccount

from chain import admission
from chain.child import write_atomically
from chain.deployment import Deployment
from chain.gateway import Gateway
from chain.ports import free_port
from client import Coordinator
from demo.story import CAST, NODES, PLATFORM, Role
from protocol import ids
from protocol.enrolment import Profile
from protocol.errors import RefusedError
from protocol.programs import Words
from tallystick import opening
from workers import enrol, keystore, wallet
from workers.config import NodeConfig
from workers.node import DEPLOYMENT, load_settings

LOOPBACK: Final = "127.0.0.1"
RPC: Final = "rpc-url"
FOLDERS: Final = ("logs", "pids", "secrets", "nodes", "wallets", "passphrases", "files", "settings", "guests")
JOINED: Final = ("compute-provider", "data-provider", "result-user")
"""Roles of a party that is added to a running system."""


class Site:
    """State folder and addresses of a system that runs; ``work`` is scrypt's N for keystores and wallets."""

    def __init__(self, state: Path, work: int = keystore.WORK) -> None:
        self.state: Final = state
        self.work: Final = work

    @property
    def rpc_url(self) -> str:
        """The devnet's endpoint."""
        return (self.state / RPC).read_text()

    @property
    def api_url(self) -> str:
        """The coordinator's API."""
        return f"http://{LOOPBACK}:{self.port('api')}"

    @property
    def deployment_file(self) -> Path:
        """The deployment file that all parties of the demo were given."""
        return self.state / DEPLOYMENT

    @property
    def deployment(self) -> Deployment:
        """The deployment."""
        return Deployment.load(self.deployment_file)

    def node_folder(self, party: str) -> Path:
        """A party node's state folder."""
        return self.state / "nodes" / party

    def passphrase(self, name: str) -> Path:
        """The passphrase file of a wallet (``wallet-NAME``) or a node (``node-NAME``)."""
        return self.state / "passphrases" / name

    def port(self, name: str) -> int:
        """A port drawn once and kept, so that addresses survive a restart."""
        path = self.state / "ports.json"
        ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if name not in ports:
            ports[name] = free_port()
            write_atomically(path, json.dumps(ports).encode())
        return ports[name]

    def wallet_account(self, party: str) -> LocalAccount:
        """A party's wallet, opened with its own passphrase file."""
        folder = self.state / "wallets" / party
        return wallet.load(folder, keystore.read_passphrase(self.passphrase(f"wallet-{party}"), folder))

    def make_wallet(self, party: str) -> None:
        """A wallet with a passphrase of its own; one that is there stays."""
        folder, passphrase = self.state / "wallets" / party, self.passphrase(f"wallet-{party}")
        if (folder / wallet.FILE).exists():
            return
        if not passphrase.exists():
            keystore.create_passphrase(passphrase)
        wallet.create(folder, keystore.read_passphrase(passphrase, folder), self.work)

    @contextmanager
    def client(self, party: str, account: LocalAccount | None = None) -> Generator[Coordinator]:
        """The coordinator's client as a party uses it: its own wallet and deployment file."""
        signer = wallet.WalletSigner(account or self.wallet_account(party))
        with opening.coordinator(self.api_url, party, signer, self.deployment) as found:
            yield found

    def joined(self) -> tuple[str, ...]:
        """The parties that were added, in their order."""
        path = self.state / "joined.json"
        return tuple(json.loads(path.read_text())) if path.exists() else ()

    def parties(self) -> Iterator[tuple[str, bool]]:
        """Every party's name and whether it runs a node."""
        yield from ((role.name, role.node) for role in CAST)
        yield from ((name, True) for name in self.joined())

    def nodes(self) -> tuple[str, ...]:
        """The names of those that run a node."""
        return (*(role.name for role in NODES), *self.joined())

    def add(self, party: str) -> None:
        """Have a new party apply and admit it; from then on it belongs to the system. Repeated, it goes on where it was."""
        if ids.name(party, "party") in {role.name for role in CAST}:
            raise RefusedError("up.party_exists", f"{party} is there already.", "Name another party.")
        self.make_wallet(party)
        role = Role(party, Words(party, party), JOINED, node=True)
        self.enrol(
            Gateway(self.rpc_url, self.deployment, self.wallet_account(PLATFORM.name)), role, self.wallet_account(party)
        )
        if party not in self.joined():
            write_atomically(self.state / "joined.json", json.dumps([*self.joined(), party]).encode())

    def enrol(self, office: Gateway, role: Role, account: LocalAccount) -> None:
        """Apply with a wallet and, where the role has one, a node; ``office`` admits exactly that application."""
        registry, signer = self.deployment.domain("PartyRegistry"), wallet.WalletSigner(account)
        profile = Profile(role.title, f"{role.name}@example.org", f"{role.name}-operator", role.roles)
        if role.node:
            config, keys = self._make_node(role, account)
            enrolment = enrol.enrolment_of(config, keys, profile, registry.salt)
        else:
            enrolment, keys = profile.enrolment(role.name, account.address, registry.salt), None
        application = enrol.application_of(enrolment, registry, signer, keys)
        if role.node:
            enrol.keep_application(self.node_folder(role.name), application)
        with self.client(role.name, account) as client:
            client.enrol(application)
        admission.admit(office, application, fingerprint=enrolment.fingerprint)

    def _make_node(self, role: Role, account: LocalAccount) -> tuple[NodeConfig, keystore.NodeKeys]:
        folder, port = self.node_folder(role.name), self.port(f"link-{role.name}")
        if folder.exists():
            return load_settings(folder)
        config = NodeConfig(
            party=role.name,
            coordinator_url=self.api_url,
            rpc_url=self.rpc_url,
            broker_url_file="",
            broker_prefix="",
            passphrase_file=str(self.passphrase(f"node-{role.name}")),
            wallet_address=account.address,
            bind_host=LOOPBACK,
            bind_port=port,
            advertise_host=LOOPBACK,
            advertise_port=port,
        )
        return config, enrol.init(folder, config, self.deployment_file, self.work)
