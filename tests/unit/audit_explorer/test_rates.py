"""Who asks too often is told how long to wait, and nobody else pays for it."""

import asyncio

import httpx
import pytest

from audit_explorer.app import create_app
from audit_explorer.rates import PRINTING, Rates
from audit_explorer.security import HEADERS
from audit_explorer.verification import Verifier
from tests.unit.audit_explorer import fakes


class Client:
    """Asks an application in this process, from an address of its choice."""

    def __init__(self, per_minute: int, proxies: int = 0) -> None:
        self.now = 0.0
        app = create_app(fakes.FakeRecords([]), Verifier(None), published=True)
        self._app = Rates(app, per_minute=per_minute, proxies=proxies, clock=lambda: self.now)

    def get(self, where: str, address: str = "192.0.2.1", **headers: str) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, client=(address, 1))
            async with httpx.AsyncClient(transport=transport, base_url="http://explorer") as client:
                return await client.get(where, headers=headers)

        return asyncio.run(ask())


def test_who_asks_too_often_waits_and_others_do_not() -> None:
    client = Client(per_minute=30)  # five at once, then one in two seconds
    assert [client.get("/en/tasks").status_code for _ in range(6)] == [200] * 5 + [429]
    refused = client.get("/en/tasks")
    assert refused.headers["retry-after"] == "2"
    assert "try again in 2 s" in refused.text
    assert "请在 2 秒后再试" in refused.text
    assert refused.headers["content-security-policy"] == HEADERS["content-security-policy"]
    assert client.get("/en/tasks", address="192.0.2.2").status_code == 200
    client.now += 2
    assert client.get("/en/tasks").status_code == 200
    assert client.get("/en/tasks").status_code == 429


def test_a_page_to_print_costs_more_and_what_pages_are_made_of_nothing() -> None:
    client = Client(per_minute=6 * (PRINTING + 2))
    assert client.get("/en/report.pdf?from=x&to=y").status_code == 400
    assert [client.get("/en/tasks").status_code for _ in range(3)] == [200, 200, 429]
    for where in ("/static/explorer.css", "/health"):
        assert [client.get(where).status_code for _ in range(5)] == [200] * 5


@pytest.mark.parametrize(("proxies", "last"), [(0, 429), (1, 200)])
def test_attack_an_address_that_a_client_makes_up(proxies: int, last: int) -> None:
    """Without a trusted proxy its header counts for nothing; behind one, what that one appended counts."""
    client = Client(per_minute=6, proxies=proxies)
    for number in range(2):
        answer = client.get("/en/tasks", **{"x-forwarded-for": f"203.0.113.{number}"})
    assert answer.status_code == last
    forged = client.get("/en/tasks", **{"x-forwarded-for": "203.0.113.77, 203.0.113.1"})
    assert forged.status_code == 429
