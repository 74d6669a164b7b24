"""The integrator's client: a party's tasks from the catalogue to the verified result, over one coordinator that it need not believe.

What the coordinator says is recomputed where it can be (:mod:`client`); errors are those of the API, with its stable codes.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias, TypeVar

from chain.deployment import Deployment
from client import Coordinator, Signer
from client.transport import Timing
from protocol import ids
from protocol.api import DataSetView, PartyView, Preflight, ProgramView, TaskStatus
from protocol.contract import ZERO32, TaskContract
from protocol.errors import FormatError, RefusedError
from protocol.limits import LIMITS
from protocol.messages import SignedAuthorization
from protocol.programs import Language, ProgramDescriptor, Words
from protocol.reasons import BY_CODE, WITHDRAWALS
from protocol.typed import KIND_REFUSAL, KIND_WITHDRAWAL, Abort
from protocol.verify import Report
from tallystick import consents, drawing, opening, progress
from tallystick.consents import Consent
from tallystick.draft import Draft
from tallystick.listing import pages
from tallystick.patience import PATIENCE, patiently

if TYPE_CHECKING:
    from tallystick.frames import Result

T = TypeVar("T", ProgramView, DataSetView, PartyView)
Contract: TypeAlias = Draft | TaskContract | Mapping[str, object]
"""What can be submitted: a draft, a contract, or its JSON as a dict (:meth:`Client.complete` writes out what a dict leaves out)."""
_EVIDENCE = 120.0


class Client:
    """A party's client. Every method may be called again: nothing happens twice.

    ``signer`` holds the party's key: a wallet from disk (:meth:`open`), or anything that signs a 32-byte digest.
    ``deployment`` is the party's own copy of the deployment file; ``rpc`` its own chain endpoint, which only
    :meth:`verify` needs; ``node`` its node's state folder, which :meth:`add` and :meth:`result` need.
    """

    def __init__(
        self,
        coordinator: str,
        *,
        party: str,
        signer: Signer,
        deployment: Deployment | str | Path,
        rpc: str | None = None,
        node: str | Path | None = None,
        timing: Timing | None = None,
    ) -> None:
        found = deployment if isinstance(deployment, Deployment) else Deployment.load(Path(deployment))
        self._place = opening.Place(
            coordinator, ids.name(party, "party"), found, rpc, None if node is None else Path(node)
        )
        self._signer = signer
        self._coordinator = opening.coordinator(coordinator, party, signer, found, timing)
        self._programs: dict[str, ProgramView] | None = None

    @classmethod
    def open(cls, settings: str | Path | None = None, *, signer: Signer | None = None) -> Self:
        """From a file of ``TALLY_…`` settings and the environment, as the commands take them (``settings.missing``).

        The wallet in ``TALLY_WALLET`` is opened with ``TALLY_WALLET_PASSPHRASE_FILE``, unless a ``signer`` is given.
        """
        found = opening.settings_of(settings)
        place = opening.Place.of(found)
        if signer is None:
            folder, passphrase = (
                Path(opening.needed(found, name)) for name in ("TALLY_WALLET", "TALLY_WALLET_PASSPHRASE_FILE")
            )
            signer = opening.wallet_signer(folder, passphrase)
        return cls(
            place.coordinator,
            party=place.party,
            signer=signer,
            deployment=place.deployment,
            rpc=place.rpc,
            node=place.node,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close connections."""
        self._coordinator.close()

    @property
    def party(self) -> str:
        """Whose client this is."""
        return self._place.party

    @property
    def coordinator(self) -> Coordinator:
        """All endpoints of the coordinator as calls."""
        return self._coordinator

    # the catalogue

    def programs(self) -> dict[str, ProgramDescriptor]:
        """The approved programs by their full names."""
        return {name: view.descriptor for name, view in self._listed().items() if view.status == "approved"}

    def program(self, name: str) -> ProgramDescriptor:
        """A program: ``glm.logistic@1.0.0``, or ``glm.logistic`` for its newest approved version (``draft.no_program``)."""
        known = self.programs()
        if not (fitting := _fitting(known, name)):  # it may have been approved since
            self._programs = None
            known = self.programs()
            fitting = _fitting(known, name)
        if not fitting:
            raise RefusedError(
                "draft.no_program", f"There is no approved program {name!r}.", f"There are {', '.join(sorted(known))}."
            )
        return known[max(fitting, key=_version)]

    def data_set(self, name: str) -> DataSetView:
        """A data set: by its reference, or by its short name where one alone that this party may know of begins so.

        Raises ``draft.data_set`` where there is none, or more than one.
        """
        if _is_reference(name):
            return self._coordinator.data_set(name)
        found = [it for it in pages(self._coordinator.data_sets) if it.data_set.rpartition("-")[0] == name]
        newest = {it.data_set: it for it in sorted(found, key=lambda it: it.version)}
        if len(newest) != 1:
            raise RefusedError(
                "draft.data_set",
                f"{len(newest)} data sets that you may know of are called {name!r}.",
                f"Name one by its reference: {', '.join(sorted(newest))}."
                if newest
                else "Ask its owner for its reference.",
            )
        return next(iter(newest.values()))

    def add(
        self,
        file: str | Path,
        schema: str | Path,
        *,
        name: str,
        legal_basis: str,
        visible_to: Sequence[str] = (),
        within: float = PATIENCE,
    ) -> DataSetView:
        """Have this party's node read, check and store a file, and register it with the wallet; once the coordinator shows it.

        As ``tally node dataset add``: the rows stay at the node. Needs the role ``node``.
        """
        node = self._node()
        with opening.needing("node"):
            from tallystick import own_node

        reference = own_node.add(node, Path(file), Path(schema), name, legal_basis, self._signer, visible_to)
        until = time.monotonic() + within
        while True:
            found = patiently(lambda: self._coordinator.data_set(reference), within)
            if found.status == "registered" or time.monotonic() >= until:
                return found
            time.sleep(progress.EVERY)

    # a task

    def task(
        self,
        purpose: str,
        legal_basis: str,
        committee: Collection[str],
        *,
        auditors: Collection[str] = (),
        hours: int = 1,
        minimum_group: int = 10,
        protection_level: int | None = None,
        scheduler: str | None = None,
        engine: str | None = None,
        reviewer: str = "",
        review_within: timedelta = timedelta(0),
        impact_assessment: str | Path | None = None,
        automated_decision: bool = False,
    ) -> Draft:
        """Begin a task that this party proposes: at least three compute parties, the newest engine and the one scheduler unless named.

        ``hours`` until the deadline. ``protection_level`` is that of the weakest program without a word. ``impact_assessment`` is the
        document's file, of which the SHA-256 goes into the contract.
        """
        digest = ZERO32 if impact_assessment is None else hashlib.sha256(Path(impact_assessment).read_bytes()).digest()
        terms: dict[str, object] = {
            "proposer": self.party,
            "scheduler": scheduler or self._scheduler(),
            "committee": sorted(committee),
            "auditors": sorted(auditors),
            "reviewer": reviewer,
            "review_within": int(review_within.total_seconds()),
            "purpose": purpose,
            "legal_basis": legal_basis,
            "impact_assessment": "0x" + digest.hex(),
            "minimum_group": minimum_group,
            "automated_decision": automated_decision,
        }
        if engine is not None:
            terms["engine"] = engine
        if protection_level is not None:
            terms["protection_level"] = protection_level
        self._listed()  # a draft asks nobody
        return Draft(self.program, terms | drawing.missing(self._coordinator, terms, hours))

    def complete(self, contract: Mapping[str, object], hours: int = 1) -> TaskContract:
        """A contract as a dict with what nobody should have to make up: engine, nonce, references, deadline, defaults.

        Draw once and keep what comes back: each call draws another nonce, which is another task.
        """
        given = dict(contract)
        added = drawing.missing(self._coordinator, given, hours)
        return self._coordinator.complete(TaskContract.parse({**given, **added}))

    def preflight(self, contract: Contract) -> Preflight:
        """Every problem at once, what becomes known, and what it would cost; nothing is proposed."""
        return self._coordinator.preflight(_contract(contract))

    def submit(self, contract: Contract, signature: bytes | None = None) -> str:
        """Sign the proposal and submit it; the task's id (``task_…``).

        Raises ``task.problems`` for what preflight finds. ``signature`` is another software's over preflight's ``typed_data``.
        """
        return ids.prefixed("task", self._coordinator.submit(_contract(contract), signature))

    def status(self, task: str) -> TaskStatus:
        """How a task stands."""
        return self._coordinator.task(_id(task))

    def follow(self, task: str, within: float | None = None) -> Iterator[TaskStatus]:
        """A task's status twice a second until it has ended, or after ``within`` seconds (its deadline, without a word)."""
        identifier = _id(task)
        first = patiently(lambda: self._coordinator.task(identifier))
        left = max(0.0, first.deadline + LIMITS.deadline_grace - time.time()) if within is None else within
        return progress.steps(lambda: self._coordinator.task(identifier), time.monotonic() + left)

    def watch(
        self,
        task: str,
        within: float | None = None,
        *,
        bar: bool = True,
        show: Callable[[TaskStatus], None] | None = None,
        language: Language = "en",
    ) -> TaskStatus:
        """Follow a task until it has completed, with a bar on the terminal (``bar``) or whatever ``show`` does with each status.

        Raises ``task.not_completed`` with the reasons where it ended otherwise, ``task.still_running`` when the time is over.
        """
        status: TaskStatus | None = None
        if show is not None or not bar:
            for status in self.follow(task, within):
                if show is not None:
                    show(status)
        else:
            with progress.bar(language) as draw:
                for status in self.follow(task, within):
                    draw(status)
        assert status is not None, "whoever follows sees one status at least"
        if (error := progress.ended(status)) is not None:
            raise error
        return status

    # an owner's word

    def consent(self, task: str, *, per_person: Collection[str] = (), within: float = PATIENCE) -> Consent:
        """What a task asks of this party's data, rebuilt from its contract, and what the own node finds in the rows: read it, then
        :meth:`sign` or :meth:`refuse`.

        ``per_person`` names outputs (``step.output``) that may go although they are about single people (``authorization.per_person``).
        """
        identifier = _id(task)
        patiently(lambda: self._coordinator.authorizations(identifier), within)
        asked = consents.asked(self._coordinator, identifier, per_person)
        found = consents.tried(self._coordinator, identifier, self._place.node) if asked else None
        rows, untried = (None, found) if isinstance(found, Words) else (found, None)
        typed = tuple(each.message.typed_data(self._place.deployment.domain(each.message.HOME)) for each in asked)
        return Consent(task, asked, rows, untried, typed)

    def sign(
        self, consent: Consent, *, anyway: bool = False, signatures: Sequence[bytes] | None = None
    ) -> tuple[str, ...]:
        """Sign what a consent asks and hand it in: the authorizations' ids (``auth_…``).

        ``signatures`` are another software's over the consent's ``typed_data``. Raises ``authorization.rows_cannot`` where the own
        rows or node would stop the task, unless ``anyway``.
        """
        if not anyway:
            consents.refuse_what_rows_cannot(consent.rows)
        if signatures is not None and len(signatures) != len(consent.asked):
            raise FormatError(
                "consent.signatures",
                f"{len(signatures)} signatures for {len(consent.asked)} data sets.",
                "Sign each of the consent's `typed_data`, in their order.",
            )
        given = [None] * len(consent.asked) if signatures is None else signatures
        signed = [
            self._coordinator.sign(each.message, each.ask)
            if signature is None
            else SignedAuthorization(self.party, each.message, signature, each.ask.data())
            for each, signature in zip(consent.asked, given, strict=True)
        ]
        return tuple(self._coordinator.authorize(_id(consent.task), each).id for each in signed)

    def refuse(self, task: str) -> None:
        """Say no to a task that asks for this party's data; final for this task."""
        reason = BY_CODE["owner.declined"].number
        self._coordinator.refuse(Abort(_id(task), self.party, KIND_REFUSAL, reason, bytes(32)))

    def withdraw(self, task: str, reason: str = WITHDRAWALS[0]) -> None:
        """Take back what this party proposed and what has not started; final for this task. ``proposer.corrected`` says that it
        comes again with corrections.
        """
        if reason not in WITHDRAWALS:
            raise FormatError(
                "withdrawal.reason", f"There is no reason {reason!r}.", f"Use one of {', '.join(WITHDRAWALS)}."
            )
        number = BY_CODE[reason].number
        self._coordinator.withdraw(Abort(_id(task), self.party, KIND_WITHDRAWAL, number, bytes(32)))

    # what comes out

    def result(self, task: str, within: float = 60.0) -> "Result":
        """A completed task's result as pandas objects, by output: numbers under the names of columns, classes, thresholds.

        Every share is checked against its commitment on chain. Needs the node's state folder, where the key that opens the
        shares lies, and the extra ``pandas``. Raises ``result.not_yet`` after ``within`` seconds.
        """
        node = self._node()
        with opening.needing("node,pandas"):
            from tallystick import frames, own_node

        return frames.Result(own_node.result(node, _id(task), within))

    def evidence(self, task: str, within: float = _EVIDENCE) -> bytes:
        """A task's evidence bundle (zip), once it is there (``evidence.not_ready`` after ``within`` seconds)."""
        identifier = _id(task)
        return patiently(lambda: self._coordinator.evidence(identifier), within)

    def verify(self, task: str | bytes) -> Report:
        """Check a task's evidence in ten steps against the own deployment file and the own chain endpoint; ``exit_code`` 0: all hold.

        ``task`` is its id, or a bundle's bytes. For checking offline with a trust root of your own there is ``tally verify``.
        """
        from tallystick import verification

        rpc = self._place.rpc
        if rpc is None:
            raise FormatError("settings.missing", "TALLY_RPC_URL is not set.", "Name your own chain endpoint.")
        data = self.evidence(task) if isinstance(task, str) else task
        return verification.checked(data, self._place.deployment.trust(), rpc)

    # inside

    def _node(self) -> Path:
        if self._place.node is None:
            raise FormatError("settings.missing", "TALLY_NODE_STATE is not set.", "Name your own node's state folder.")
        return self._place.node

    def _listed(self) -> dict[str, ProgramView]:
        if self._programs is None:
            self._programs = {view.program: view for view in pages(self._coordinator.programs)}
        return self._programs

    def _scheduler(self) -> str:
        found = [
            it.name for it in pages(self._coordinator.parties) if "scheduler" in it.roles and it.status == "active"
        ]
        if len(found) != 1:
            raise RefusedError(
                "draft.scheduler",
                f"{len(found)} parties start tasks here.",
                f"Name one with scheduler=: {', '.join(sorted(found)) or 'ask the operator'}.",
            )
        return found[0]


def _contract(given: Contract) -> TaskContract:
    if isinstance(given, Draft):
        return given.contract()
    return given if isinstance(given, TaskContract) else TaskContract.parse(dict(given))


def _id(task: str) -> bytes:
    return ids.unprefixed("task", task)


def _fitting(known: Collection[str], name: str) -> list[str]:
    return [full for full in known if name in (full, full.partition("@")[0])]


def _version(program: str) -> tuple[int, ...]:
    return tuple(int(part) for part in program.partition("@")[2].split("."))


def _is_reference(name: str) -> bool:
    try:
        ids.reference(name)
    except FormatError:
        return False
    return True
