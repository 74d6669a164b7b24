"""An owner's PostgreSQL as a source: types, one snapshot, and that nothing but reading one SELECT is possible."""

import shutil
import tempfile
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from embedded.postgres import Postgres
from protocol.errors import TallyError
from tests.unit.workers.sources.declared import Heard, declared
from tests.unit.workers.sources.test_reading import assert_every_row_opens
from workers.sources import database, read
from workers.sources.draft import draft
from workers.sources.draft_text import text
from workers.sources.problems import DataError
from workers.sources.reading import FileForm
from workers.sources.schema import Schema

PASSWORD = "s3cr3t-of-the-owner"
SETUP = """
CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN grade AS integer;
CREATE TABLE visits (
  id text, age integer, "Cost" numeric(12, 2), free numeric, ratio double precision, single real, flag boolean,
  seen date, at timestamp, ward char(5), mood mood, grade grade, code bigint, key uuid, note varchar(100)
);
INSERT INTO visits VALUES
  ('b', 34, 1234.50, 0.001, 1e-05, 132.04, true, '2024-01-05', '2024-01-05 00:00', 'north', 'good', 3, 9007199254740993,
   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'two, "quoted"'),
  ('a', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'south', NULL, NULL, NULL, NULL, NULL);
CREATE TABLE odd (id text, doc json, docb jsonb, many integer[], bytes bytea, moment timestamptz, clock time, paid money);
INSERT INTO odd (id) VALUES ('a');
CREATE TABLE bad (id text, n double precision, m numeric, d date, t timestamp, e text);
INSERT INTO bad VALUES ('a', 'NaN', 'Infinity', 'infinity', '2024-01-05 03:04', ''), ('b', 1e300, 0.12345, '0044-03-15 BC', '2024-01-05', ' x');
CREATE TABLE written (id text);
INSERT INTO written VALUES ('a');
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    folder = Path(tempfile.mkdtemp(prefix="tally-test-", dir="/tmp"))
    folder.chmod(0o711)
    found = Postgres(folder / "postgres")
    found.start()
    try:
        with psycopg.connect(found.dsn) as connection:
            connection.execute(SETUP)
        yield found
    finally:
        found.stop()
        found.erase()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def url(server: Postgres, tmp_path: Path) -> Path:
    path = tmp_path / "clinic.url"
    path.write_text(server.dsn + "\n")
    path.chmod(0o600)
    return path


def text_column(name: str, **said: Any) -> dict[str, Any]:
    return {"name": name, "kind": "text", "null": True, **said}


def number(name: str, scale: int = 0, **said: Any) -> dict[str, Any]:
    kind = {"kind": "decimal", "scale": scale} if scale else {"kind": "integer"}
    return {"name": name, "low": -(10**5), "high": 10**5, "null": True, **kind, **said}


VISITS = (
    {"name": "id", "kind": "identifier"},
    number("age"), number("cost", 2), number("free", 3), number("ratio", 5), number("single", 2), number("grade"),
    {"name": "flag", "kind": "boolean", "null": True},
    {"name": "seen", "kind": "date", "null": True}, {"name": "at", "kind": "date", "null": True},
    text_column("ward"), text_column("mood"), text_column("code"), text_column("key"), text_column("note"),
)  # fmt: skip


def problems(url: Path, *columns: dict[str, Any], file: dict[str, Any]) -> list[tuple[str, int, str, str]]:
    with pytest.raises(DataError) as caught:
        read(url, declared(*columns, file=file))
    return [(p.code.partition(".")[2], p.row, p.column, p.detail) for p in caught.value.problems]


@pytest.mark.parametrize(
    "file", [{"table": "visits"}, {"table": "public.visits"}, {"query": "SELECT * FROM visits -- all;"}]
)
def test_every_type_that_is_read_keeps_its_value(url: Path, file: dict[str, Any]) -> None:
    heard = Heard()
    # spellings that are declared are those of texts: a database's numbers have none
    spelled = {"thousands": ",", "decimal": "."}
    table = read(url, declared(*VISITS, file={**file, **spelled}), heard)
    assert {name: table.texts(name)[1] for name in table.schema.names} == {
        "id": "b", "age": "34", "cost": "1234.5", "free": "0.001", "ratio": "0.00001", "single": "132.04", "grade": "3", "flag": "true",
        "seen": "2024-01-05", "at": "2024-01-05", "ward": "north", "mood": "good", "code": "9007199254740993",
        "key": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "note": 'two, "quoted"',
    }  # fmt: skip
    assert [table.texts(n)[0] for n in table.schema.names] == ["a", *[None] * 9, "south", *[None] * 4]
    assert_every_row_opens(table)


def test_types_that_no_kind_takes_are_refused_by_name(url: Path) -> None:
    columns = [text_column(name) for name in ("doc", "docb", "many", "bytes", "clock", "paid")]
    found = problems(
        url, {"name": "id", "kind": "identifier"}, *columns, {"name": "moment", "kind": "date"}, file={"table": "odd"}
    )
    assert {(code, column, detail) for code, _, column, detail in found} == {
        ("wrong_type", "doc", "json"), ("wrong_type", "docb", "jsonb"), ("wrong_type", "many", "array of int4"),
        ("wrong_type", "bytes", "bytea"), ("wrong_type", "clock", "time"), ("wrong_type", "paid", "money"),
        ("zone", "moment", "timestamptz"),
    }  # fmt: skip


def test_values_that_are_none_are_refused_at_row_and_column(url: Path) -> None:
    columns = [
        number("n", 2), number("m", 4), {"name": "d", "kind": "date"}, {"name": "t", "kind": "date"}, text_column("e"),
    ]  # fmt: skip
    query = {"query": "SELECT * FROM bad ORDER BY id"}
    found = problems(url, {"name": "id", "kind": "identifier"}, *columns, file=query)
    assert {it[:3] for it in found} == {
        ("not_finite", 1, "n"), ("not_finite", 1, "m"), ("not_a_date", 1, "d"), ("time_of_day", 1, "t"), ("empty_text", 1, "e"),
        ("out_of_range", 2, "n"), ("too_precise", 2, "m"), ("not_a_date", 2, "d"), ("spaces", 2, "e"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM written RETURNING id",
        "WITH gone AS (DELETE FROM written RETURNING id) SELECT id FROM gone",
        "SELECT id FROM written; DELETE FROM written",
        "SELECT id FROM written) TO PROGRAM 'touch {mark}' --",
        "SELECT id FROM written) TO '{mark}' --",
        "SELECT id FROM written) AS x) TO '{mark}' /*",
        "SELECT id INTO other FROM written",
        "SELECT id FROM written FOR UPDATE",
        "TRUNCATE written",
        "COPY written TO '{mark}'",
        "SELECT set_config('transaction_read_only', 'off', false) AS id",
        "SELECT id FROM nowhere",
        "",
        "SELECT nextval('counted')::text AS id",
    ],
)
def test_nothing_but_one_select_is_done(url: Path, server: Postgres, tmp_path: Path, query: str) -> None:
    """The owner's schema may have come from somebody else, and the owner's database user may be allowed anything."""
    with psycopg.connect(server.dsn) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS counted")
    mark = Path(tempfile.gettempdir()) / f"tally-mark-{tmp_path.name}"
    with pytest.raises(TallyError) as caught:
        read(url, declared({"name": "id", "kind": "identifier"}, file={"query": query.replace("{mark}", str(mark))}))
    assert caught.value.code in ("database.query", "schema.place", "database.broken_off"), caught.value
    assert not mark.exists()
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM written").fetchone() == (1,)
        assert connection.execute("SELECT is_called FROM counted").fetchone() == (False,)


def test_a_message_that_quotes_a_value_is_not_shown(url: Path) -> None:
    found = problems(url, number("n"), file={"query": "SELECT note::integer AS n FROM visits WHERE note IS NOT NULL"})
    assert found == [("broken_off", 0, "", "22P02")]


def test_the_rows_are_one_snapshot_in_an_order_of_their_own(
    url: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with psycopg.connect(server.dsn) as connection:
        connection.execute(
            "DROP TABLE IF EXISTS many; CREATE TABLE many AS SELECT i AS n FROM generate_series(1, 500) AS i"
        )
    monkeypatch.setattr(database, "BATCH", 100)
    schema = declared(number("n"), file={"table": "many"})
    before = read(url, schema)
    changed = threading.Event()

    with psycopg.connect(server.dsn) as connection:
        # the same rows, elsewhere on the disk
        connection.execute("UPDATE many SET n = n WHERE n < 200")
    after = read(url, schema)
    assert before.snapshot() == after.snapshot()

    original = database.texts_of_database.typed

    def typed(*arguments: Any) -> Any:
        if not changed.is_set():
            changed.set()
            with psycopg.connect(server.dsn) as connection:
                connection.execute("DELETE FROM many WHERE n > 250")
        return original(*arguments)

    monkeypatch.setattr(database.texts_of_database, "typed", typed)
    assert read(url, schema).snapshot() == before.snapshot()
    assert read(url, schema).rows == 250


def test_a_password_stands_nowhere(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    schema = declared({"name": "id", "kind": "identifier"}, file={"table": "visits"})
    path = tmp_path / "clinic.url"
    for url in (
        f"postgresql://u:{PASSWORD}@127.0.0.1:1/x",
        f"postgresql://u:{PASSWORD}@127.0.0.1:1/x?sslmod=require",
        f"postgresql://u:{PASSWORD}@127.0.0.1:port/x",
        f"postgresql://u:{PASSWORD}@db.example.org/x",
        f"mysql://u:{PASSWORD}@127.0.0.1:1/x",
        f"mysql://u:{PASSWORD}@127.0.0.1:1/x?ssl-mode=perhaps",
        f"oracle://u:{PASSWORD}@127.0.0.1:1/x",
        f"postgresql://u:{PASSWORD}@[::1/x",
        f"two\nlines {PASSWORD}",
        PASSWORD,
    ):
        path.write_text(url)
        path.chmod(0o600)
        with pytest.raises(TallyError) as caught:
            read(path, schema)
        chain: BaseException | None = caught.value
        assert caught.value.code in ("database.connect", "source.url", "source.tls"), url
        while chain is not None:
            assert PASSWORD not in f"{chain!r} {chain} {vars(chain)}", url
            chain = chain.__cause__ or (None if chain.__suppress_context__ else chain.__context__)
    out, err = capfd.readouterr()
    assert PASSWORD not in out + err + caplog.text


def test_a_url_file_that_others_can_read_is_refused(url: Path) -> None:
    url.chmod(0o640)
    with pytest.raises(TallyError, match=r"disk\.loose_mode"):
        read(url, declared({"name": "id", "kind": "identifier"}, file={"table": "visits"}))


def test_a_database_needs_a_table_or_query(url: Path) -> None:
    with pytest.raises(TallyError, match=r"source\.place"):
        read(url, declared({"name": "id", "kind": "identifier"}))


@pytest.mark.parametrize(
    "place", [FileForm(table="visits"), FileForm(query="SELECT * FROM visits"), FileForm(query="SELECT * FROM odd")]
)
def test_a_draft_reads_its_table(url: Path, place: FileForm) -> None:
    schema = Schema.parse(tomllib.loads(text(draft(url, place), "visits")))
    assert_every_row_opens(read(url, schema))
    if "odd" not in place.query:
        assert {it.name: it.kind for it in schema.columns} == {
            "id": "identifier", "age": "integer", "cost": "decimal", "free": "decimal", "ratio": "decimal", "single": "decimal",
            "flag": "boolean", "seen": "date", "at": "date", "ward": "text", "mood": "text", "grade": "integer", "code": "text", "key": "text",
            "note": "text",
        }  # fmt: skip
