"""Webhooks and their outbox: what happens to a task is written for those who want to hear of it, in the same transaction."""

from collections.abc import Sequence
from typing import Final

from orchestrator.store import work
from orchestrator.store.database import Row, Transaction

LOOP: Final = "webhooks"
"""Name of the loop that delivers."""
_QUIET: Final = "tally.history"


def add(
    tx: Transaction,
    hook: bytes,
    *,
    party: str,
    wallet: str,
    key: bytes | None,
    url: str,
    kinds: Sequence[str],
    label: str,
    secret: bytes,
    made_at: int,
) -> None:
    """Keep a webhook."""
    tx.execute(
        "INSERT INTO webhooks (hook_id, party, wallet, key_hash, url, kinds, label, secret, made_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (hook, party, wallet, key, url, list(kinds), label, secret, made_at),
    )


def lock(tx: Transaction, party: str) -> None:
    """Until this transaction ends no other changes how many webhooks a party has."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 1))", (f"webhooks\n{party}",))


def count(tx: Transaction, party: str) -> int:
    """How many a party has."""
    row = tx.execute("SELECT count(*) AS n FROM webhooks WHERE party = %s", (party,)).fetchone()
    return 0 if row is None else row["n"]


def get(tx: Transaction, party: str, hook: bytes) -> Row | None:
    """A party's webhook, without its secret."""
    return tx.execute("SELECT * FROM webhooks_shown WHERE hook_id = %s AND party = %s", (hook, party)).fetchone()


def of_party(
    tx: Transaction, party: str, before: tuple[int, bytes] | None, limit: int, status: str | None = None
) -> list[Row]:
    """A page of a party's webhooks, newest first, after the cursor (made_at, id); of one standing where one is given."""
    at, hook = (2**62, b"\xff" * 32) if before is None else before
    return tx.execute(
        "SELECT * FROM webhooks_shown WHERE party = %(party)s AND (made_at, hook_id) < (%(at)s, %(hook)s)"
        " AND (%(status)s::text IS NULL OR status = %(status)s) ORDER BY made_at DESC, hook_id DESC LIMIT %(limit)s",
        {"party": party, "at": at, "hook": hook, "limit": limit, "status": status},
    ).fetchall()


def remove(tx: Transaction, party: str, hook: bytes) -> bool:
    """Forget a party's webhook and its messages; False when there is none."""
    return tx.execute("DELETE FROM webhooks WHERE hook_id = %s AND party = %s", (hook, party)).rowcount == 1


def rotate(tx: Transaction, hook: bytes, secret: bytes, old_until: int) -> None:
    """Another secret; the one before signs along until then. The same one again changes nothing."""
    tx.execute(
        "UPDATE webhooks SET old_secret = secret, secret = %(new)s, old_until = %(until)s"
        " WHERE hook_id = %(hook)s AND secret <> %(new)s",
        {"hook": hook, "new": secret, "until": old_until},
    )


def switch_on(tx: Transaction, hook: bytes) -> None:
    """Have an address tried again, as if it had never failed."""
    tx.execute(
        "UPDATE webhooks SET off_at = NULL, failing_since = NULL, failures = 0, next_at = now(), code = NULL"
        " WHERE hook_id = %s",
        (hook,),
    )
    work.ring(tx)


def switch_off(tx: Transaction, hook: bytes, code: str) -> None:
    """Send nothing there any more; what waits is given up, and can be replayed once the webhook is on again."""
    tx.execute("UPDATE webhooks SET off_at = coalesce(off_at, now()), code = %s WHERE hook_id = %s", (code, hook))
    tx.execute(
        "UPDATE webhook_messages SET state = 'dead', code = %s, finished_at = now()"
        " WHERE hook_id = %s AND state = 'waiting'",
        (code, hook),
    )


def switch_off_key(tx: Transaction, key: bytes, code: str) -> None:
    """As :func:`switch_off`, of all that were made with an access key."""
    for row in tx.execute("SELECT hook_id FROM webhooks WHERE key_hash = %s", (key,)).fetchall():
        switch_off(tx, bytes(row["hook_id"]), code)


def in_silence(tx: Transaction) -> None:
    """Until this transaction ends nobody is told: history is derived anew, and nothing of it happens now."""
    tx.execute("SELECT set_config(%s, 'on', true)", (_QUIET,))


def tell_moved(tx: Transaction, task_id: bytes) -> None:
    """Write messages about a task whose state is not what its parties' lists still show: before these are changed."""
    _told(
        tx,
        tx.execute(
            "INSERT INTO webhook_messages (hook_id, task_id, kind, at)"
            " SELECT w.hook_id, b.task_id, b.kind, extract(epoch FROM now())::bigint"
            " FROM task_bells b JOIN task_facets f USING (task_id, party) JOIN webhooks w USING (party)"
            " WHERE b.task_id = %s AND f.kind = 'state' AND f.value <> b.state AND b.kind = ANY (w.kinds)"
            " AND w.off_at IS NULL AND coalesce(current_setting(%s, true), '') <> 'on'",
            (task_id, _QUIET),
        ).rowcount,
    )


def tell_new(tx: Transaction, task_id: bytes) -> None:
    """Write messages about a task that is new in its parties' lists."""
    _told(
        tx,
        tx.execute(
            "INSERT INTO webhook_messages (hook_id, task_id, kind, at)"
            " SELECT w.hook_id, b.task_id, b.kind, extract(epoch FROM now())::bigint"
            " FROM task_bells b JOIN task_facets f USING (task_id, party) JOIN webhooks w USING (party)"
            " WHERE b.task_id = %s AND f.kind = 'state' AND f.value = b.state AND b.kind = ANY (w.kinds) AND w.off_at IS NULL",
            (task_id,),
        ).rowcount,
    )


def _told(tx: Transaction, messages: int) -> None:
    if messages > 0:
        work.ring(tx)


def due(tx: Transaction, of_a_party: int, limit: int) -> list[Row]:
    """Messages whose time has come: so many of a party at most, and no party's before all others'."""
    return tx.execute(
        "SELECT * FROM (SELECT m.number, m.message, m.hook_id, m.task_id, m.kind, m.at, m.attempts, w.party, w.wallet, w.url,"
        " w.secret, CASE WHEN w.old_until > extract(epoch FROM now()) THEN w.old_secret END AS old_secret,"
        " row_number() OVER (PARTITION BY w.party ORDER BY m.next_at, m.number) AS turn"
        " FROM webhooks w, LATERAL (SELECT * FROM webhook_messages o WHERE o.hook_id = w.hook_id AND o.state = 'waiting'"
        " AND o.next_at <= now() AND NOT EXISTS (SELECT FROM faults f WHERE f.loop = 'webhooks' AND f.item = o.number::text"
        " AND (f.dead OR f.next_at > now())) ORDER BY o.next_at, o.number LIMIT %(most)s) m"
        " WHERE w.off_at IS NULL AND w.next_at <= now()) found WHERE turn <= %(most)s ORDER BY turn, number LIMIT %(limit)s",
        {"most": of_a_party, "limit": limit},
    ).fetchall()


def delivered(tx: Transaction, number: int, hook: bytes, answer: int) -> None:
    """The address took a message."""
    tx.execute(
        "UPDATE webhook_messages SET state = 'delivered', attempts = attempts + 1, answer = %s, code = NULL,"
        " finished_at = now() WHERE number = %s",
        (answer, number),
    )
    tx.execute(
        "UPDATE webhooks SET delivered_at = now(), failing_since = NULL, failures = 0, next_at = now(), code = NULL"
        " WHERE hook_id = %s AND off_at IS NULL",
        (hook,),
    )


def failed(
    tx: Transaction, number: int, hook: bytes, code: str, answer: int | None, *, again: int | None, rest: int
) -> int:
    """It did not: the message is tried ``again`` after so many seconds (None: never), the address after at least ``rest``; for
    how many seconds it has failed without a success.
    """
    tx.execute(
        "UPDATE webhook_messages SET state = CASE WHEN %(again)s::int IS NULL THEN 'dead' ELSE 'waiting' END,"
        " next_at = now() + make_interval(secs => coalesce(%(again)s::int, 0)), attempts = attempts + 1, code = %(code)s,"
        " answer = %(answer)s, finished_at = CASE WHEN %(again)s::int IS NULL THEN now() END"
        " WHERE number = %(number)s AND state = 'waiting'",
        {"number": number, "again": again, "code": code, "answer": answer},
    )
    row = tx.execute(
        "UPDATE webhooks SET failing_since = coalesce(failing_since, now()), failures = failures + 1, code = %(code)s,"
        " next_at = now() + make_interval(secs => least(%(rest)s * 2 ^ least(failures, 10), 300)) WHERE hook_id = %(hook)s"
        " RETURNING extract(epoch FROM now() - failing_since)::bigint AS seconds",
        {"hook": hook, "code": code, "rest": rest},
    ).fetchone()
    return 0 if row is None else row["seconds"]


def messages(tx: Transaction, hook: bytes, before: int | None, limit: int, state: str | None) -> list[Row]:
    """A page of a webhook's messages, newest first, after the cursor; in one state where one is given."""
    return tx.execute(
        "SELECT number, message, task_id, kind, at, state, attempts, code, answer,"
        " CASE WHEN state = 'waiting' THEN extract(epoch FROM next_at)::bigint END AS next_at FROM webhook_messages"
        " WHERE hook_id = %s AND number < %s AND (%s::text IS NULL OR state = %s) ORDER BY number DESC LIMIT %s",
        (hook, 2**62 if before is None else before, state, state, limit),
    ).fetchall()


def replay(tx: Transaction, hook: bytes, message: bytes, *, all_since: bool) -> int:
    """Have a webhook's message sent again, or all from it on; how many."""
    found = tx.execute(
        "UPDATE webhook_messages SET state = 'waiting', attempts = 0, next_at = now(), code = NULL, answer = NULL,"
        " finished_at = NULL FROM (SELECT number AS first FROM webhook_messages WHERE hook_id = %(hook)s AND message = %(message)s) m"
        " WHERE hook_id = %(hook)s AND (number = first OR (%(since)s AND number > first))",
        {"hook": hook, "message": message, "since": all_since},
    ).rowcount
    tx.execute(
        "DELETE FROM faults WHERE loop = 'webhooks' AND item IN"
        " (SELECT number::text FROM webhook_messages WHERE hook_id = %s AND state = 'waiting')",
        (hook,),
    )
    work.ring(tx)
    return found


def forget(tx: Transaction, days: int = 30) -> int:
    """Drop messages that were finished so long ago; returns how many."""
    return tx.execute(
        "DELETE FROM webhook_messages WHERE state <> 'waiting' AND finished_at < now() - make_interval(days => %s)",
        (days,),
    ).rowcount
