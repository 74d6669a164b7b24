"""The result user's side: fetch sealed shares, believe none of them unchecked, reconstruct, attest.

Any two shares give a result, marked *unchecked* until a third agrees; shares that contradict each other reject the result
without naming a party, since degree-1 sharing among three detects and cannot attribute.
"""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import structlog
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from client import result_file
from client.result_file import MadeBy
from mpc.programs.axes import named
from mpc.programs.catalogue import CATALOGUE
from mpc.workflow.graph import Workflow
from protocol import commitments, sealing
from protocol.axes import Axis, counted
from protocol.backends import MODULUS
from protocol.commitments import SHARE_BYTES, Tensor
from protocol.contract import Step, TaskContract
from protocol.errors import RefusedError, TallyError, UnavailableError, VerificationError
from protocol.messages import ChainRequest, SealedShare
from protocol.typed import ResultAttestation
from protocol.vocabulary import Review, TaskState
from workers import disk
from workers.chain_view import Head
from workers.checks import contract_of
from workers.node import Desk, open_desk
from workers.outbox import OF_THE_SENDER, Outbox
from workers.sealed import SealedOutput

_log = structlog.get_logger()
WAIT: Final = 2
_LONGEST_WAIT: Final = 60
KEPT: Final = 30 * 86_400
"""Seconds after which nobody waits for a result any more: the nodes keep its shares no longer (``workers.jobs.settle``)."""
RESULT: Final = "result.json"


@dataclass(frozen=True, slots=True)
class Piece:
    """One party's opened and checked shares: (output name hash) → (salt, share); ``point`` is its Shamir point."""

    party: str
    point: int
    shares: dict[bytes, tuple[bytes, Tensor]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Result:
    """A reconstructed result. ``checked`` says that one share more than needed agreed."""

    task: bytes
    run: bytes
    checked: bool
    outputs: tuple[tuple[str, tuple[bytes, ...], Tensor], ...] = field(repr=False)
    axes: Mapping[str, tuple[Axis, ...]] = field(default_factory=dict, repr=False)
    steps: tuple[MadeBy, ...] = ()

    def digest(self) -> bytes:
        """The salted hash that is attested; only with every committee party's salt."""
        named = [(commitments.output_name(source), salts, tensor) for source, salts, tensor in self.outputs]
        return commitments.result_hash(self.task, self.run, named)

    def data(self) -> bytes:
        """The file for the user: names along the axes, values as numbers, exact elements, and the salts that recompute the
        attested hash.
        """
        return json.dumps(
            {
                "format": result_file.FORMAT,
                "task": f"task_{self.task.hex()}",
                "run": f"run_{self.run.hex()}",
                "checked": self.checked,
                "result_hash": "0x" + self.digest().hex() if self.checked else None,
                "steps": [
                    {"step": it.step, "program": it.program, "parameters": dict(it.parameters)} for it in self.steps
                ],
                "outputs": {
                    source: {
                        "shape": list(tensor.shape),
                        "axes": [
                            {"of": axis.of, "names": list(axis.names)}
                            for axis in self.axes.get(source, counted(tensor.shape))
                        ],
                        "fraction_bits": tensor.fraction_bits,
                        "values": values_of(tensor),
                        "elements": base64.b64encode(tensor.data).decode(),
                        "salts": ["0x" + salt.hex() for salt in salts],
                    }
                    for source, salts, tensor in self.outputs
                },
            },
            indent=1,
        ).encode()


def collect(node: Desk, task: bytes) -> bool:
    """Fetch, check and store a result; True when it is attested and nothing is left to do.

    Raises ``UnavailableError`` while shares are missing and ``VerificationError`` when they cannot be believed.
    """
    at = node.chain.head()
    facts = node.chain.task(task, at)
    if facts.state in (TaskState.DISPUTED, TaskState.ABORTED, TaskState.REFUSED, TaskState.EXPIRED):
        raise RefusedError(
            "result.none", f"The task ended as {facts.state.name.lower()}: there is no result.", "Read its reason."
        )
    if facts.state != TaskState.COMPLETED:
        raise UnavailableError("result.not_yet", "The chain does not show the task as completed.", "Try again later.")
    contract = _contract(node, task)
    if node.party not in contract.result_users:
        raise RefusedError("result.not_yours", f"{node.party} is no result user of this task.", "Ask a result user.")
    if contract.reviewer and facts.review != Review.APPROVED:
        raise UnavailableError(
            "result.in_review", "The named reviewer has not approved the output.", "Try again later."
        )
    shares = node.coordinator.sealed(task, node.party)
    entitled = {commitments.output_name(o.source) for o in contract.outputs if node.party in o.users}
    arrived = {party: [share for share in shares if share.party == party] for party in contract.committee}
    pieces = [
        _piece(node, contract, facts.run, mine, at)
        for mine in arrived.values()
        if {share.output for share in mine} == entitled and len(mine) == len(entitled)
    ]
    result = reconstruct(task, facts.run, contract, node.party, pieces)
    disk.write_private(_folder(node, task) / RESULT, result.data())
    if not result.checked:
        return False
    message = ResultAttestation(task, facts.run, node.party, result.digest())
    signature = node.keys.sign_typed(message, node.chain.domain("Tasks"))
    node.state.post(ChainRequest("attest", message, signature, (), ()), task, "chain", node.clock())
    _log.info("result.attested", task=task.hex())
    return True


def fetched(state: Path, task: bytes) -> bytes:
    """The result's file of the node in a state folder: as it is there, else fetched, checked, stored and its hash attested.

    Raises as :func:`collect`. A result to which not all shares have arrived is stored as unchecked, and stays so until the node
    or another call finds them.
    """
    path = state / "results" / task.hex() / RESULT
    if not path.exists():
        with open_desk(state) as desk:
            desk.state.add_collection(task, desk.clock())
            done = collect(desk, task)
            desk.state.set_collection(task, "attested" if done else "unchecked", 0)
            Outbox(desk).deliver()
    return disk.read_private(path, result_file.LIMIT)


def keep_alignment(node: Desk, task: bytes, alignment: Sequence[str]) -> None:
    """Keep, beside the result, this owner's own ids in the order of the aligned rows (which rows matched it knows)."""
    if alignment:
        disk.write_private(_folder(node, task) / "alignment.json", json.dumps(list(alignment)).encode())


def collect_waiting(node: Desk) -> None:
    """Try every result that is waited for."""
    for task, since in node.state.collections(node.clock()):
        if node.stopping.is_set():
            return
        now = node.clock()
        again = now + min(_LONGEST_WAIT, max(WAIT, (now - since) // 8))
        try:
            done = collect(node, task)
            node.state.set_collection(task, "attested" if done else "unchecked", again)
        except TallyError as error:
            if now < since + KEPT and (isinstance(error, UnavailableError) or error.code.startswith(OF_THE_SENDER)):
                _log.info("result.waiting", task=task.hex(), code=error.code)
                node.state.set_collection(task, "waiting", again)
            else:
                _log.error("result.refused", task=task.hex(), code=error.code)
                node.state.set_collection(task, "refused", 0)


def reconstruct(task: bytes, run: bytes, contract: TaskContract, user: str, pieces: Sequence[Piece]) -> Result:
    """The outputs a user is entitled to, from the shares of distinct parties.

    Raises ``result.too_few_shares`` below the threshold and ``result.inconsistent`` when the shares lie on no polynomial.
    """
    needed = (len(contract.committee) - 1) // 2 + 1
    ordered = sorted(pieces, key=lambda piece: piece.point)
    if any(a.point == b.point for a, b in pairwise(ordered)):
        raise VerificationError("result.duplicate", "A party's shares came twice.", "Fetch again.")
    if len(ordered) < needed:
        raise UnavailableError(
            "result.too_few_shares", f"{len(ordered)} of {needed} needed shares have arrived.", "Try again later."
        )
    outputs: list[tuple[str, tuple[bytes, ...], Tensor]] = []
    for output in contract.outputs:
        if user not in output.users:
            continue
        name = commitments.output_name(output.source)
        held = [(piece.point, *piece.shares[name]) for piece in ordered]
        tensors = [tensor for _, _, tensor in held]
        if len({(tensor.shape, tensor.fraction_bits) for tensor in tensors}) != 1:
            raise _inconsistent()
        points = [point for point, _, _ in held]
        elements = _interpolate(points, [_elements(tensor) for tensor in tensors], needed)
        data = b"".join(element.to_bytes(SHARE_BYTES, "little") for element in elements)
        salts = tuple(salt for _, salt, _ in held)
        outputs.append((output.source, salts, Tensor(tensors[0].shape, tensors[0].fraction_bits, data)))
    workflow = Workflow.of(contract)
    axes = {source: named(workflow, source, tensor.shape) for source, _, tensor in outputs}
    steps = tuple(map(made_by, contract.steps))
    return Result(task, run, len(ordered) == len(contract.committee), tuple(outputs), axes, steps)


def made_by(step: Step) -> MadeBy:
    """A step with all its parameters; of a program that is not installed here, those that the contract names."""
    given = dict(step.parameters)
    if step.program in CATALOGUE:
        given = {spec.name: spec.default for spec in CATALOGUE[step.program].parameters} | given
    return MadeBy(step.id, step.program, {name: str(value) for name, value in given.items()})


def values_of(tensor: Tensor) -> Any:  # noqa: ANN401 - nested lists of the tensor's shape
    """Signed fixed-point values as nested lists of floats (integers where there are no fraction bits)."""
    flat: list[Any] = []
    for element in _elements(tensor):
        signed = element - MODULUS if element > MODULUS // 2 else element
        flat.append(signed / (1 << tensor.fraction_bits) if tensor.fraction_bits else signed)
    for size in reversed(tensor.shape[1:]):
        flat = [flat[i : i + size] for i in range(0, len(flat), size)] if size else []
    return flat if tensor.shape else flat[0]


def _folder(node: Desk, task: bytes) -> Path:
    return disk.private_dir(disk.private_dir(node.folder / "results") / task.hex())


def _contract(node: Desk, task: bytes) -> TaskContract:
    """The task's contract: from this node's own job, else from the coordinator, whose answer is checked by its id."""
    job = node.state.job(task)
    if job is not None:
        return contract_of(job.dispatch, node.chain.domain("Tasks"))
    return node.coordinator.task(task).contract


def _piece(node: Desk, contract: TaskContract, run: bytes, shares: Sequence[SealedShare], at: Head) -> Piece:
    """Open one party's shares: what it lists against its commitment on chain, each share against what it lists."""
    key = X25519PrivateKey.from_private_bytes(node.keys.seal_key)
    task, party = shares[0].task, shares[0].party
    committed = node.chain.commitment(task, party, at)
    if committed is None or committed.run != run:
        raise VerificationError("result.uncommitted", f"{party} has not committed to this run.", "Fetch again.")
    opened: dict[bytes, tuple[bytes, Tensor]] = {}
    for share in shares:
        blob = SealedOutput.read(share.sealed)
        if commitments.output_shares(task, run, party, blob.commitments) != committed.output_shares:
            raise VerificationError(
                "result.other_shares", f"{party} lists other shares than it committed to on chain.", "Report it."
            )
        held = dict(blob.commitments)
        if share.output not in held:
            raise VerificationError("result.other_output", f"{party} never committed to this output.", "Report it.")
        context = sealing.SealContext(task, run, party, share.output, held[share.output])
        found = sealing.open_share(key, context, blob.sealed)
        opened[share.output] = (found.salt, found.tensor)
    return Piece(party, contract.committee.index(party) + 1, opened)


def _elements(tensor: Tensor) -> list[int]:
    data = tensor.data
    return [int.from_bytes(data[i : i + SHARE_BYTES], "little") for i in range(0, len(data), SHARE_BYTES)]


def _interpolate(points: list[int], shares: list[list[int]], needed: int) -> list[int]:
    """Values at 0 from the first ``needed`` shares; every further share must lie on the same polynomial."""
    head = points[:needed]
    at_zero = _weights(head, 0)
    values = [
        sum(w * s for w, s in zip(at_zero, column, strict=True)) % MODULUS
        for column in zip(*shares[:needed], strict=True)
    ]
    for point, extra in zip(points[needed:], shares[needed:], strict=True):
        weights = _weights(head, point)
        columns = zip(*shares[:needed], strict=True)
        if any(
            sum(w * s for w, s in zip(weights, column, strict=True)) % MODULUS != e
            for column, e in zip(columns, extra, strict=True)
        ):
            raise _inconsistent()
    return values


def _weights(points: list[int], target: int) -> list[int]:
    """Lagrange coefficients over GF(p) for evaluation at ``target``."""
    weights: list[int] = []
    for i in points:
        numerator, denominator = 1, 1
        for j in points:
            if j != i:
                numerator = numerator * (target - j) % MODULUS
                denominator = denominator * (i - j) % MODULUS
        weights.append(numerator * pow(denominator, -1, MODULUS) % MODULUS)
    return weights


def _inconsistent() -> VerificationError:
    return VerificationError(
        "result.inconsistent",
        "The shares contradict each other: some party sent a wrong one; which one cannot be told.",
        "Reject this result and start a new task.",
    )
