"""The explorer's pages for pictures: the seeded site of the browser tests, as a regulator who is signed in and may open one bundle sees it.

The tasks are made up (:mod:`tests.browser.seed`), their story is told by simulated parties with real keys, signatures and logs.
"""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psycopg
from playwright.sync_api import Page, expect

from audit_explorer.app import create_app
from audit_explorer.verification import Verifier
from protocol import access, bundle, ids
from protocol.typed import Access
from tests.browser import seed
from tests.integration.web.explorer_site import STORY, AnyToken, running
from tests.serving import Served

READER: Final = "regulator"
_SET: Final = ids.on_chain(seed.DATA_SET).hex()
_CONSENT: Final = ids.on_chain(f"consent {ids.on_chain('refused').hex()}").hex()
PAGES: Final[Mapping[str, str]] = {
    "home": "/home",
    "tasks": "/tasks",
    "tasks-filtered": "/tasks?state=proposed&party=hospital&role=proposer",
    "task": "/tasks/{completed}",
    "task-running": "/tasks/{proposed}",
    "task-refused": "/tasks/{refused}",
    "parties": "/parties",
    "party": f"/parties/0x{ids.on_chain('laboratory').hex()}",
    "data-set": f"/data-sets/0x{_SET}",
    "program": f"/programs/0x{ids.on_chain('glm.logistic@1.0.0').hex()}",
    "authorization": f"/authorizations/auth_{_CONSENT}",
    "block": "/blocks/201",
    "transaction": f"/transactions/0x{ids.on_chain('tx 201').hex()}",
    "anchors": "/anchors",
    "statistics": "/statistics",
    "report": "/report?from=2026-05-27&to=2026-05-28",
    "compare": f"/compare?a=0x{_SET}@1&b=0x{_SET}@2",
    "find": "/find?q=logistic",
    "check": "/check",
    "sign-in": "/sign-in",
}
"""By its name: where a page is, below its language; `{…}` are tasks by what they show."""


@dataclass(frozen=True)
class Shown:
    """The pages' address, and the tasks on them."""

    url: str
    tasks: Mapping[str, str]

    def page(self, name: str, language: str) -> str:
        """Where a page is."""
        return f"{self.url}/{language}{PAGES[name].format(**self.tasks)}"


@contextmanager
def explorer() -> Iterator[Shown]:
    """The site, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="tally-pictures-") as folder:
        Path(folder).chmod(0o711)
        for site in running(Path(folder)):
            with psycopg.connect(site.dsn) as connection:  # as far as an index would have read
                connection.execute("INSERT INTO tally.chain_cursors VALUES (505, %s)", (seed.digest("block 505"),))
            given = {site.tasks["completed"]: (bundle.build(STORY.material()), (READER,))}
            contracts = {site.tasks["proposed"]: (seed.contract(), (READER,))}
            app = create_app(site.records, Verifier(STORY.pinned), AnyToken(given, contracts), lambda: seed.NOW)
            pages = Served(app)
            try:
                yield Shown(pages.url, {name: ids.prefixed("task", task) for name, task in site.tasks.items()})
            finally:
                pages.stop()


def enter(page: Page, shown: Shown) -> None:
    """Sign in as the regulator, with a token that this site's coordinator takes from anybody."""
    page.goto(f"{shown.url}/en/sign-in")
    page.locator("#token").fill(access.header(Access(READER, access.EVIDENCE, seed.NOW + 600, 1), bytes(65)))
    page.locator(".sign-in button").click()
    expect(page.locator("form.session")).to_be_visible()
