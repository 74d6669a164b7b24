"""The list of commands with which two people join and compute, as the guides print it (section "Joining", 加入)."""

import itertools
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GUIDES = {"user-guide.md": "Joining", "user-guide.zh-CN.md": "加入"}


@dataclass(frozen=True)
class Step:
    """One command of the guide: who types it, and its words."""

    who: str
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its words up to the first option."""
        words = [word for word in self.words if not word.startswith("--settings=")]
        return " ".join(itertools.takewhile(lambda word: not word.startswith("-"), words))


def section(guide: str) -> str:
    text = (ROOT / "docs" / guide).read_text("utf-8")
    return text.split(f"\n## {GUIDES[guide]}\n")[1].split("\n## ")[0]


def block(guide: str, language: str) -> str:
    return re.findall(rf"```{language}\n(.*?)```", section(guide), re.DOTALL)[0]


def steps(guide: str) -> list[Step]:
    found = []
    for line in block(guide, "sh").splitlines():
        command, comment = re.split(r"\s+# ", line, maxsplit=1)
        words = shlex.split(command)
        assert words.pop(0) == "tally", line
        found.append(Step(re.split("[:：]", comment)[0].strip(), tuple(words)))
    return found
