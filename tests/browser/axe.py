"""axe-core from the pages' own development packages: nothing is loaded from elsewhere."""

from pathlib import Path

from playwright.sync_api import Page

_AXE = Path(__file__).resolve().parents[2] / "audit_explorer" / "web" / "node_modules" / "axe-core" / "axe.min.js"


def problems(page: Page) -> list[tuple[str, list[str]]]:
    """What axe-core finds on a page of a context that bypasses its policy: rules, and what breaks them."""
    page.add_script_tag(path=_AXE)
    found = page.evaluate("axe.run().then((result) => result.violations)")
    return [(each["id"], [node["html"] for node in each["nodes"]]) for each in found]
