"""An owner's MySQL or MariaDB as a source: types, one snapshot, and that nothing but reading one SELECT is possible."""

import ssl
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sources.maria import PASSWORD, Maria, running
from tests.unit.workers.sources.declared import declared
from tests.unit.workers.sources.test_reading import assert_every_row_opens
from workers.sources import database, mysql, read
from workers.sources.draft import draft
from workers.sources.draft_text import text
from workers.sources.problems import DataError
from workers.sources.reading import FileForm
from workers.sources.schema import Schema

SETUP = (
    "SET SESSION sql_mode = ''",
    """CREATE TABLE clinic.visits (
      id varchar(20), age int, cost decimal(12, 2), ratio double, flag tinyint(1), small tinyint unsigned, big bigint unsigned,
      seen date, at datetime, ward enum('北区', 'south'), tags set('x', 'y'), born year, note text
    ) CHARACTER SET utf8mb4""",
    """INSERT INTO clinic.visits VALUES
      ('b', 34, 1234.50, 1e-05, 1, 255, 18446744073709551615, '2024-01-05', '2024-01-05 00:00:00', '北区', 'x,y', 1990, 'two, "q"'),
      ('a', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)""",
    "CREATE TABLE clinic.latin (id varchar(20)) CHARACTER SET latin1",
    "INSERT INTO clinic.latin VALUES ('Müller')",
    """CREATE TABLE clinic.odd (id varchar(20), bytes blob, raw varbinary(9), bits bit(3), moment timestamp NULL, clock time, f float,
      place point)""",
    "INSERT INTO clinic.odd (id) VALUES ('a')",
    "CREATE TABLE clinic.bad (id varchar(20), d date, t datetime, n bigint unsigned, e varchar(9), flag tinyint(1))",
    "INSERT INTO clinic.bad VALUES ('a', '0000-00-00', '2024-01-05 03:04:05', 18446744073709551615, '', 2)",
    "INSERT INTO clinic.bad VALUES ('b', '2024-00-00', '2024-01-05', 1, ' x', 1)",
    "CREATE TABLE clinic.written (id varchar(20)) ENGINE = InnoDB",
    "INSERT INTO clinic.written VALUES ('a')",
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Maria]:
    with running() as found:
        found.run(*SETUP)
        yield found


@pytest.fixture
def url(server: Maria, tmp_path: Path) -> Path:
    return address(tmp_path, server.url())


def address(folder: Path, url: str) -> Path:
    path = folder / "clinic.url"
    path.write_text(url + "\n")
    path.chmod(0o600)
    return path


ID = {"name": "id", "kind": "identifier"}


def text_column(name: str) -> dict[str, Any]:
    return {"name": name, "kind": "text", "null": True}


def number(name: str, scale: int = 0) -> dict[str, Any]:
    kind = {"kind": "decimal", "scale": scale} if scale else {"kind": "integer"}
    return {"name": name, "low": -(10**5), "high": 10**5, "null": True, **kind}


def other(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "kind": kind, "null": True}


VISITS = (
    ID, number("age"), number("cost", 2), number("ratio", 5), other("flag", "boolean"), number("small"), text_column("big"),
    other("seen", "date"), other("at", "date"), text_column("ward"), text_column("tags"), number("born"), text_column("note"),
)  # fmt: skip


def problems(url: Path, *columns: dict[str, Any], file: dict[str, Any]) -> set[tuple[str, int, str, str]]:
    with pytest.raises(DataError) as caught:
        read(url, declared(*columns, file=file))
    return {(p.code.partition(".")[2], p.row, p.column, p.detail) for p in caught.value.problems}


@pytest.mark.parametrize(
    "file", [{"table": "visits"}, {"table": "clinic.visits"}, {"query": "SELECT * FROM visits -- all;"}]
)
def test_every_type_that_is_read_keeps_its_value(url: Path, file: dict[str, Any]) -> None:
    table = read(url, declared(*VISITS, file=file))
    assert {name: table.texts(name)[1] for name in table.schema.names} == {
        "id": "b", "age": "34", "cost": "1234.5", "ratio": "0.00001", "flag": "true", "small": "255",
        "big": "18446744073709551615", "seen": "2024-01-05", "at": "2024-01-05", "ward": "北区", "tags": "x,y", "born": "1990",
        "note": 'two, "q"',
    }  # fmt: skip
    assert [table.texts(name)[0] for name in table.schema.names] == ["a", *[None] * 12]
    assert_every_row_opens(table)


def test_another_character_set_is_read_as_its_letters(url: Path) -> None:
    assert read(url, declared(ID, file={"table": "latin"})).texts("id") == ["Müller"]


def test_types_that_no_kind_takes_are_refused_by_name(url: Path) -> None:
    columns = [text_column(name) for name in ("bytes", "raw", "bits", "clock", "place")]
    found = problems(url, ID, *columns, number("f", 2), other("moment", "date"), file={"table": "odd"})
    assert {(code, column, detail) for code, _, column, detail in found} == {
        ("wrong_type", "bytes", "binary"), ("wrong_type", "raw", "binary"), ("wrong_type", "bits", "bit"),
        ("wrong_type", "clock", "time"), ("wrong_type", "place", "geometry"), ("wrong_type", "f", "float"),
        ("zone", "moment", "timestamp"),
    }  # fmt: skip


def test_values_that_are_none_are_refused_at_row_and_column(url: Path) -> None:
    columns = other("d", "date"), other("t", "date"), number("n"), text_column("e"), other("flag", "boolean")
    found = problems(url, ID, *columns, file={"query": "SELECT * FROM bad ORDER BY id LIMIT 2"})
    assert {it[:3] for it in found} == {
        ("zero_date", 1, "d"), ("time_of_day", 1, "t"), ("out_of_range", 1, "n"), ("empty_text", 1, "e"),
        ("not_boolean", 1, "flag"), ("zero_date", 2, "d"), ("spaces", 2, "e"),
    }  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM written",
        "SELECT id FROM written; DELETE FROM written",
        "SELECT id FROM written INTO OUTFILE '{mark}'",
        "SELECT id FROM written) AS x INTO OUTFILE '{mark}' -- ",
        "SELECT id FROM written) AS x INTO OUTFILE '{mark}' # ",
        "SELECT id FROM written) AS x INTO OUTFILE '{mark}' /*",
        "SELECT id FROM written) AS x UNION SELECT id INTO OUTFILE '{mark}' FROM (SELECT id FROM written",
        "SELECT id FROM written) AS x JOIN (SELECT 2 AS k",
        "SELECT id INTO @x FROM written",
        "INSERT INTO written VALUES ('b')",
        "CALL nothing()",
        "LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE written",
        "SELECT id FROM nowhere",
        "INSERT INTO written (id) VALUES ('b') RETURNING id",
    ],
)
def test_nothing_but_one_select_is_done(url: Path, server: Maria, tmp_path: Path, query: str) -> None:
    """The owner's schema may have come from somebody else, and the owner's database user may be allowed to write files."""
    mark = server.folder / f"mark-{tmp_path.name}"
    found = problems(url, ID, file={"query": query.replace("{mark}", str(mark))})
    assert {it[0] for it in found} <= {"query", "broken_off"}
    assert not mark.exists()
    assert not list(server.folder.rglob("mark-*"))
    assert read(url, declared(ID, file={"table": "written"})).texts("id") == ["a"]


def test_a_name_is_quoted_whatever_it_holds(url: Path) -> None:
    assert {it[0] for it in problems(url, ID, file={"table": "written` WHERE 1 = 0 UNION SELECT 'x"})} == {"query"}


def test_the_rows_are_one_snapshot_in_an_order_of_their_own(
    url: Path, server: Maria, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.run(
        "USE clinic",
        "CREATE OR REPLACE TABLE clinic.many (n int) ENGINE = InnoDB",
        "INSERT INTO clinic.many SELECT seq FROM seq_1_to_500",
    )
    monkeypatch.setattr(database, "BATCH", 100)
    schema = declared(number("n"), file={"query": "SELECT * FROM many ORDER BY n DESC"})
    before = read(url, schema)
    assert before.texts("n")[:2] == ["1", "2"]
    original, changed = mysql.Snapshot.columns, threading.Event()

    def columns(self: mysql.Snapshot) -> Any:
        found = original(self)
        changed.set()
        server.run("DELETE FROM clinic.many WHERE n > 250")
        return found

    monkeypatch.setattr(mysql.Snapshot, "columns", columns)
    assert read(url, schema).snapshot() == before.snapshot()
    assert changed.is_set()
    assert read(url, schema).rows == 250


def test_a_password_stands_nowhere(server: Maria, tmp_path: Path) -> None:
    wrong = server.url().replace("reader", "nobody")
    path = address(tmp_path, wrong)
    (found,) = problems(path, ID, file={"table": "visits"})
    assert found[0] == "connect"
    assert PASSWORD not in found[3]


@pytest.mark.parametrize("word", ["required", "verify_ca", "verify-full"])
def test_tls_that_is_asked_for_is_never_left_out(server: Maria, tmp_path: Path, word: str) -> None:
    """This server has no certificate: a driver that goes on in the clear would get in."""
    path = address(tmp_path, server.url().replace("disabled", word))
    (found,) = problems(path, ID, file={"table": "visits"})
    assert found[0] == "connect"


def test_the_word_about_tls_is_what_is_checked() -> None:
    files: dict[str, str | None] = {"ssl-ca": None, "ssl-cert": None, "ssl-key": None}
    kinds = {kind: mysql._context(kind, files) for kind in ("require", "ca", "full")}
    assert {kind: (it.verify_mode, it.check_hostname) for kind, it in kinds.items()} == {
        "require": (ssl.CERT_NONE, False), "ca": (ssl.CERT_REQUIRED, False), "full": (ssl.CERT_REQUIRED, True),
    }  # fmt: skip


@pytest.mark.parametrize("place", [FileForm(table="visits"), FileForm(table="odd")])
def test_a_draft_reads_its_table(url: Path, place: FileForm) -> None:
    schema = Schema.parse(tomllib.loads(text(draft(url, place), "visits")))
    assert_every_row_opens(read(url, schema))
    if place.table == "visits":
        assert {it.name: it.kind for it in schema.columns} == {
            "id": "identifier", "age": "integer", "cost": "decimal", "ratio": "decimal", "flag": "boolean", "small": "integer",
            "big": "text", "seen": "date", "at": "date", "ward": "text", "tags": "text", "born": "integer", "note": "text",
        }  # fmt: skip
