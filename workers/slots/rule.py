"""The rule by which a node takes runs into its slots together with their other parties; no IO, no clock.

A run needs a slot at all its parties at once. The first party of the contract *leads* it: the others have a channel to the
lead (a data owner outside the committee dials out, as for links) and *offer* it the run while they could take it. When all
offer and the lead could take it too, the lead holds a slot and *claims* one of each; when all hold, it says *go* and the
children open their links. Anybody who cannot after all says so, the lead *releases* the round, and everyone waits again.

Runs have one order at all nodes: block time of the start, then task id. A claim takes the slot that a later run merely
holds (*wound-wait*), never one of a run that was told to go. A later run passes an earlier one only while that one waits.

Why it makes progress. A slot is kept from a run by (a) a run that goes: it ends by its task's deadline; (b) one that opens
its links: it commits within ``connect_wait`` or is put aside; (c) one held for a claim: the lead decides within
:attr:`Patience.claim`, and a lead that is gone frees it by the lost channel or :attr:`Patience.hold`; (d) a slot kept for an
earlier run. Claims never wait in a circle, since of two that meet the later gives way at once. Take the earliest waiting run
whose parties are all there. Nothing earlier can be claimed, for a claim needs all parties; later claims give way; runs
that go end. So its parties become free, and once it has waited :attr:`Patience.keep` with all of them there, each keeps the
next free slot for it (one slot in all, for the earliest such run), so later runs cannot pass it for ever. A stopped node is
*absent*: runs that need it are neither claimed nor kept for, and hold no slot.

A run is put aside only before its child has *committed*, which it does when all its links stand and before it says the last
word without which no peer can send input (:meth:`SlotRule.committed`). So no honest node leaves a run in which a peer may
have sent input, and nobody is blamed for being busy.
"""

import secrets
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from workers.slots.runs import Kind, Patience, Phase, Port, Run
from workers.slots.words import (
    NO_ROUND,
    ROUND_BYTES,
    SEED_BYTES,
    Claim,
    Go,
    Held,
    Offer,
    PeerState,
    Release,
    Standing,
    Word,
)

MAX_OFFERS: Final = 4096
"""Offers remembered of one peer, of tasks that this node may not know yet."""


@dataclass(slots=True)
class _Party:
    """A connected party of runs that this node leads: its last offers, and the last round that was claimed of it."""

    offers: dict[bytes, Offer] = field(default_factory=dict[bytes, Offer])
    claimed: dict[bytes, bytes] = field(default_factory=dict[bytes, bytes])

    def ready(self, task: bytes) -> bool:
        """Whether it offers the run, in view of the last round that was claimed of it."""
        found = self.offers.get(task)
        return found is not None and found.ready and found.round == self.claimed.get(task, NO_ROUND)


class SlotRule:
    """One node's side of the rule. All calls come from one thread; ``now`` is any clock that only rises."""

    def __init__(
        self,
        own: bytes,
        slots: Mapping[Kind, int],
        port: Port,
        patience: Patience | None = None,
        draw: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._own = own
        self._slots = dict(slots)
        self._port = port
        self._patience = patience or Patience()
        self._draw = draw
        self._runs: dict[bytes, Run] = {}
        self._parties: dict[bytes, _Party] = {}
        self._leads: dict[bytes, dict[bytes, bytes]] = {}
        """Of each connected lead the last round that it claimed, by task."""

    # --- what the node says

    def add(self, run: Run, now: float) -> None:
        """A run waits from now on; again is fine."""
        if run.task not in self._runs:
            self._runs[run.task] = run
            self._settle(now)

    def remove(self, task: bytes, now: float) -> None:
        """The run is over at this node, however it ended."""
        run = self._runs.pop(task, None)
        if run is None:
            return
        if run.lead == self._own:
            if run.phase is not Phase.WAITING:
                self._tell_all(run, Release(task, run.round))
        elif run.phase is not Phase.WAITING or run.offered:
            self._say_offer(run, ready=False)
        self._settle(now)

    def again(self, task: bytes, not_before: float, now: float) -> None:
        """The run's child ended before any input was sent: the run waits, and is not offered before ``not_before``."""
        run = self._runs.get(task)
        if run is None:
            return
        run.not_before = not_before
        if run.lead == self._own and run.phase is not Phase.WAITING and not run.leaving:
            self._tell_all(run, Release(task, run.round))
        self._wait(run)
        self._settle(now)

    def committed(self, task: bytes) -> bool:
        """The child's links stand and it asks to go on: from here the run is not put aside. False: it is already."""
        run = self._runs.get(task)
        if run is None or run.phase is not Phase.OPENING or run.leaving:
            return False
        run.phase = Phase.COMMITTED
        return True

    # --- what the channels say

    def connected(self, peer: bytes, now: float, *, leads: bool) -> None:
        """A fresh channel stands: with a lead (``leads``, this node has dialled) or with a party that dialled this node."""
        self.lost(peer, now, leads=leads)
        if leads:
            self._leads[peer] = {}
            for run in self._runs.values():
                run.offered = None if run.lead == peer else run.offered
        else:
            self._parties[peer] = _Party()
            for run in self._runs.values():
                run.told.pop(peer, None)
        self._settle(now)

    def lost(self, peer: bytes, now: float, *, leads: bool) -> None:
        """The channel ended: the peer is absent, and what has not committed with it is called off."""
        if (self._leads.pop(peer, None) if leads else self._parties.pop(peer, None)) is None:
            return
        for run in list(self._runs.values()):
            if not leads and run.lead == self._own and peer in run.parties:
                self._call_off(run)
            elif leads and run.lead == peer:
                run.standing = None
                self._leave(run)
        self._settle(now)

    def receive(self, peer: bytes, word: Word, now: float) -> None:
        """A word of a connected peer. One that does not fit (any more) changes nothing."""
        run = self._runs.get(word.task)
        if isinstance(word, Offer | Held):
            if peer in self._parties:
                mine = run if run is not None and run.lead == self._own and peer in run.parties else None
                self._hear_party(peer, mine, word)
        elif peer in self._leads:
            self._hear_lead(peer, run if run is not None and run.lead == peer else None, word, now)
        self._settle(now)

    def tick(self, now: float) -> None:
        """Time passed: claims and holds run out, slots begin to be kept."""
        for run in list(self._runs.values()):
            if run.phase is Phase.CLAIMING and now - run.since > self._patience.claim:
                for party in run.parties[1:]:
                    if party not in run.holds and party in self._parties:
                        self._parties[party].offers.pop(run.task, None)
                self._call_off(run)
            elif run.phase is Phase.HELD and now - run.since > self._patience.hold:
                self._wait(run)
        self._settle(now)

    # --- what is shown

    def runs(self) -> list[Run]:
        """All runs in order."""
        return sorted(self._runs.values(), key=lambda run: run.order)

    def missing(self, task: bytes) -> list[tuple[bytes, PeerState]]:
        """The parties that a waiting run waits for, other than this node; the absent first."""
        run = self._runs.get(task)
        if run is None or run.phase is not Phase.WAITING:
            return []
        states = self._states(run)
        found = [
            (p, s) for p, s in zip(run.parties, states, strict=True) if s is not PeerState.READY and p != self._own
        ]
        return sorted(found, key=lambda item: item[1] is not PeerState.ABSENT)

    def first_hand(self, run: Run, peer: bytes) -> bool:
        """Whether this node sees for itself that ``peer`` is absent: the lead sees all, the others see the lead."""
        return run.lead in (self._own, peer)

    # --- the lead's side

    def _hear_party(self, peer: bytes, run: Run | None, word: Offer | Held) -> None:
        if isinstance(word, Held):
            if run is not None and run.phase is Phase.CLAIMING and word.round == run.round:
                run.holds.add(peer)
            return
        offers = self._parties[peer].offers
        offers.pop(word.task, None)
        offers[word.task] = word  # also of a task that this node does not know yet
        if len(offers) > MAX_OFFERS:
            offers.pop(next(iter(offers)))
        if run is not None and word.round == run.round != NO_ROUND:
            self._call_off(run)  # it was claimed for this round and is not in it

    def _call_off(self, run: Run) -> None:
        """End the present round, if there is one that may still be ended."""
        if run.phase is Phase.CLAIMING or (run.phase is Phase.OPENING and not run.leaving):
            self._tell_all(run, Release(run.task, run.round))
            self._leave(run)

    def _claim_slots(self, run: Run, now: float) -> None:
        self._take(run, now)
        run.phase, run.round, run.since = Phase.CLAIMING, self._draw(ROUND_BYTES), now
        run.holds = {self._own}
        for party in run.parties[1:]:
            self._parties[party].claimed[run.task] = run.round
        self._tell_all(run, Claim(run.task, run.round))

    def _tell_all(self, run: Run, word: Word) -> None:
        for party in run.parties:
            if party in self._parties:
                self._port.send(party, word)

    def _states(self, run: Run) -> tuple[PeerState, ...]:
        if run.lead != self._own:
            return run.standing.states if run.standing is not None else self._lead_absent(run)
        return tuple(self._state(run, party) for party in run.parties)

    def _state(self, run: Run, party: bytes) -> PeerState:
        if party == self._own:
            return PeerState.READY if run.offered else PeerState.BUSY
        peer = self._parties.get(party)
        if peer is None or run.task not in peer.offers:
            return PeerState.ABSENT
        return PeerState.READY if peer.ready(run.task) else PeerState.BUSY

    def _lead_absent(self, run: Run) -> tuple[PeerState, ...]:
        return (PeerState.ABSENT, *(PeerState.READY for _ in run.parties[1:]))

    # --- a party's side

    def _hear_lead(self, peer: bytes, run: Run | None, word: Word, now: float) -> None:
        match word:
            case Claim() if run is None:  # over here, or not known yet: answered, so that its lead need not wait
                self._port.send(peer, Offer(word.task, word.round, ready=False))
            case Claim() if run is not None and run.phase is Phase.WAITING:
                self._claimed(peer, run, word, now)
            case Go() if run is not None and run.phase is Phase.HELD and run.round == word.round:
                self._open(run, word.seed, now)
            case Release() if run is not None and run.round == word.round:
                self._leave(run)
            case Standing() if run is not None and len(word.states) == len(run.parties):
                run.standing = word
            case _:
                pass  # a claim of what still runs here, too: its end makes an offer

    def _claimed(self, peer: bytes, run: Run, word: Claim, now: float) -> None:
        run.round = self._leads[peer][run.task] = word.round
        if self._room(run, now):
            self._take(run, now)
            run.phase, run.since = Phase.HELD, now
            self._port.send(peer, Held(run.task, run.round))
        else:
            run.offered = None

    def _say_offer(self, run: Run, *, ready: bool) -> None:
        """In view of the last round that the lead claimed on this channel, so that the lead can tell it from a stale one."""
        if run.lead in self._leads:
            seen = self._leads[run.lead].get(run.task, NO_ROUND)
            self._port.send(run.lead, Offer(run.task, seen, ready))

    # --- both sides

    def _open(self, run: Run, seed: bytes, now: float) -> None:
        run.phase, run.since, run.leaving = Phase.OPENING, now, False
        self._port.start(run.task, seed)

    def _leave(self, run: Run) -> None:
        """Leave the present round: at once when only a slot is held, by ending the child while it opens."""
        if run.phase in (Phase.HELD, Phase.CLAIMING):
            self._wait(run)
        elif run.phase is Phase.OPENING and not run.leaving:
            run.leaving = True
            self._port.put_aside(run.task)

    def _wait(self, run: Run) -> None:
        run.phase, run.offered, run.leaving, run.complete_since = Phase.WAITING, None, False, None

    def _take(self, run: Run, now: float) -> None:
        """Make a slot free for ``run``, which has room: the latest of the later runs that merely hold one gives way."""
        if self._free(run.kind, self._reserved(run, now)) <= 0:
            victim = max(self._woundable(run), key=lambda other: other.order)
            if victim.lead == self._own:
                self._call_off(victim)
            else:
                self._leave(victim)

    def _room(self, run: Run, now: float) -> bool:
        """Whether this node could take the waiting run now."""
        if run.not_before > now:
            return False
        return self._free(run.kind, self._reserved(run, now)) + len(self._woundable(run)) > 0

    def _free(self, kind: Kind, reserved: int) -> int:
        used = sum(run.kind is kind and run.phase is not Phase.WAITING for run in self._runs.values())
        return self._slots[kind] - used - reserved

    def _held(self, kind: Kind) -> list[Run]:
        """The runs that merely hold a slot."""
        return [run for run in self._runs.values() if run.kind is kind and run.phase in (Phase.HELD, Phase.CLAIMING)]

    def _woundable(self, run: Run) -> list[Run]:
        return [other for other in self._held(run.kind) if other.order > run.order]

    def _reserved(self, run: Run, now: float) -> int:
        """1 when a slot is kept for an earlier run that has waited long enough."""
        kept = (other for other in self._runs.values() if other.kind is run.kind and self._kept(other, now))
        first = min(kept, key=lambda other: other.order, default=None)
        return int(first is not None and first.order < run.order)

    def _kept(self, run: Run, now: float) -> bool:
        if run.phase is not Phase.WAITING:
            return False
        if run.lead != self._own:
            return run.standing is not None and run.standing.kept
        return run.complete_since is not None and now - run.complete_since >= self._patience.keep

    def _settle(self, now: float) -> None:
        """Offer, claim and go as far as the present state allows, in the common order."""
        while self._go(now) or self._claim_next(now):
            pass
        # as _room for each, but counted once: phases stay as they are, and in order an earlier run's claim is known
        free = {kind: self._free(kind, 0) for kind in Kind}
        held = {kind: sorted(run.order for run in self._held(kind)) for kind in Kind}
        kept: set[Kind] = set()
        for run in self.runs():
            if run.phase is not Phase.WAITING:
                continue
            woundable = len(held[run.kind]) - bisect_right(held[run.kind], run.order)
            room = run.not_before <= now and free[run.kind] - (run.kind in kept) + woundable > 0
            if run.lead == self._own:
                run.offered = room
                self._tell_standing(run, now)
            elif run.lead in self._leads and room != run.offered:
                run.offered = room
                self._say_offer(run, ready=room)
            if self._kept(run, now):
                kept.add(run.kind)

    def _go(self, now: float) -> bool:
        for run in self._leading(Phase.CLAIMING):
            if run.holds.issuperset(run.parties):
                seed = self._draw(SEED_BYTES)
                self._tell_all(run, Go(run.task, run.round, seed))
                self._open(run, seed, now)
                return True
        return False

    def _claim_next(self, now: float) -> bool:
        for run in self._leading(Phase.WAITING):
            others = (self._state(run, party) for party in run.parties[1:])
            if all(state is PeerState.READY for state in others) and self._room(run, now):
                self._claim_slots(run, now)
                return True
        return False

    def _tell_standing(self, run: Run, now: float) -> None:
        states = self._states(run)
        if PeerState.ABSENT in states:
            run.complete_since = None
        elif run.complete_since is None:
            run.complete_since = now
        word = Standing(run.task, self._kept(run, now), states)
        for party in run.parties[1:]:
            if party in self._parties and run.told.get(party) != word:
                run.told[party] = word
                self._port.send(party, word)

    def _leading(self, phase: Phase) -> Iterable[Run]:
        return [run for run in self.runs() if run.lead == self._own and run.phase is phase]
