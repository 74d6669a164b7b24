"""A text file in blocks of whole lines, decoded as declared, without holding it in memory."""

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from workers.sources.problems import Problems

BLOCK: Final = 1 << 20
_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_WORKBOOK: Final = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def blocks(path: Path, encoding: str, problems: Problems, size: int = BLOCK) -> Iterator[str]:
    """Blocks that end where a line ends; the byte order mark is no part of the text. A wrong byte is reported, and ends it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    total = path.stat().st_size
    left, done, line = "", 0, 1
    with path.open("rb") as file:
        while True:
            data = file.read(size)
            if not done and (found := _other_kind(data, encoding)):
                problems.add(found, 1)
                return
            try:
                text = decoder.decode(data, final=not data)
            except UnicodeError as error:
                problems.add("encoding", line + left.count("\n") + _lines_before(error, encoding))
                return
            if not done:
                text = text.removeprefix("\ufeff")
            done += len(data)
            problems.listener.progress("read", done, total)
            left += text
            end = len(left) if not data else _end_of_lines(left)
            if end:
                yield left[:end]
                line += left.count("\n", 0, end)
                left = left[end:]
            if not data:
                return


def _other_kind(data: bytes, encoding: str) -> str:
    if encoding == "utf-8" and data.startswith(_MARKS):
        return "utf16"
    return "workbook" if data.startswith(_WORKBOOK) else ""


def _lines_before(error: UnicodeError, encoding: str) -> int:
    """Lines between the beginning of the block and the wrong byte."""
    if not isinstance(error, UnicodeDecodeError):
        return 0  # UTF-16 without its mark: the first bytes are wrong
    return error.object[: error.start].decode(encoding, "ignore").count("\n")


def _end_of_lines(text: str) -> int:
    """Where the last whole line ends; a last CR may be half of a CRLF."""
    end = text.rfind("\n") + 1
    return end or text.rfind("\r", 0, len(text) - 1) + 1
