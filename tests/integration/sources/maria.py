"""A MariaDB server of the tests' own, on a socket and a port of this machine."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pymysql
import pytest

from tests.patience import until

PASSWORD = "p@ss:w/rd%"


class Maria:
    """A running server with one database and one user, who has a password."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = port

    @property
    def socket(self) -> str:
        return str(self.folder / "s")

    def url(self, options: str = "") -> str:
        return f"mysql://reader:{quote(PASSWORD, safe='')}@127.0.0.1:{self.port}/clinic?ssl-mode=disabled{options}"

    def run(self, *statements: str) -> None:
        """As the server's own administrator."""
        with pymysql.connect(unix_socket=self.socket, user="root", charset="utf8mb4", autocommit=True) as connection:
            for statement in statements:
                with connection.cursor() as cursor:
                    cursor.execute(statement)


@contextmanager
def running() -> Iterator[Maria]:
    """Skips when there is no server program; `tools/system-packages.sh` installs it."""
    program, installer = (
        shutil.which("mariadbd", path=f"{os.environ['PATH']}:/usr/sbin"),
        shutil.which("mariadb-install-db"),
    )
    if program is None or installer is None:
        if os.environ.get("CI"):
            pytest.fail("CI runs these tests: install mariadb-server with tools/system-packages.sh")
        pytest.skip("needs mariadb-server (tools/system-packages.sh)")
    with tempfile.TemporaryDirectory(prefix="tally-maria-", dir="/tmp") as name:
        folder, user = Path(name), (["--user=mysql"] if os.geteuid() == 0 else [])
        folder.chmod(0o711)
        data = folder / "data"
        data.mkdir()
        if user:
            shutil.chown(folder, "mysql")
            shutil.chown(data, "mysql")
        subprocess.run(
            [installer, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", *user],
            check=True, capture_output=True, timeout=100,
        )  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        found = Maria(folder, port)
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                [program, "--no-defaults", f"--datadir={data}", f"--socket={found.socket}", "--bind-address=127.0.0.1",
                 f"--port={port}", f"--secure-file-priv={folder}", *user],
                stdout=log, stderr=log,
            )  # fmt: skip
        try:
            until(30, "MariaDB answers", lambda: _answers(found, server))
            found.run(
                "CREATE DATABASE clinic CHARACTER SET utf8mb4",
                f"CREATE USER reader@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
                "GRANT SELECT, INSERT, UPDATE, DELETE ON clinic.* TO reader@'127.0.0.1'",
                "GRANT FILE ON *.* TO reader@'127.0.0.1'",
            )
            yield found
        finally:
            server.terminate()
            server.wait(60)


def _answers(found: Maria, server: "subprocess.Popen[bytes]") -> bool:
    if server.poll() is not None:
        pytest.fail((found.folder / "log").read_text("utf-8", "replace")[-2000:])
    # the driver leaves its socket open when nobody listens yet
    with socket.socket(socket.AF_UNIX) as probe:
        if probe.connect_ex(found.socket):
            return False
    try:
        found.run("SELECT 1")
    except pymysql.Error:
        return False
    return True
