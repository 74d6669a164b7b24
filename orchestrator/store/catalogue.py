"""Names, applications, descriptions: what the chain's hashes stand for, and joined readings of both."""

from typing import Literal

from orchestrator.store.database import Row, Transaction
from protocol.catalogue import PARTICIPANTS, Audience
from protocol.enrolment import Application
from protocol.vocabulary import ROLE_BITS

NameKind = Literal["party", "data_set", "program", "engine"]


def remember_name(tx: Transaction, kind: NameKind, name_id: bytes, name: str) -> None:
    """Remember what a hash on chain stands for; hash and name determine each other, so nothing is ever changed."""
    tx.execute("INSERT INTO names (kind, id, name) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (kind, name_id, name))


def name_of(tx: Transaction, kind: NameKind, name_id: bytes) -> str | None:
    """The name behind an id, when anybody told it."""
    row = tx.execute("SELECT name FROM names WHERE kind = %s AND id = %s", (kind, name_id)).fetchone()
    return None if row is None else row["name"]


def pending_enrolments(tx: Transaction, party: str) -> int:
    """How many applications a name has."""
    row = tx.execute("SELECT count(*) AS n FROM enrolments WHERE party = %s", (party,)).fetchone()
    return 0 if row is None else row["n"]


def waiting_enrolments(tx: Transaction) -> int:
    """How many applications the registry has not taken."""
    row = tx.execute(
        "SELECT count(*) AS n FROM enrolments e"
        " WHERE NOT EXISTS (SELECT FROM party_versions p WHERE p.profile_hash = e.profile_hash)"
    ).fetchone()
    return 0 if row is None else row["n"]


def lock_name(tx: Transaction, name_id: bytes) -> None:
    """Let one transaction at a time decide who has a name, until it ends."""
    tx.execute("SELECT pg_advisory_xact_lock(%s)", (int.from_bytes(name_id[:8], signed=True),))


def add_enrolment(tx: Transaction, profile_hash: bytes, party: str, application: Application, *, invited: bool) -> bool:
    """Keep an application; False when it is there already."""
    done = tx.execute(
        "INSERT INTO enrolments (profile_hash, party, payload, envelope, wallet_signature, node_signature, invited)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (
            profile_hash, party, application.enrolment, application.envelope, application.wallet_signature,
            application.node_signature, invited,
        ),
    )  # fmt: skip
    return done.rowcount == 1


def note_invited(tx: Transaction, profile_hash: bytes) -> None:
    """An application that was there already came again, with an invitation."""
    tx.execute("UPDATE enrolments SET invited = true WHERE profile_hash = %s", (profile_hash,))


def application(tx: Transaction, profile_hash: bytes) -> Application | None:
    """An application by its profile hash."""
    row = tx.execute("SELECT * FROM enrolments WHERE profile_hash = %s", (profile_hash,)).fetchone()
    return None if row is None else _application(row)


def application_of(tx: Transaction, party: str) -> tuple[Application, bool] | None:
    """The application under which the chain holds a party, or the newest one of a party that waits for its admission; those
    with an invitation, which it tells, go before those without.
    """
    row = tx.execute(
        "SELECT e.* FROM enrolments e"
        " LEFT JOIN names n ON n.kind = 'party' AND n.name = e.party LEFT JOIN parties_now p ON p.party_id = n.id"
        " WHERE e.party = %s AND (p.party_id IS NULL OR p.profile_hash = e.profile_hash)"
        " ORDER BY e.invited DESC, e.received_at DESC LIMIT 1",
        (party,),
    ).fetchone()
    return None if row is None else (_application(row), row["invited"])


def applications(tx: Transaction, before: tuple[int, bytes] | None, limit: int, standing: str | None) -> list[Row]:
    """Applications, newest first, with what became of each; ``before`` is where the page before ended (microseconds, hash)."""
    return tx.execute(
        "SELECT * FROM ("
        " SELECT e.party, e.profile_hash, e.payload, e.invited,"
        " (extract(epoch FROM e.received_at) * 1000000)::bigint AS at,"
        " CASE WHEN p.party_id IS NULL THEN 'pending' WHEN p.profile_hash <> e.profile_hash THEN 'superseded'"
        " WHEN p.active THEN 'active' ELSE 'suspended' END AS standing"
        " FROM enrolments e LEFT JOIN names n ON n.kind = 'party' AND n.name = e.party"
        " LEFT JOIN parties_now p ON p.party_id = n.id"
        " WHERE %(hash)s::bytea IS NULL OR (e.received_at, e.profile_hash)"
        " < (timestamptz 'epoch' + %(at)s::bigint * interval '1 microsecond', %(hash)s::bytea)"
        ") a WHERE %(standing)s::text IS NULL OR a.standing = %(standing)s"
        " ORDER BY a.at DESC, a.profile_hash DESC LIMIT %(limit)s",
        {
            "at": None if before is None else before[0],
            "hash": None if before is None else before[1],
            "standing": standing,
            "limit": limit,
        },
    ).fetchall()


def first_enrolment(tx: Transaction, party: str) -> Row | None:
    """Whose name it is until somebody is admitted: the newest application with an invitation, else the first one."""
    return tx.execute(
        "SELECT payload, invited FROM enrolments WHERE party = %s"
        " ORDER BY invited DESC, CASE WHEN invited THEN received_at END DESC, received_at, profile_hash LIMIT 1",
        (party,),
    ).fetchone()


def admitted_names(tx: Transaction) -> list[str]:
    """The names of all admitted parties that are known by name."""
    rows = tx.execute(
        "SELECT n.name FROM names n JOIN parties_now p ON p.party_id = n.id WHERE n.kind = 'party'"
    ).fetchall()
    return [row["name"] for row in rows]


def _application(row: Row) -> Application:
    envelope, node = row["envelope"], row["node_signature"]
    return Application(
        bytes(row["payload"]),
        None if envelope is None else bytes(envelope),
        bytes(row["wallet_signature"]),
        None if node is None else bytes(node),
    )


def parties(
    tx: Transaction,
    after: str,
    limit: int,
    only: str | None = None,
    *,
    status: str | None = None,
    role: int | None = None,
) -> list[Row]:
    """Parties by name (or one): the registry's state, and applications of names that the registry does not hold.

    Of one ``status``, or registered with one of the roles in the bits of ``role``, where these are given.
    """
    return tx.execute(
        "SELECT n.name, n.id AS party_id, p.wallet, p.node_signer, p.node_key, p.seal_key, p.operator, p.roles,"
        " p.active, e.payload FROM names n JOIN parties_now p ON p.party_id = n.id"
        " LEFT JOIN enrolments e ON e.profile_hash = p.profile_hash"
        " WHERE n.kind = 'party' AND n.name > %(after)s AND (%(only)s::text IS NULL OR n.name = %(only)s)"
        " AND (%(status)s::text IS NULL OR %(status)s = CASE WHEN p.active THEN 'active' ELSE 'suspended' END)"
        " AND (%(role)s::int IS NULL OR p.roles & %(role)s::int <> 0)"
        " UNION ALL"
        " SELECT x.party, n.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, x.payload"
        " FROM (SELECT DISTINCT ON (party) * FROM enrolments ORDER BY party, invited DESC, received_at DESC) x"
        " JOIN names n ON n.kind = 'party' AND n.name = x.party"
        " WHERE x.party > %(after)s AND (%(only)s::text IS NULL OR x.party = %(only)s)"
        " AND coalesce(%(status)s::text, 'pending') = 'pending' AND %(role)s::int IS NULL"
        " AND NOT EXISTS (SELECT FROM parties_now p WHERE p.party_id = n.id)"
        " ORDER BY name LIMIT %(limit)s",
        {"after": after, "limit": limit, "only": only, "status": status, "role": role},
    ).fetchall()


def parties_of_wallet(tx: Transaction, wallet: bytes) -> list[str]:
    """Names of the active parties that registered a wallet."""
    rows = tx.execute(
        "SELECT n.name FROM parties_now p JOIN names n ON n.kind = 'party' AND n.id = p.party_id"
        " WHERE p.active AND p.wallet = %s ORDER BY n.name",
        (wallet,),
    ).fetchall()
    return [row["name"] for row in rows]


def add_data_set(
    tx: Transaction,
    *,
    data_set: str,
    version: int,
    owner: str,
    digest: bytes,
    payload: bytes,
    envelope: bytes,
    audience: Audience | None,
    replace: bool,
) -> bytes:
    """Keep a description; one that is there stays unless ``replace``, and its audience unless one is given.

    Returns the digest that is kept.
    """
    said = audience or PARTICIPANTS
    row = tx.execute(
        "INSERT INTO data_set_descriptors (data_set, version, owner, digest, payload, envelope, audience, readers)"
        " VALUES (%(data_set)s, %(version)s, %(owner)s, %(digest)s, %(payload)s, %(envelope)s, %(audience)s, %(readers)s)"
        " ON CONFLICT (data_set, version, owner) DO UPDATE SET"
        " audience = CASE WHEN %(said)s THEN excluded.audience ELSE data_set_descriptors.audience END,"
        " readers = CASE WHEN %(said)s THEN excluded.readers ELSE data_set_descriptors.readers END,"
        " digest = CASE WHEN %(replace)s THEN excluded.digest ELSE data_set_descriptors.digest END,"
        " payload = CASE WHEN %(replace)s THEN excluded.payload ELSE data_set_descriptors.payload END,"
        " envelope = CASE WHEN %(replace)s THEN excluded.envelope ELSE data_set_descriptors.envelope END"
        " RETURNING digest",
        {
            "data_set": data_set,
            "version": version,
            "owner": owner,
            "digest": digest,
            "payload": payload,
            "envelope": envelope,
            "audience": said.kind,
            "readers": list(said.parties),
            "said": audience is not None,
            "replace": replace,
        },
    ).fetchone()
    return digest if row is None else bytes(row["digest"])


def data_set_descriptor(tx: Transaction, data_set: str, version: int, owner: str) -> Row | None:
    """An owner's description of a version."""
    return tx.execute(
        "SELECT digest, payload, audience, readers FROM data_set_descriptors WHERE data_set = %s AND version = %s AND owner = %s",
        (data_set, version, owner),
    ).fetchone()


def introduce(tx: Transaction, owners: list[str], parties: list[str]) -> None:
    """Note that owners' data went into a task that these parties took part in: they work together from now on."""
    tx.execute(
        "INSERT INTO introductions (owner, party) SELECT o, p FROM unnest(%s::text[]) o, unnest(%s::text[]) p"
        " ON CONFLICT DO NOTHING",
        (owners, parties),
    )


def data_sets(
    tx: Transaction,
    reader: str,
    after: str,
    limit: int,
    only: str | None = None,
    *,
    status: str | None = None,
    owner: str | None = None,
) -> list[Row]:
    """Newest version of each described data set by name (or of one), with the chain's state where there is one.

    As far as its :class:`~protocol.catalogue.Audience` lets ``reader`` know; who knows a reference was told it. Of one ``status``
    or ``owner``, where these are given.
    """
    return tx.execute(
        "SELECT * FROM (SELECT DISTINCT ON (s.data_set) s.data_set, s.version, s.owner, s.digest, s.payload,"
        " d.schema_hash, d.input_root, d.legal_basis, d.data_level, d.active, o.name AS chain_owner"
        " FROM data_set_descriptors s"
        " JOIN names n ON n.kind = 'data_set' AND n.name = s.data_set"
        " LEFT JOIN data_sets_now d ON d.data_set_id = n.id AND d.version = s.version"
        " LEFT JOIN names o ON o.kind = 'party' AND o.id = d.owner_id"
        " WHERE s.data_set > %(after)s AND (%(only)s::text IS NULL OR s.data_set = %(only)s)"
        " AND (d.owner_id IS NULL OR (o.name = s.owner AND d.schema_hash = s.digest))"
        " AND (s.owner = %(reader)s OR s.audience = 'public' OR (s.audience = 'named' AND %(reader)s = ANY(s.readers))"
        " OR (s.audience = 'participants' AND (%(only)s::text IS NOT NULL"
        " OR EXISTS (SELECT FROM introductions i WHERE i.owner = s.owner AND i.party = %(reader)s)))"
        " OR EXISTS (SELECT FROM names r JOIN parties_now p ON p.party_id = r.id"
        " WHERE r.kind = 'party' AND r.name = %(reader)s AND p.active AND p.roles & %(regulator)s <> 0))"
        " ORDER BY s.data_set, (d.owner_id IS NOT NULL) DESC, s.version DESC) found"
        " WHERE (%(owner)s::text IS NULL OR owner = %(owner)s) AND (%(status)s::text IS NULL OR %(status)s ="
        " CASE WHEN active IS NULL THEN 'described' WHEN active THEN 'registered' ELSE 'retired' END)"
        " ORDER BY data_set LIMIT %(limit)s",
        {
            "reader": reader,
            "after": after,
            "limit": limit,
            "only": only,
            "regulator": ROLE_BITS["regulator"],
            "status": status,
            "owner": owner,
        },
    ).fetchall()


def put_program(tx: Transaction, program: str, code_digest: bytes, payload: bytes) -> None:
    """Keep a program's descriptor; its publisher may replace it."""
    tx.execute(
        "INSERT INTO program_descriptors (program, code_digest, payload) VALUES (%s, %s, %s)"
        " ON CONFLICT (program) DO UPDATE SET code_digest = excluded.code_digest, payload = excluded.payload,"
        " received_at = now()",
        (program, code_digest, payload),
    )


def programs(
    tx: Transaction, after: str, limit: int, only: str | None = None, *, status: str | None = None, required: int = 0
) -> list[Row]:
    """Described programs by name (or one) with the chain's state; of one ``status``, where ``required`` approvals make one approved."""
    return tx.execute(
        "SELECT s.program, s.payload, p.code_digest, p.protection_level, p.approvals, p.active, p.publisher"
        " FROM program_descriptors s JOIN names n ON n.kind = 'program' AND n.name = s.program"
        " JOIN releases_now p ON p.release_id = n.id AND p.kind = 'program' AND p.code_digest = s.code_digest"
        " WHERE s.program > %(after)s AND (%(only)s::text IS NULL OR s.program = %(only)s)"
        " AND (%(status)s::text IS NULL OR %(status)s = CASE WHEN NOT p.active THEN 'retired'"
        " WHEN p.approvals >= %(required)s THEN 'approved' ELSE 'waiting' END)"
        " ORDER BY s.program LIMIT %(limit)s",
        {"after": after, "limit": limit, "only": only, "status": status, "required": required},
    ).fetchall()


def engines(
    tx: Transaction, after: str, limit: int, only: str | None = None, *, status: str | None = None, required: int = 0
) -> list[Row]:
    """Published engines whose name was told, by name (or one); of one ``status``, as :func:`programs`."""
    return tx.execute(
        "SELECT n.name AS engine, p.code_digest, p.approvals, p.active, p.serial, o.name AS publisher"
        " FROM names n JOIN releases_now p ON p.release_id = n.id AND p.kind = 'engine'"
        " LEFT JOIN names o ON o.kind = 'party' AND o.id = p.publisher"
        " WHERE n.kind = 'engine' AND n.name > %(after)s AND (%(only)s::text IS NULL OR n.name = %(only)s)"
        " AND (%(status)s::text IS NULL OR %(status)s = CASE WHEN NOT p.active THEN 'retired'"
        " WHEN p.approvals >= %(required)s THEN 'approved' ELSE 'waiting' END)"
        " ORDER BY n.name LIMIT %(limit)s",
        {"after": after, "limit": limit, "only": only, "status": status, "required": required},
    ).fetchall()


def program_descriptor(tx: Transaction, program: str) -> bytes | None:
    """A program's descriptor."""
    row = tx.execute("SELECT payload FROM program_descriptors WHERE program = %s", (program,)).fetchone()
    return None if row is None else bytes(row["payload"])
