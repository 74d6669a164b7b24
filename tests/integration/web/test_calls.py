"""What a browser's wallet sends to the chain is what the bindings of `chain/` make of the same acts."""

import secrets

from chain.bindings import consents, tasks
from tests.integration.web.conftest import Ask


def test_calls_are_the_bindings_own(typescript: Ask) -> None:
    for size in (0, 1, 32, 64, 65, 96, 4096):  # contracts' signatures have any length
        task, other, signature = secrets.token_bytes(32), secrets.token_bytes(32), secrets.token_bytes(size)
        question = {
            "op": "calls",
            "task": f"0x{task.hex()}",
            "other": f"0x{other.hex()}",
            "signature": f"0x{signature.hex()}",
        }
        (answer,) = typescript([question])
        expected = [
            tasks.review(task, True, other),
            tasks.review(task, False, other),
            consents.return_use(task, other, signature),
            consents.use_of(task, other),
        ]
        assert answer == {"ok": [f"0x{call.data.hex()}" for call in expected]}
