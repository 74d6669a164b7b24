"""The demo's whole system below one state folder: chain, database, broker, coordinator, explorer and three party nodes.

Everything is a process of its own with its own folder and keys. What is prepared stays, so that `tally up` brings the
same system back; whoever holds the :class:`System` ends all of it.
"""

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx
from eth_account.signers.local import LocalAccount

from chain import admission
from chain.child import Child, Program, end_orphan, plain_environment, write_atomically
from chain.deploy import deploy
from chain.gateway import Gateway
from demo.data import ID, LABEL, Side, write_csv
from demo.site import FOLDERS, RPC, Site
from demo.story import CAST, CERTIFIER, HOSPITAL, LABORATORY, PLATFORM, PROGRAMS
from embedded.stack import Stack
from mpc.programs import catalogue
from mpc.workflow.digest import ENGINE
from orchestrator.store.migrate import migrate
from protocol.errors import UnavailableError
from protocol.programs import Words
from tallystick.patience import patiently
from workers import enrol, keystore, wallet
from workers.config import NodeConfig
from workers.node import open_node
from workers.sources.schema import Schema

T = TypeVar("T")
STATE: Final = Path("state/demo")
DATA_SETS: Final = {
    HOSPITAL.name: ("diagnoses", Words("Diagnoses and mean features", "诊断与均值特征")),
    LABORATORY.name: ("assays", Words("Laboratory measurements", "检验测量值")),
}
COMMANDS: Final = {
    "api": ("coordinator", "api"),
    "engine": ("coordinator", "engine"),
    "explorer": ("explorer",),
    "node": ("node", "run"),
}
"""The commands of our own processes: the ones that `docker-compose.yml` lists."""
_START: Final = 60.0
_STOP: Final = 20.0


class System(Site):
    """The running system; use it as a context manager.

    ``sides`` are the owners' tables, needed the first time only. ``say`` is told what happens. ``work`` is scrypt's N for
    keystores and wallets: tests, which open them by the hundred, take less.
    """

    def __init__(
        self,
        state: Path,
        sides: dict[str, Side] | None = None,
        say: Callable[[str], None] = lambda _: None,
        work: int = keystore.WORK,
        programs: Collection[str] = PROGRAMS,
    ) -> None:
        super().__init__(state, work)
        self._sides: Final = sides
        self._say: Final = say
        self._programs: Final = programs
        self.stack: Final = Stack(state / "stack")
        self.children: Final[dict[str, Child]] = {}

    # life

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the stack and the coordinator, prepare what is missing, then start the nodes."""
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0:
            self.state.chmod(0o711)  # as root the database runs as another user, who must pass through
        for folder in FOLDERS:
            (self.state / folder).mkdir(mode=0o700, exist_ok=True)
        self._say("chain, database, broker")
        self.stack.start()
        write_atomically(self.state / RPC, self.rpc_url.encode())
        self._write_secrets()
        if not self.deployment_file.exists():
            self._say("contracts")
            self._make_wallets()
            account = self.wallet_account(PLATFORM.name)
            deploy(self.rpc_url, account, path=self.deployment_file)
            write_atomically(self.state / "secrets" / "sender", f"0x{bytes(account.key).hex()}".encode())
        self.start_coordinator()
        if not (self.state / "prepared").exists():
            self._prepare()
            write_atomically(self.state / "prepared", b"")
        self._publish_new()
        self._say("party nodes")
        self.start_nodes()

    def stop(self) -> None:
        """End our own processes, all at once, then what they stand on."""
        with ThreadPoolExecutor(max(1, len(self.children))) as pool:
            list(pool.map(lambda child: child.stop(_STOP), self.children.values()))
        self.children.clear()
        self.stack.stop()

    def erase(self) -> None:
        """Remove the stopped system's state."""
        self.stack.erase()
        shutil.rmtree(self.state, ignore_errors=True)

    # what it offers

    @property
    def rpc_url(self) -> str:
        """The devnet's endpoint."""
        return self.stack.info.rpc_url

    @property
    def explorer_url(self) -> str:
        """The audit explorer, by this machine's name: browsers make no passkeys for a number."""
        return f"http://localhost:{self.port('explorer')}"

    def data_set(self, party: str) -> str:
        """Reference name of a party's data set."""
        return json.loads((self.state / "data_sets.json").read_text())[party]

    # processes

    def start_coordinator(self) -> None:
        """Start API and engine, and wait until the API answers."""
        common = {
            "TALLY_DATABASE_URL_FILE": str(self.state / "secrets" / "database"),
            "TALLY_DEPLOYMENT_FILE": str(self.deployment_file),
            "TALLY_RPC_URL": self.rpc_url,
            "TALLY_SCHEDULER": PLATFORM.name,
        }
        engine = {
            "TALLY_STATE_DIR": str(self.state / "engine"),
            "TALLY_SIGNER_KEY_FILE": str(self.state / "secrets" / "sender"),
            "TALLY_BROKERS_FILE": str(self.state / "secrets" / "brokers"),
            "TALLY_BROKER_ADMIN_FILE": str(self.state / "secrets" / "broker-admin"),
            "TALLY_INTERVAL": "0.05",
        }
        self._say("coordinator")
        address = {"TALLY_PORT": str(self.port("api")), "TALLY_PUBLIC_URL": self.explorer_url}
        self.run("api", COMMANDS["api"], **common, **address)
        self.run("engine", COMMANDS["engine"], **common, **engine)
        self._wait_for(f"{self.api_url}/v1/health", "api")

    def start_explorer(self, *, demo_wallets: bool = False) -> None:
        """Start the audit explorer, and wait until it answers; with demo wallets in participants' pages where somebody tries them out."""
        trust = self.state / "explorer-trust.json"
        trust.write_bytes(self.deployment.trust().data())
        self.run(
            "explorer",
            COMMANDS["explorer"],
            TALLY_DATABASE_URL_FILE=str(self.state / "secrets" / "database"),
            TALLY_TRUST_FILE=str(trust),
            TALLY_COORDINATOR_URL=self.api_url,
            TALLY_RPC_URL=self.rpc_url,
            TALLY_DESK="forwarded",
            TALLY_PUBLISH="everything",  # on one machine, for one person
            TALLY_WALLET_RPC_URL=self.rpc_url,
            TALLY_PORT=str(self.port("explorer")),
            **({"TALLY_PASSKEY_ACCOUNTS": accounts} if (accounts := self.deployment.passkey_accounts) else {}),
            **({"TALLY_DEMO_WALLETS_FILE": str(self._demo_wallets())} if demo_wallets else {}),
        )
        self._wait_for(f"{self.explorer_url}/health", "explorer")

    def _demo_wallets(self) -> Path:
        """The cast's keys in the open; written once, for opening a wallet takes a while, on purpose."""
        path = self.state / "secrets" / "demo-wallets"
        if not path.exists():
            names = [role.name for role in CAST]
            with ThreadPoolExecutor(2) as pool:
                keys = [f"0x{bytes(account.key).hex()}" for account in pool.map(self.wallet_account, names)]
            write_atomically(path, json.dumps(dict(zip(names, keys, strict=True))).encode())
        return path

    def start_nodes(self) -> None:
        """Start the nodes of all parties whose node does not run yet."""
        for name in self.nodes():
            if f"node-{name}" not in self.children:
                self.start_node(name)

    def start_node(self, party: str) -> None:
        """Start a party's node. One that was made when the demo wrote broker URLs into files is issued its login, too."""
        folder = self.node_folder(party)
        if (config := NodeConfig.load(folder)).broker_url_file:
            replace(config, broker_url_file="", broker_prefix="").save(folder)
        self.run(f"node-{party}", (*COMMANDS["node"], "--state", str(self.node_folder(party))))

    def run(self, name: str, arguments: tuple[str, ...], **environment: str) -> Child:
        """Start one of our own commands as a child process; its log is `logs/NAME.log`."""
        record = self.state / "pids" / name
        program = Program(
            name,
            (str(Path(sys.executable).with_name("tally")), *arguments),
            plain_environment(**environment),
            record,
            self.state / "logs" / f"{name}.log",
        )
        end_orphan(record, program.stop_signal, _STOP)
        self.children[name] = Child.start(program)
        return self.children[name]

    def heal(self) -> tuple[str, ...]:
        """Start again whatever ended, with its state and at its address; returns the names.

        The engine ends itself when it loses the database's lock, for instance: whoever runs it starts it again.
        """
        ended = [name for name, child in self.children.items() if child.exit_code() is not None]
        healed = (*self.stack.heal(), *ended)
        for name in ended:
            self.children[name] = Child.start(self.children[name].program)
        return healed

    def _wait_for(self, url: str, name: str) -> None:
        until = time.monotonic() + _START
        while time.monotonic() < until:
            if self.children[name].exit_code() is not None:
                raise self.children[name].exited()
            with suppress(httpx.HTTPError):
                if httpx.get(url, timeout=2).status_code == HTTPStatus.OK:
                    return
            time.sleep(0.1)
        raise UnavailableError(
            "demo.not_started", f"{name} does not answer at {url}.", f"See {self.state / 'logs' / name}.log.", name=name
        )

    # preparation

    def _write_secrets(self) -> None:
        info, folder = self.stack.info, self.state / "secrets"
        migrate(info.database)
        brokers = {
            "default": {"url": info.coordinator.url, "key_prefix": "party.{party}:"},
            "parties": {},
        }
        write_atomically(folder / "database", info.database.encode())
        write_atomically(folder / "brokers", json.dumps(brokers).encode())
        write_atomically(folder / "broker-admin", json.dumps(self.stack.broker.administration).encode())

    def _make_wallets(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.make_wallet, (role.name for role in CAST)))

    def _prepare(self) -> None:
        assert self._sides is not None, "the first start needs the owners' tables"
        self._say("parties")
        with ThreadPoolExecutor(2) as pool:
            accounts = dict(
                zip((r.name for r in CAST), pool.map(self.wallet_account, (r.name for r in CAST)), strict=True)
            )
        gateway = Gateway(self.rpc_url, self.deployment, accounts[PLATFORM.name])
        for role in CAST:
            self.enrol(gateway, role, accounts[role.name])
        self._say("data sets")
        references = {
            owner: self._add_data_set(owner, side, wallet.WalletSigner(accounts[owner]))
            for owner, side in self._sides.items()
        }
        write_atomically(self.state / "data_sets.json", json.dumps(references).encode())

    def _publish_new(self) -> None:
        """Publish what is installed and was not published here before; looking it up on the chain at each start takes longer."""
        path = self.state / "published.json"
        done: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        installed = {it.program: it.code_digest.hex() for it in catalogue.descriptors() if it.program in self._programs}
        installed[ENGINE] = catalogue.engine_digest().hex()
        if new := {name for name, digest in installed.items() if done.get(name) != digest}:
            self._say("programs")
            self.publish(new, self.wallet_account(PLATFORM.name), self.wallet_account(CERTIFIER.name))
            write_atomically(path, json.dumps(done | installed).encode())

    def publish(self, programs: Collection[str], platform: LocalAccount, certifier: LocalAccount) -> None:
        """Publish the engine and installed programs, have them certified and describe the programs to the coordinator."""
        gateway = Gateway(self.rpc_url, self.deployment, platform)
        approver = Gateway(self.rpc_url, self.deployment, certifier)
        admission.publish_engine(gateway, ENGINE, catalogue.engine_digest())
        admission.approve(approver, ENGINE, CERTIFIER.name)
        found = [it for it in catalogue.descriptors() if it.program in programs]
        for descriptor in found:
            admission.publish(gateway, descriptor)  # both change nothing where a killed start had got so far
            admission.approve(approver, descriptor.program, CERTIFIER.name)
        with self.client(PLATFORM.name, platform) as client:  # after all of them: the index is waited for once
            patiently(lambda: client.name_engine(ENGINE))
            for descriptor in found:
                patiently(lambda descriptor=descriptor: client.publish_program(descriptor))

    def _add_data_set(self, owner: str, side: Side, signer: wallet.WalletSigner) -> str:
        name, title = DATA_SETS[owner]
        path = self.state / "files" / f"{name}.csv"
        write_csv(side, path)
        path.with_suffix(".json").write_text(json.dumps(schema_of(side, title)))
        with open_node(self.node_folder(owner)) as node:
            schema = Schema.read(path.with_suffix(".json"))
            stored = enrol.add_data_set(node, path, schema, name, "Patients' written consent to research use")
            patiently(lambda: enrol.register(node, stored, signer))
        return stored.data_set


def schema_of(side: Side, title: Words) -> dict[str, object]:
    """The declared schema of one side: ids, a 0/1 label, decimals from 0 to 10,000 (what such measurements can be)."""
    columns: list[dict[str, object]] = [{"name": ID, "kind": "identifier"}]
    for name in side.columns:
        if name == LABEL:
            columns.append({"name": name, "kind": "integer", "low": "0", "high": "1"})
        else:
            columns.append({"name": name, "kind": "decimal", "low": "0", "high": "10000", "scale": 7})
    return {
        "format": "tallystick/declared-schema/v2",
        "title": title.to_json(),
        "data_level": 4,
        "sensitive": ["health"],
        "columns": columns,
    }
