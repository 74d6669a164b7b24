"""The file with a database's URL: whatever stands in it, a refusal quotes none of it, and TLS is never a matter of defaults."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import FormatError, TallyError
from tests.unit.workers.sources.declared import Heard
from workers.sources import database
from workers.sources.problems import Problems
from workers.sources.reading import FileForm

TABLE = FileForm(table="visits")
SECRET = "kAn4rienv0gel"


def opened(folder: Path, url: str) -> TallyError:
    path = folder / "clinic.url"
    path.write_bytes(url.encode("utf-8", "surrogateescape"))
    path.chmod(0o600)
    with pytest.raises(TallyError) as caught, database.opened(path, TABLE, Problems("database", path, Heard())):
        pass
    return caught.value


@given(
    st.text(st.characters(codec="utf-8"), max_size=30),
    st.sampled_from(["", "postgresql://", "mysql://", "oracle://", "//"]),
)
def test_no_refusal_quotes_the_file(tmp_path_factory: pytest.TempPathFactory, text: str, scheme: str) -> None:
    url = f"{scheme}{text.replace('/', '')}:{SECRET}@[{text}?{SECRET}={text}"
    error = opened(tmp_path_factory.mktemp("url"), url)
    assert error.code in ("source.url", "source.tls", "database.connect")
    assert SECRET not in f"{error!r} {error} {vars(error)} {error.__cause__!r}"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p@db.example.org/x",
        "postgresql://u:p@/x?host=db.example.org",
        "postgresql://u:p@/x?hostaddr=192.0.2.1",
        "postgresql://u:p@localhost,db.example.org/x",
        "postgresql://u:p@db.example.org/x?application_name=sslmode%3Drequire",
        "mysql://u:p@db.example.org/x",
        "mariadb://u:p@192.0.2.1/x",
    ],
)
def test_attack_a_server_elsewhere_without_a_word_about_tls(tmp_path: Path, url: str) -> None:
    """Drivers would go on in the clear when the server, or whoever answers in its place, offers no TLS."""
    assert opened(tmp_path, url).code == "source.tls"


def test_the_address_shows_nothing_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "clinic.url"
    path.write_text(f"mysql://u:{SECRET}@localhost/x")
    path.chmod(0o600)
    assert SECRET not in repr(database._address(path))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "clinic.url"
    path.write_text("mysql://u@localhost/x")
    path.chmod(mode)
    with pytest.raises(TallyError, match=r"disk\.loose_mode"):
        database._address(path)


def test_a_part_of_the_database_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "clinic.url"
    with pytest.raises(FormatError, match=r"source\.place"):
        database.opened(path, FileForm(), Problems("database", path, Heard()))
