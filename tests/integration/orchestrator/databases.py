"""Databases of a test's own on the shared stack."""

from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from embedded.stack import Stack


@contextmanager
def own_database(stack: Stack, name: str) -> Generator[str]:
    """An empty database; its URL."""
    with psycopg.connect(stack.info.database, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        yield urlunsplit(urlsplit(stack.info.database)._replace(path=f"/{name}"))
    finally:
        with psycopg.connect(stack.info.database, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
