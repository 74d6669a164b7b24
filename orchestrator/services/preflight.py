"""Preflight: every problem of a task contract at once, each with a code and a fix, and what the task would cost.

Pure: contract and facts in, findings out. The chain, the nodes and the owners decide again by themselves; this only
spares people a round trip.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from orchestrator.services import chain_rules
from orchestrator.services.connections import Connections
from orchestrator.services.registry import NO_KEY, Facts, PartyFacts, ProgramFacts
from protocol import columns, grouping, ids
from protocol.api import Estimate, Finding
from protocol.ask import LEFT_OUT, supports
from protocol.backends import choose, demanded_model
from protocol.canonical import SAFE_INTEGER
from protocol.catalogue import declaration_of
from protocol.contract import ZERO32, TaskContract
from protocol.costs import of_contract
from protocol.disclosed import becoming_known
from protocol.errors import TallyError
from protocol.law import gate
from protocol.law.gate import Known, LegalFinding
from protocol.law.policy import DEFAULT, Policy
from protocol.limits import LIMITS
from protocol.plans import PARTY_MEMORY, PlanAnswer, PlanQuestion, probability
from protocol.programs import ProgramDescriptor, Words
from protocol.sentences import collusion_threshold

_REFERENCE = re.compile(r".* \[ref [0-9a-f]{32}\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What this coordinator takes on: seconds of notice before a deadline, at most; bytes of a node's memory."""

    scheduler: str
    shortest_notice: int = 60
    longest_notice: int = 30 * 86_400
    memory: int = PARTY_MEMORY
    legal: Policy = DEFAULT
    """What is asked at least of data by their level and kind."""


@dataclass(frozen=True, slots=True)
class Report:
    """What preflight answers; ``level`` is 0 while a program is unknown."""

    problems: tuple[Finding, ...]
    estimate: Estimate
    level: int
    collusion_threshold: int
    disclosures: tuple[Words, ...]
    supports: tuple[tuple[str, Words], ...] = ()
    """What each output's numbers are about."""
    question: PlanQuestion | None = None
    """What a plan is asked for, None where something else is wrong first or not everything is known."""
    memory: int = PARTY_MEMORY
    """Bytes of a compute party that its plan may need."""
    notices: tuple[Finding, ...] = ()
    """What nobody declared of what the law asks, where that does not refuse."""

    def planned(self, answer: PlanAnswer) -> "Report":
        """With what a plan has found: what the task takes beside time, or what stands against it."""
        if self.question is None:
            return self
        if answer.outcome == "none":
            steps = self.question.contract.steps
            at = next((i for i, step in enumerate(steps) if step.id == answer.step), 0)
            finding = Finding(answer.code, f"Step {answer.step!r}: {answer.what}", answer.fix, f"steps[{at}]")
            return replace(
                self, problems=(*self.problems, finding), estimate=replace(self.estimate, unplanned=answer.code)
            )
        costs = answer.costs
        if costs is None:
            return replace(self, estimate=replace(self.estimate, unplanned=answer.code))
        counted = replace(
            self.estimate, traffic=_whole(costs.traffic), memory=_whole(costs.memory), rounds=costs.rounds,
            failure=probability(costs.failure), unplanned="",
        )  # fmt: skip
        found = replace(self, estimate=counted)
        if (error := costs.beyond(self.memory)) is None:
            return found
        finding = Finding(error.code, error.what, error.fix, "steps")
        return replace(found, problems=(*self.problems, finding))


def examine(contract: TaskContract, facts: Facts, bounds: Bounds, now: int) -> Report:
    """Look at everything; ``now`` is unix time."""
    estimate = _estimate(contract, facts)
    legal = _law(contract, facts, now, bounds.legal)
    refused = [_legal(item) for item in legal if item.refuses(bounds.legal)]
    problems = [
        *_parties(contract, facts, bounds),
        *chain_rules.examine(contract, facts),
        *_backend(contract, facts),
        *_data_sets(contract, facts),
        *_programs(contract, facts),
        *_columns(contract, facts),
        *_words(contract, facts, assessed=any(item.code == "law.assessment" for item in refused)),
        *refused,
        *_deadline(contract, bounds, facts.longest_lifetime, estimate, now),
    ]
    known = [facts.programs[name] for name in contract.programs if name in facts.programs]
    level = min((program.protection_level for program in known), default=0)
    if len(known) < len(contract.programs):
        level = 0
    return Report(
        tuple(problems), estimate, level, collusion_threshold(len(contract.committee)), becoming_known(contract, _descriptors(facts)),
        tuple(sorted(supports(contract, _descriptors(facts)).items())), None if problems else _question(contract, facts), bounds.memory,
        tuple(_legal(item) for item in legal if not item.refuses(bounds.legal)),
    )  # fmt: skip


def _law(contract: TaskContract, facts: Facts, now: int, policy: Policy) -> tuple[LegalFinding, ...]:
    """What the law asks and the task lacks; data sets whose descriptions the proposer may not read their owners' nodes judge."""
    declared = {
        name: declaration_of(found.descriptor)
        for name, found in facts.data_sets.items()
        if found.descriptor is not None
    }
    wallets = {name: found.wallet for name, found in facts.parties.items()}
    return gate.examine(contract, Known(declared, wallets, now), policy)


def _legal(item: LegalFinding) -> Finding:
    said, fix = item.said(), item.rule.fix
    return Finding(item.code, said.english, fix.english, item.where, f"{said.chinese}{fix.chinese}")


def _descriptors(facts: Facts) -> dict[str, ProgramDescriptor]:
    return {name: found.descriptor for name, found in facts.programs.items() if found.descriptor is not None}


def _question(contract: TaskContract, facts: Facts) -> PlanQuestion:
    """Of a task in which nothing else is wrong: everything is registered and described."""
    programs = tuple(sorted((name, facts.programs[name].code_digest) for name in contract.programs))
    rows = tuple(sorted((name, found.rows) for name, found in facts.data_sets.items()))
    return PlanQuestion(contract, rows, programs)


def _columns(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    """What the described columns cannot be; every owner's node asks the same of its whole schema."""
    known = {name: found.descriptor.columns for name, found in facts.data_sets.items() if found.descriptor is not None}
    at = {step.id: i for i, step in enumerate(contract.steps)}
    for found in columns.examine(contract.inputs, contract.steps, known, _descriptors(facts)):
        yield Finding(
            found.code, found.what.english, found.fix.english, f"steps[{at[found.step]}].inputs.{found.port}",
            f"{found.what.chinese}{found.fix.chinese}",
        )  # fmt: skip


def _parties(contract: TaskContract, facts: Facts, bounds: Bounds) -> Iterator[Finding]:
    if contract.scheduler != bounds.scheduler:
        yield Finding(
            "task.other_scheduler",
            f"The scheduler is {contract.scheduler}, this coordinator starts tasks as {bounds.scheduler}.",
            f"Name {bounds.scheduler}.",
            "scheduler",
        )
    wanted: list[tuple[str, str, str | None]] = [
        ("proposer", contract.proposer, None),
        ("scheduler", contract.scheduler, "scheduler"),
    ]
    needed = {"three": "compute-provider", "owners": "data-provider", "none": None}[
        chain_rules.kind_of(facts, contract)
    ]
    wanted += [(f"committee[{i}]", name, needed) for i, name in enumerate(contract.committee)]
    wanted += [(f"inputs[{i}].owner", item.owner, "data-provider") for i, item in enumerate(contract.inputs)]
    wanted += [("outputs", name, "result-user") for name in contract.result_users]
    wanted += [(f"auditors[{i}]", name, None) for i, name in enumerate(contract.auditors)]
    if contract.reviewer:
        wanted.append(("reviewer", contract.reviewer, None))
    told: set[tuple[str, str | None]] = set()
    for where, name, role in wanted:
        if (name, role) in told:
            continue
        told.add((name, role))
        yield from _party(facts.parties.get(name), name, role, where)


def _party(party: PartyFacts | None, name: str, role: str | None, where: str) -> Iterator[Finding]:
    if party is None:
        yield Finding("party.unknown", f"The registry has no party {name!r}.", "Enrol it and have it admitted.", where)
        return
    if not party.active:
        yield Finding("party.inactive", f"{name} is suspended.", "Name another, or have it reinstated.", where)
    if role is not None and not party.holds(role):
        yield Finding("party.missing_role", f"{name} is no {role}.", f"Name a party with the role {role}.", where)
    if role == "result-user" and party.seal_key == NO_KEY:
        yield Finding(
            "party.no_seal_key", f"{name} has no seal key to receive results with.", "Have its keys rotated.", where
        )
    if role in ("compute-provider", "data-provider") and party.node_key == NO_KEY:
        yield Finding("party.no_node", f"{name} has no node.", "Name a party that runs a node.", where)


def _backend(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    """Whether the engine has a protocol stack for it: asked of the function that the nodes' engine chooses by."""
    level = contract.protection_level
    described = (found.descriptor for found in facts.programs.values() if found.descriptor is not None)
    try:
        choose(
            len(contract.committee),
            level,
            demanded_model(level, (descriptor.security_model for descriptor in described)),
        )
    except TallyError as error:
        yield Finding(
            error.code, error.what, error.fix, "committee" if error.code == "backend.committee" else "protection_level"
        )


def _data_sets(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    for i, item in enumerate(contract.inputs):
        where = f"inputs[{i}]"
        found = facts.data_sets.get(item.data_set)
        if found is None:
            yield Finding(
                "data_set.unknown",
                f"The chain has no version {item.version} of {item.data_set}.",
                "Name a registered version.",
                f"{where}.data_set",
            )
            continue
        if found.owner != ids.on_chain(item.owner):
            yield Finding(
                "data_set.owner", f"{item.data_set} is not {item.owner}'s.", "Name its owner.", f"{where}.owner"
            )
        if not found.active:
            yield Finding(
                "data_set.retired",
                f"Version {item.version} of {item.data_set} is retired.",
                "Name a newer version.",
                f"{where}.version",
            )
        if found.rows < contract.minimum_group:
            yield Finding(
                "data_set.too_small",
                f"{item.data_set} has {found.rows} rows, the minimum group is {contract.minimum_group}.",
                "Use a larger data set or a smaller minimum group.",
                where,
            )
        if found.descriptor is None:
            yield Finding(
                "data_set.not_described",
                f"{item.owner} has not published the columns of {item.data_set}, or not to you.",
                "Ask its owner to publish the description (`tally node dataset add`, `--visible-to`).",
                where,
            )
            continue
        described = {column.name for column in found.descriptor.columns}
        asked = [(f"{where}.columns[{n}]", name) for n, name in enumerate(item.columns)]
        asked += [(f"{where}.filters[{n}]", one.column) for n, one in enumerate(item.filters)]
        for place, name in asked:
            if name not in described:
                yield Finding(
                    "data_set.no_such_column",
                    f"{item.data_set} has no column {name!r}.",
                    f"Its columns are {', '.join(sorted(described))}.",
                    place,
                )


def _programs(contract: TaskContract, facts: Facts) -> Iterator[Finding]:
    connections = Connections(contract)
    for i, step in enumerate(contract.steps):
        where = f"steps[{i}]"
        program = facts.programs.get(step.program)
        if program is None:
            connections.forget(step)
            yield Finding(
                "program.unknown",
                f"The chain has no program {step.program}.",
                "Name a published one.",
                f"{where}.program",
            )
            continue
        yield from _program(program, contract, facts.required_approvals, f"{where}.program")
        if program.descriptor is None:
            connections.forget(step)
            yield Finding(
                "program.not_described",
                f"Nobody published the descriptor of {step.program} with the registered code digest.",
                "Ask its algorithm provider to publish it.",
                f"{where}.program",
            )
            continue
        try:
            program.descriptor.check_parameters(step.parameters)
        except TallyError as error:
            yield Finding(error.code, error.what, error.fix, f"{where}.parameters")
        if left_out := program.descriptor.left_out(step.parameters):
            yield Finding(
                LEFT_OUT,
                f"Step {step.id!r} leaves out {', '.join(left_out)}: nobody agrees to a default by silence.",
                "Write them out; `tally task complete` writes the programs' defaults, for you to read before you sign.",
                f"{where}.parameters",
            )
        yield from connections.step(step, program.descriptor, where)
    yield from connections.outputs(contract)
    read = [output.source for output in contract.outputs]
    crossing = grouping.by_groups(contract.steps, read, _descriptors(facts), contract.minimum_group)
    if crossing:
        what = grouping.what(crossing)
        yield Finding(
            grouping.CODE, what.english, grouping.FIX.english, "outputs", f"{what.chinese}{grouping.FIX.chinese}"
        )


def _program(program: ProgramFacts, contract: TaskContract, required: int, where: str) -> Iterator[Finding]:
    yield from chain_rules.runnable("program", program.program, program, required, where)
    if program.protection_level < contract.protection_level:
        yield Finding(
            "program.level",
            f"{program.program} reaches protection level {program.protection_level}, the contract asks for"
            f" {contract.protection_level}.",
            "Lower the level, if the owners agree, or name a stronger program.",
            where,
        )
    size = len(chain_rules.committers(contract, program.committee))
    if not program.min_parties <= size <= program.max_parties:
        yield Finding(
            "program.party_range",
            f"{program.program} runs with {program.min_parties} to {program.max_parties} compute parties, not {size}.",
            "Change the committee or the program.",
            where,
        )


def _words(contract: TaskContract, facts: Facts, *, assessed: bool) -> Iterator[Finding]:
    """``assessed``: the law's gate has said already that an impact assessment is lacking."""
    for field, text in (("purpose", contract.purpose), ("legal_basis", contract.legal_basis)):
        if not _REFERENCE.fullmatch(text):
            yield Finding(
                "contract.no_reference",
                f"The {field} ends with no ' [ref …]': its hash on chain could be guessed.",
                "End it with ' [ref ' and 32 random hex digits and ']'.",
                field,
            )
    sensitive = sorted(
        {
            kind
            for found in facts.data_sets.values()
            if found.descriptor is not None
            for kind in found.descriptor.sensitive
        }
    )
    if sensitive and contract.impact_assessment == ZERO32 and not assessed:
        yield Finding(
            "contract.no_impact_assessment",
            f"The data are sensitive ({', '.join(sensitive)}) and no impact assessment is named.",
            "Make one and give the SHA-256 of its document.",
            "impact_assessment",
        )


def _deadline(contract: TaskContract, bounds: Bounds, lifetime: int, estimate: Estimate, now: int) -> Iterator[Finding]:
    notice = bounds.shortest_notice + estimate.seconds
    if bounds.shortest_notice <= contract.deadline - now < estimate.seconds:
        yield Finding(
            "estimate.seconds",
            f"The run takes about {estimate.seconds} s; the deadline is {contract.deadline - now} s away.",
            "Set a later deadline, or use fewer rows or columns.",
            "deadline",
        )
    elif contract.deadline < now + notice:
        yield Finding(
            "deadline.too_near",
            f"The deadline is {contract.deadline - now} s away; consent and computation need {notice} s at least.",
            "Set a later deadline.",
            "deadline",
        )
    # the chain counts from the block of the proposal, whose clock may be behind ours
    longest = min(bounds.longest_notice, lifetime - LIMITS.clock_skew)
    if contract.deadline > now + longest:
        yield Finding(
            "deadline.too_far",
            f"The deadline is {contract.deadline - now} s away; this coordinator and the chain take {longest} s.",
            "Set an earlier one.",
            "deadline",
        )


def _estimate(contract: TaskContract, facts: Facts) -> Estimate:
    """By formulas alone; what a plan counts is not known yet."""
    rows = {name: found.rows for name, found in facts.data_sets.items()}
    found = of_contract(contract, rows, _descriptors(facts))
    return Estimate(_whole(found.seconds), None, None, None, None, found.beyond, "plan.not_asked")


def _whole(value: float) -> int:
    """A cost as a JSON integer; a model may overflow for shapes it was not made for."""
    return max(0, math.ceil(value)) if math.isfinite(value) and value < SAFE_INTEGER else SAFE_INTEGER
