"""What tasks are found by, for each party that may read them: state, part, other parties, programs, data sets; and for the explorer
who is what in them, protection level and data sets' ids on chain, also under ``*``: for readers of everything.

Every list of tasks reads one index in the order of its pages, from where the page before ended: what a page costs does not grow
with the number of tasks (I15).
"""

from collections.abc import Collection, Sequence
from typing import Final, Literal, TypeAlias

from orchestrator.store import webhooks
from orchestrator.store.database import Row, Transaction
from protocol import ids

Kind = Literal["data_set", "program", "party", "state", "part", "task"]
ORDER: Final[tuple[Kind, ...]] = ("data_set", "program", "party", "state", "part", "task")
"""The facet that finds fewest tasks first, as a rule: that one leads, the others are looked up."""
Facet: TypeAlias = tuple[Kind, str]
EVERY: Final[Facet] = ("task", "")
Position: TypeAlias = tuple[int, bytes]
_NEVER: Final = 2**62


def add(
    tx: Transaction, task_id: bytes, programs: Collection[str], data_sets: Collection[str], level: int, engine: str
) -> None:
    """Let a kept task's parties, and who reads everything, find it; ``level`` is its protection level."""
    tx.execute(
        "INSERT INTO task_facets (task_id, party, kind, value, submitted_at)"
        " SELECT t.task_id, p.party, f.kind, f.value, t.submitted_at"
        " FROM tasks t JOIN (SELECT task_id, party FROM task_parties WHERE task_id = %(task)s UNION SELECT %(task)s, '*') p USING (task_id),"
        " LATERAL (SELECT 'task' AS kind, '' AS value UNION SELECT 'state', t.state"
        " UNION SELECT 'party', o.party FROM task_parties o WHERE o.task_id = t.task_id"
        " UNION SELECT 'part', o.part FROM task_parties o WHERE o.task_id = t.task_id AND o.party = p.party"
        " UNION SELECT 'program', unnest(%(programs)s::text[]) UNION SELECT 'data_set', unnest(%(data_sets)s::text[])"
        " UNION SELECT 'role', o.part || ' ' || o.party FROM task_parties o WHERE o.task_id = t.task_id"
        " UNION SELECT 'level', %(level)s::text UNION SELECT 'engine', %(engine)s UNION SELECT 'data_set_id', unnest(%(data_set_ids)s::text[])) f"
        " WHERE t.task_id = %(task)s ON CONFLICT DO NOTHING",
        {
            "task": task_id, "programs": list(programs), "data_sets": list(data_sets), "level": level, "engine": engine,
            "data_set_ids": [ids.on_chain(name).hex() for name in data_sets],
        },
    )  # fmt: skip
    webhooks.tell_new(tx, task_id)


def visible(
    tx: Transaction,
    party: str,
    before: Position | None,
    limit: int,
    *,
    facets: Collection[Facet] = (),
    since: int = 0,
    until: int = _NEVER,
) -> list[Row]:
    """A party's tasks that have every facet, newest first, after the cursor (submitted_at, task_id), each with what the party is
    to it (``parts``); submitted not before ``since`` and before ``until`` (unix time).
    """
    (kind, value), *others = _led(facets)
    when, task_id = (_NEVER, b"\xff" * 32) if before is None else before
    return tx.execute(
        "SELECT t.task_id, t.proposer, t.deadline, t.submitted_at, t.state,"
        " (SELECT array_agg(p.part ORDER BY p.part) FROM task_parties p"
        " WHERE p.task_id = f.task_id AND p.party = %(party)s) AS parts,"
        " (SELECT v.review FROM tasks_now v WHERE v.task_id = f.task_id) AS review"
        " FROM (SELECT e.submitted_at, e.task_id FROM task_facets e"
        " WHERE e.party = %(party)s AND e.kind = %(kind)s AND e.value = %(value)s"
        " AND (e.submitted_at, e.task_id) < (%(when)s, %(task)s) AND e.submitted_at >= %(since)s AND e.submitted_at < %(until)s"
        " AND NOT EXISTS (SELECT FROM unnest(%(kinds)s::text[], %(values)s::text[]) AS w (kind, value) WHERE NOT EXISTS"
        " (SELECT FROM task_facets o WHERE o.task_id = e.task_id AND o.party = e.party AND o.kind = w.kind AND o.value = w.value))"
        " ORDER BY e.submitted_at DESC, e.task_id DESC LIMIT %(limit)s) f JOIN tasks t ON t.task_id = f.task_id"
        " ORDER BY f.submitted_at DESC, f.task_id DESC",
        {
            "party": party, "kind": kind, "value": value, "when": when, "task": task_id, "since": since, "until": until,
            "kinds": [kind for kind, _ in others], "values": [value for _, value in others], "limit": limit,
        },
    ).fetchall()  # fmt: skip


def changed(tx: Transaction, party: str, after: tuple[int, bytes], limit: int) -> list[Row]:
    """A party's tasks that changed after a position (microseconds, task id), in the order in which they did."""
    return tx.execute(
        "SELECT t.task_id, t.proposer, t.deadline, t.submitted_at, t.state, f.at,"
        " (SELECT array_agg(p.part ORDER BY p.part) FROM task_parties p"
        " WHERE p.task_id = f.task_id AND p.party = %(party)s) AS parts,"
        " (SELECT v.review FROM tasks_now v WHERE v.task_id = f.task_id) AS review"
        " FROM (SELECT task_id, (extract(epoch FROM changed_at) * 1000000)::bigint AS at FROM task_facets"
        " WHERE party = %(party)s AND kind = 'state' AND (changed_at, task_id) >"
        " ('epoch'::timestamptz + %(at)s * interval '1 microsecond', %(task)s)"
        " ORDER BY changed_at, task_id LIMIT %(limit)s) f JOIN tasks t ON t.task_id = f.task_id ORDER BY f.at, f.task_id",
        {"party": party, "at": after[0], "task": after[1], "limit": limit},
    ).fetchall()


def _led(facets: Collection[Facet]) -> Sequence[Facet]:
    """The facets, the leading one first."""
    return sorted(set(facets) or {EVERY}, key=lambda facet: (ORDER.index(facet[0]), facet[1]))
