"""``python -m benchmarks accuracy``: compare, print, and with ``--write`` renew the page."""

from benchmarks.accuracy import cases, page


def accuracy(only: str, *, write: bool) -> None:
    """Run every case, or those whose name has the word ``only``; a page of some cases alone is not written."""
    found: list[cases.Compared] = []
    for name, make in cases.cases():
        if only in name:
            compared = list(make())
            found += compared
            for each in compared:
                part = each.difference / (each.scale or 1)
                print(f"{name:28} {each.figure:40} {each.ours:14.8g} {each.oracle:14.8g} {part:8.1e}", flush=True)
    if write and not only:
        page.PAGE.write_text(page.text(found), encoding="utf-8")
        print(f"wrote {page.PAGE}")
