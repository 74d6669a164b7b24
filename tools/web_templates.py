"""Writes the contracts that a proposal can start from: ``python -m tools.web_templates [--check]``.

They are the guides' own examples (``docs/examples``), which the tests compute: what the pages offer is what has been run. Of a
contract its steps and what leaves are a beginning; data, parties and terms are the proposer's.
"""

import json
import sys
from typing import Final

from protocol.contract import TaskContract
from tools.web_files import GENERATED, ROOT, written

OUTPUT: Final = GENERATED / "templates.ts"
EXAMPLES: Final = ROOT / "docs" / "examples"
OFFERED: Final = {
    "scorecard": "scorecard",
    "joint": "joined-model",
    "horizontal": "horizontal-model",
    "statistics": "statistics",
}
"""The example behind each beginning, by its name in the pages."""
HEAD: Final = """/** Generated from `docs/examples/` by `python -m tools.web_templates`: do not edit. */

"""


def module() -> str:
    """The text of the module."""
    found = {
        name: TaskContract.parse(json.loads((EXAMPLES / f"{example}.json").read_text("utf-8"))).to_json()
        for name, example in OFFERED.items()
    }
    text = json.dumps(found, ensure_ascii=False, indent=2)
    return f"{HEAD}/** Whole contracts as JSON, to be read by the record's own rules. */\nexport const TEMPLATES = {text} as const;\n"


if __name__ == "__main__":
    sys.exit(written({OUTPUT: module()}, check="--check" in sys.argv[1:]))
