"""Pictures of every page of explorer and desk: ``python -m tests.browser.screenshots FOLDER [WIDTH…]``, or ``… --docs``.

A real stack stands behind participants' pages, with a task that asks for data, one that a standing authorization covers, and a draft; behind
the explorer's a database of made-up tasks (:mod:`tests.browser.explorer_pictures`). Each page in both languages, at each width (320, 768 and 1280 pixels unless others are named), whole, with what is folded away unfolded, as
``PAGE.LANGUAGE.WIDTH.png``. They are for people who look whether a page is right; no test compares pixels.

With ``--docs`` they are those of the documentation: as a page opens, down to the first screen's end, as WebP, with a page that shows
them all (``docs/pictures/README.md``).
"""

import base64
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeAlias

from playwright.sync_api import Page, expect, sync_playwright

from protocol import ids
from tests import patience
from tests.browser import catalogue, explorer_pictures
from tests.browser.desk_acts import enter
from tests.browser.desk_site import DeskSite, apart, desk_site

OWNER: Final = "laboratory"
PROPOSER: Final = "hospital"
WIDTHS: Final = (320, 768, 1280)
LANGUAGES: Final = ("en", "zh")
_HEIGHT: Final = 900
DOCS: Final = Path(__file__).parents[2] / "docs" / "pictures"
_QUALITY: Final = 0.75


def _begun(page: Page) -> None:
    """A draft of the statistics, judged before it is finished."""
    page.locator(".beginnings button").last.click()
    page.locator(".summary .acts button").first.click()
    expect(page.locator("#desk .wrong").first).to_be_visible()


def _worded(page: Page) -> None:
    """A standing authorization that is being worded."""
    page.locator(".standing > summary").click()
    for field, number in (("uses", "12"), ("days", "30")):
        page.locator(f'[id="at-standing.{field}"] input').fill(number)
    page.locator(".varying input").first.check()


def _looked(page: Page) -> None:
    page.locator(".group .acts button").first.click()
    expect(page.locator(".group .inbox, .group .empty").first).to_be_visible()


def _nothing(page: Page) -> None:
    """As it is."""
    del page


def _taken_back(page: Page) -> None:
    """A proposal that is about to be withdrawn."""
    page.locator("#desk details > summary", has_text=re.compile("Take this proposal back|撤回该提议")).click()


PAGES: Final[dict[str, tuple[str, Callable[[Page], None]]]] = {
    "inbox": ("", _nothing),
    "review": ("/tasks/{task}", _worded),
    "propose": ("/propose", _begun),
    "mine": ("/mine", _looked),
    "own": ("/tasks/{own}", _taken_back),
}
TITLES: Final = {
    "sign-in": "Sign in", "inbox": "Inbox", "review": "What is asked, and the answer", "propose": "Propose a task",
    "mine": "My things", "own": "An own proposal, which can be taken back",
}  # fmt: skip
"""By its name: where a page is, and how it comes to show something."""


Picture: TypeAlias = Callable[[Page, Path], Path]
"""Takes a page as it stands for a file's name without its ending; the file."""


def whole(page: Page, name: Path) -> Path:
    """With what is folded away unfolded, to its end."""
    page.evaluate("for (const each of document.querySelectorAll('#desk details')) each.open = true")
    page.screenshot(path=(made := name.with_name(f"{name.name}.png")), full_page=True)
    return made


def first_screen(page: Page, name: Path) -> Path:
    """As it opens, or what it is about where that is further down, in the browser's own WebP."""
    page.evaluate("(document.querySelector('[data-proposal]') ?? document.documentElement).scrollIntoView()")
    blank = page.context.new_page()
    png = base64.b64encode(page.screenshot()).decode()
    data = blank.evaluate(
        """async ([png, quality]) => {
          const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
          const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
          canvas.getContext("2d").drawImage(image, 0, 0);
          return canvas.toDataURL("image/webp", quality);
        }""",
        [png, _QUALITY],
    )
    blank.close()
    made = name.with_name(f"{name.name}.webp")
    made.write_bytes(base64.b64decode(data.partition(",")[2]))
    return made


def signed_out(page: Page, site: DeskSite, folder: Path, widths: Sequence[int], picture: Picture) -> list[Path]:
    """Where everybody begins."""
    made: list[Path] = []
    for language in LANGUAGES:
        page.goto(site.page(language=language))
        expect(page.locator(".choices button").first).to_be_visible()
        for width in widths:
            page.set_viewport_size({"width": width, "height": _HEIGHT})
            made.append(picture(page, folder / f"sign-in.{language}.{width}"))
    return made


def take(
    page: Page, site: DeskSite, tasks: dict[str, str], folder: Path, widths: Sequence[int], picture: Picture
) -> list[Path]:
    """The pictures of the pages of who is signed in on ``page``: those of its own proposal, or all others."""
    made: list[Path] = []
    for language in LANGUAGES:
        for name, (path, show) in PAGES.items():
            if (name == "own") != ("own" in tasks):
                continue
            page.goto(f"{site.url}/{language}/desk{path.format(**tasks)}")
            expect(page.locator("#desk section, #desk .empty").first).to_be_visible()
            if name == "propose":
                page.evaluate("sessionStorage.clear()")
                page.reload()
                page.locator(".beginnings").wait_for()
            show(page)
            for width in widths:
                page.set_viewport_size({"width": width, "height": _HEIGHT})
                made.append(picture(page, folder / f"{name}.{language}.{width}"))
    return made


def gallery(names: Sequence[str]) -> str:
    """A page of the documentation with the pictures of these names."""
    parts = [
        "# Participants' pages\n",
        "Written by `python -m tests.browser.screenshots --docs`. Each page as it opens, in both languages, 320, 768 and 1280 pixels wide.",
        "The [guide](../user-guide.md#consent-in-the-browser) says what they do.\n",
    ]
    for page, title in TITLES.items():
        parts.append(f"## {title}\n")
        parts += [
            f"![{title}, {language}, {width} pixels wide]({name})\n"
            for language in LANGUAGES
            for width in WIDTHS
            if (name := f"{page}.{language}.{width}.webp") in names
        ]
    return "\n".join(parts)


def take_explorer(page: Page, shown: explorer_pictures.Shown, folder: Path, widths: Sequence[int]) -> list[Path]:
    """The pictures of the explorer's pages for a regulator who is signed in, what is folded away left folded."""
    made: list[Path] = []
    for language in LANGUAGES:
        for name in explorer_pictures.PAGES:
            page.goto(shown.page(name, language))
            expect(page.locator("main h1")).to_be_visible()
            for width in widths:
                page.set_viewport_size({"width": width, "height": _HEIGHT})
                made.append(folder / f"explorer-{name}.{language}.{width}.png")
                page.screenshot(path=made[-1], full_page=True)
    return made


@contextmanager
def opened(chromium: str) -> Iterator[Callable[[], Page]]:
    """What opens pages of a browser, each in a session of its own, until the block ends."""
    with sync_playwright() as playwright:
        expect.set_options(timeout=patience.scaled(30) * 1000)
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])

        def new() -> Page:
            page = browser.new_context().new_page()
            page.set_default_timeout(patience.scaled(30) * 1000)
            return page

        yield new
        browser.close()


def main(arguments: Sequence[str]) -> int:
    """Take them all; 2 where there is nothing to take them with or to."""
    chromium, docs = shutil.which("chromium"), list(arguments) == ["--docs"]
    if not arguments or chromium is None:
        sys.stderr.write("Needs a folder and Debian's chromium: python -m tests.browser.screenshots FOLDER [WIDTH…]\n")
        return 2
    folder = DOCS if docs else Path(arguments[0])
    widths = WIDTHS if docs else tuple(map(int, arguments[1:])) or WIDTHS
    picture = first_screen if docs else whole
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    # a page's event loop runs in this thread: what needs none is set up before it
    if not docs:
        with explorer_pictures.explorer() as shown, opened(chromium) as new:
            page = new()
            explorer_pictures.enter(page, shown)
            made += take_explorer(page, shown, folder, widths)
    with desk_site() as site:
        apart(lambda: catalogue.publish(site.world, catalogue.STATISTICS))
        apart(lambda: catalogue.show_data(site.world))
        own = apart(lambda: site.world.client(PROPOSER).submit(catalogue.statistics(site.world, groups=100)))
        site.world.settle()
        with opened(chromium) as new:
            for party in (OWNER, PROPOSER):
                page = new()
                site.wallet(party).attach(page)
                tasks = {"own": ids.prefixed("task", own)}
                if party == OWNER:
                    made += signed_out(page, site, folder, widths, picture)
                enter(page, site)
                if party == OWNER:
                    task = page.locator('a[href*="/desk/tasks/"]').first.get_attribute("href") or ""
                    tasks = {"task": task.rpartition("/")[2]}
                made += take(page, site, tasks, folder, widths, picture)
    if docs:
        (folder / "README.md").write_text(gallery([path.name for path in made]), "utf-8")
    sys.stdout.write("".join(f"{path}\n" for path in made))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
