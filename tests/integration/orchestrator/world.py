"""A small consortium on the embedded stack: three parties with nodes, a platform, a certifier and a regulator."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from unittest.mock import patch

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_keys.datatypes import PrivateKey

from chain import admission
from chain.bindings import programs
from chain.deploy import deploy
from chain.deployment import Deployment
from chain.endpoint import Endpoint
from chain.gateway import Gateway
from chain.indexer import Indexer
from client import Coordinator
from client.transport import Timing, Transport
from embedded.stack import Stack
from mpc.workflow.digest import ENGINE
from orchestrator.api.app import ApiContext, create_app
from orchestrator.chain_view import GatewayView
from orchestrator.dispatch.broker import Broker, BrokerAddress, BrokerAddresses
from orchestrator.engine.bundling import Bundling
from orchestrator.engine.indexing import IndexStore
from orchestrator.engine.publishing import Publishing
from orchestrator.engine.relaying import Relaying
from orchestrator.engine.starting import Starting
from orchestrator.services.domains import Domains
from orchestrator.services.preflight import Bounds
from orchestrator.services.sending import Sending
from orchestrator.services.signing_in import Door
from orchestrator.store import index
from orchestrator.store.database import Database
from orchestrator.store.migrate import migrate
from protocol import dsse, ids
from protocol.catalogue import DATA_SET_TYPE, Column, DataSetDescriptor
from protocol.contract import Input, Output, Step, TaskContract
from protocol.enrolment import ENROLMENT_TYPE, NO_ADDRESS, NO_KEY, Application, Enrolment
from protocol.messages import ANNOUNCEMENT_TYPE, Announcement
from protocol.programs import COMMITTEES, CostModel, Disclosure, Measured, Port, ProgramDescriptor, Words
from protocol.registrations import DataSetRegistration
from protocol.typed import Domain
from tests.admitting import registration
from tests.integration.orchestrator.queues import take_all
from tests.unit.orchestrator.asgi import client_of

NODES = ("exchange", "hospital", "laboratory")
WORDS = Words("text", "文本")
FREE = CostModel("1")
PUBLIC_URL = "https://tally.example/lab"
SESSION_LIFE = 3600
PROGRAM = "glm.logistic@1.0.0"
COLUMNS = (Column("age", "integer", WORDS, nullable=False), Column("outcome", "boolean", WORDS, nullable=False))


def account_signature(key: bytes, digest: bytes) -> bytes:
    signature = PrivateKey(key).sign_msg_hash(digest)
    return signature.to_bytes()[:64] + bytes([signature.v + 27])


@dataclass(frozen=True)
class KeySigner:
    """A :class:`client.Signer` over a plain key."""

    account: LocalAccount

    @property
    def address(self) -> str:
        return self.account.address

    def sign_digest(self, digest: bytes) -> bytes:
        return account_signature(bytes(self.account.key), digest)


@dataclass(frozen=True)
class Party:
    """A party's keys."""

    name: str
    roles: tuple[str, ...]
    wallet: LocalAccount = field(default_factory=Account.create)
    signer: LocalAccount = field(default_factory=Account.create)
    node: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    seal_key: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    run_by: str = ""

    @property
    def operator(self) -> str:
        return f"{self.run_by or self.name}-operator"

    @property
    def has_node(self) -> bool:
        return bool({"compute-provider", "data-provider"} & set(self.roles))

    @property
    def node_key(self) -> bytes:
        return self.node.public_key().public_bytes_raw() if self.has_node else NO_KEY

    def envelope(self, payload: bytes, payload_type: str = dsse.PAYLOAD_TYPE) -> bytes:
        return dsse.sign(payload, self.node.public_key().public_bytes_raw(), self.node.sign, payload_type)

    def sign(self, digest: bytes) -> bytes:
        return account_signature(bytes(self.signer.key), digest)

    def sign_wallet(self, digest: bytes) -> bytes:
        return account_signature(bytes(self.wallet.key), digest)


class Clock:
    """Wall-clock time that a test can move."""

    def __init__(self) -> None:
        self.offset = 0

    def __call__(self) -> int:
        return int(time.time()) + self.offset


class World:
    """Stack, chain, parties, API and engine steps; everything is driven by the test."""

    def __init__(self, stack: Stack, *, rpc_url: str | None = None, database: str | None = None) -> None:
        info = stack.info
        self.rpc_url = rpc_url or info.rpc_url
        self.dsn = database or info.database
        self.stack = stack
        self.admin = Account.create()
        self.deployment: Deployment = deploy(self.rpc_url, self.admin)
        self.gateway = Gateway(self.rpc_url, self.deployment, self.admin)
        self.domains = Domains.of(self.deployment)
        self.clock = Clock()
        migrate(self.dsn)
        self.database = Database(self.dsn)
        self.database.open()
        identity = self.deployment.deployment_id, self.deployment.genesis_hash
        with self.database.transaction() as tx:
            index.bind_deployment(
                tx, bytes.fromhex(identity[0][2:]), self.deployment.chain_id, bytes.fromhex(identity[1][2:])
            )
        self.parties = {
            "hospital": Party("hospital", ("compute-provider", "data-provider", "result-user")),
            "laboratory": Party("laboratory", ("compute-provider", "data-provider")),
            "exchange": Party("exchange", ("compute-provider",)),
            "platform": Party("platform", ("algorithm-provider", "platform", "scheduler")),
            "certifier": Party("certifier", ("certifier",)),
            "regulator": Party("regulator", ("regulator",)),
            "stranger": Party("stranger", ("result-user",)),
        }
        broker = info.coordinator
        self.broker = Broker(BrokerAddresses(BrokerAddress(broker.url, "party.{party}:"), ()))
        self.app = create_app(
            ApiContext(
                database=self.database,
                chain=GatewayView(Gateway(self.rpc_url, self.deployment)),
                domains=self.domains,
                deployment=self.deployment,
                bounds=Bounds("platform", shortest_notice=0),
                clock=self.clock,
                most_body=1024 * 1024,
                most_receipt=4 * 1024 * 1024,
                requests_per_minute=1_000_000,
                proxies=0,
                door=Door(PUBLIC_URL, self.deployment.chain_id, SESSION_LIFE),
            )
        )
        self.http = client_of(self.app)
        self.engine()

    def engine(self) -> None:
        """A new engine, as after a restart: nothing of the one before is kept."""
        sender = self.parties["platform"].wallet
        sending = Sending(Gateway(self.rpc_url, self.deployment, sender))
        reader = Gateway(self.rpc_url, self.deployment)
        self.sending = sending
        self.indexer = Indexer(reader, IndexStore(self.database), senders=True)
        self.relaying = Relaying(self.database, sending)
        self.starting = Starting(self.database, sending, GatewayView(reader), self.clock)
        self.publishing = Publishing(self.database, self.broker)
        self.bundling = Bundling(self.database, reader)

    def close(self) -> None:
        self.app.state.context.planner.close()
        self.broker.close()
        self.database.close()
        self.http.close()

    def turn(self) -> bool:
        """One step of every loop."""
        steps: list[Callable[[], bool]] = [
            lambda: bool(self.indexer.catch_up()),
            self.relaying.step,
            self.starting.start_step,
            self.starting.expire_step,
            self.publishing.step,
            self.bundling.step,
        ]
        # every step each time, not only up to the first busy one
        return sum(step() for step in steps) > 0

    def settle(self, turns: int = 30) -> None:
        """Turn until nothing happens."""
        for _ in range(turns):
            if not self.turn():
                return
        raise AssertionError("the engine does not come to rest")

    def client(self, name: str, *, node: bool = False) -> Coordinator:
        party = self.parties[name]
        transport = Transport("http://testserver", Timing(total=2.0, attempt=2.0), self.http)
        return Coordinator(
            "http://testserver",
            party=name,
            signer=KeySigner(party.signer if node else party.wallet),
            domains=self.domain_map(),
            transport=transport,
        )

    def domain_map(self) -> dict[str, Domain]:
        return {name: self.domains.domain(name) for name in self.deployment.contracts}

    def enrol(self, party: Party) -> Enrolment:
        application = self.enrolment(party)
        self.client(party.name).enrol(self.signed(application))
        return application

    def enrolment(self, party: Party) -> Enrolment:
        """What a party applies with."""
        return Enrolment(
            party=party.name,
            title=Words(party.name.title(), party.name),
            contact="office@example.org",
            wallet=party.wallet.address.lower(),
            node_signer=party.signer.address.lower() if party.has_node else NO_ADDRESS,
            node_key=party.node_key,
            seal_key=party.seal_key,
            operator=party.operator,
            roles=party.roles,
            deployment=self.domains.deployment_id,
        )

    def signed(self, enrolment: Enrolment) -> Application:
        """What the applicant's keys sign."""
        party, node = self.parties[enrolment.party], None
        if enrolment.has_node:
            node = party.envelope(enrolment.data(), ENROLMENT_TYPE), KeySigner(party.signer).sign_digest
        wallet = KeySigner(party.wallet).sign_digest
        return Application.of(enrolment, self.domains.domain("PartyRegistry"), wallet, node)

    def admit(self, party: Party) -> None:
        admission.admit(self.gateway, self.signed(self.enrol(party)))

    def register(self, owner: str, short: str, root: bytes, columns: tuple[Column, ...] = COLUMNS) -> str:
        party = self.parties[owner]
        reference = f"{short}-{secrets.token_hex(16)}"
        described = DataSetDescriptor(
            data_set=reference,
            version=1,
            owner=owner,
            title=WORDS,
            columns=columns,
            rows=1000,
            data_level=3,
            sensitive=(),
        )
        self.client(owner).register_data_set(party.envelope(described.data(), DATA_SET_TYPE))
        message = DataSetRegistration(reference, owner, 1, described.digest(), root, 1000, 3, "consent")
        self.gateway.send(registration(self.domains.domain, party.wallet, message))
        return reference

    def publish(self, program: str = PROGRAM, seconds: CostModel = FREE) -> ProgramDescriptor:
        descriptor = ProgramDescriptor(
            program=program,
            title=WORDS,
            inputs=(Port("table", "table", WORDS, 1, 9),),
            outputs=(
                Port("model", "shares", WORDS, support="model"),
                Port("scores", "shares", WORDS, support="per-person"),
            ),
            parameters=(),
            committee="three",
            min_parties=3,
            max_parties=3,
            protection_level=4,
            security_model=1,
            disclosures=(Disclosure("sizes", "everyone", WORDS),),
            seconds=seconds,
            code_digest=b"\x07" * 32,
            measured=(Measured("rows", 1, 1_000_000),),
        )
        three = COMMITTEES.index("three")
        self.gateway.send(programs.publish(ids.on_chain(program), descriptor.code_digest, three, 4, 1, 3, 3, 1))
        self.approve(program)
        return descriptor

    def publish_engine(self, engine: str = ENGINE, code_digest: bytes = b"\x08" * 32) -> None:
        """An engine, published and approved."""
        self.gateway.send(programs.publish_engine(ids.on_chain(engine), code_digest))
        self.approve(engine)

    def approve(self, release: str) -> None:
        self.certifier().send(programs.approve(ids.on_chain(release), ids.on_chain("certifier")))

    def succeed(self, older: str, newer: str) -> None:
        """An approved succession."""
        self.gateway.send(programs.declare_successor(ids.on_chain(older), ids.on_chain(newer)))
        names = (ids.on_chain(name) for name in (older, newer, "certifier"))
        self.certifier().send(programs.approve_successor(*names))

    def certifier(self) -> Gateway:
        return Gateway(self.rpc_url, self.deployment, self.parties["certifier"].wallet)

    def stack_mine(self, blocks: int) -> None:
        """Empty blocks."""
        for _ in range(blocks):
            self.gateway.endpoint._call("evm_mine")

    def counted(self, action: Callable[[], object]) -> list[str]:
        """The JSON-RPC methods that this process called meanwhile."""
        calls: list[str] = []
        kept = Endpoint._call

        def counting(endpoint: Endpoint, method: str, *params: object) -> object:
            calls.append(method)
            return kept(endpoint, method, *params)

        with patch.object(Endpoint, "_call", counting):
            action()
        return calls

    def prepare(self, program: str = PROGRAM) -> None:
        """Parties admitted, two data sets registered, a toy program published under a name and described, nodes announced."""
        for party in self.parties.values():
            self.admit(party)
        self.settle()
        self.roots = {"hospital": b"\x11" * 32, "laboratory": b"\x22" * 32}
        self.references = {
            "hospital": self.register("hospital", "diagnoses", self.roots["hospital"]),
            "laboratory": self.register("laboratory", "panels", self.roots["laboratory"]),
        }
        descriptor = self.publish(program)
        self.publish_engine()
        self.settle()
        self.client("platform").publish_program(descriptor)
        self.client("platform").name_engine(ENGINE)
        for sequence, name in enumerate(NODES, start=1):
            self.announce(name, sequence)

    def announce(self, name: str, sequence: int) -> None:
        payload = Announcement(name, "127.0.0.1", 4000 + sequence, sequence, ENGINE, b"\x08" * 32).data()
        self.client(name).receipt(self.parties[name].envelope(payload, ANNOUNCEMENT_TYPE))

    def contract(self, **changes: object) -> TaskContract:
        inputs = [
            Input(self.references["hospital"], 1, "hospital", ("outcome",), ()),
            Input(self.references["laboratory"], 1, "laboratory", ("age",), ()),
        ]
        made = TaskContract(
            nonce=secrets.token_hex(32),
            proposer="hospital",
            scheduler="platform",
            committee=NODES,
            inputs=tuple(sorted(inputs, key=lambda item: item.data_set)),
            engine=ENGINE,
            steps=(Step("train", PROGRAM, (), (("table", tuple(sorted(self.references.values()))),)),),
            outputs=(Output("train.model", ("hospital",)),),
            keeps=(),
            models=(),
            auditors=("regulator",),
            reviewer="",
            review_within=0,
            purpose=f"Predict readmission [ref {secrets.token_hex(16)}]",
            legal_basis=f"Consent on file [ref {secrets.token_hex(16)}]",
            impact_assessment=bytes(32),
            protection_level=4,
            minimum_group=10,
            automated_decision=False,
            deadline=self.clock() + 3600,
        )
        return replace(made, **changes)  # pyright: ignore[reportArgumentType]

    def started(self) -> bytes:
        """A task that both owners authorized and the engine started."""
        task = self.client("hospital").submit(self.contract())
        self.settle()
        self.authorize(task)
        self.settle()
        return task

    def authorize(self, task: bytes) -> None:
        for owner in ("hospital", "laboratory"):
            client = self.client(owner)
            for request in client.authorizations(task):
                if request.owner == owner:
                    client.authorize(task, client.sign(*client.asked(task, request, self.roots[owner])))

    def queued(self, party: str) -> list[dict[str, object]]:
        """Messages in a party's queue, taken out through the party's own credential."""
        return take_all(self.stack.broker.party(party), party)
