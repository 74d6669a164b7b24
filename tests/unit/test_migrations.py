"""A migration that databases may have applied is never changed: they would not notice. What is wrong in one is put right by another.

A new migration adds its line here (`sha256sum FILE`).
"""

import hashlib
from pathlib import Path
from typing import get_args

from protocol.verify import Outcome

ROOT = Path(__file__).parents[2]
FOLDERS = ("orchestrator/store/migrations", "workers/migrations", "workers/sessions/migrations")
APPLIED = {
    "orchestrator/store/migrations/0001.index.sql": "b01d146c5951e29f2c1ec970d1c9f513e325fe1c978a8464ed9369e459e8a450",
    "orchestrator/store/migrations/0002.records.sql": "2f4858f2e881dbe411e53578dc5ff1873375cf5d438e55d3c3bc516712d1a633",
    "orchestrator/store/migrations/0003.work.sql": "90ec824c877db0f4296e58f08e8a8e8160f59d57a194309d10e404083b8ea822",
    "orchestrator/store/migrations/0004.roles.sql": "e9cdc901bf1bb49b4da209c6d96dda69a205c9f121b0219908ae01916f0d6cb7",
    "orchestrator/store/migrations/0005.hops.sql": "168c6214b775a4b9200bab65ee39251865d64869619835a53013c2a31aa52ba5",
    "orchestrator/store/migrations/0006.current.sql": "76f03c2e208cdbe7793bddca01c7f39c3531d328f43f354eb5fa8f93d84ab364",
    "orchestrator/store/migrations/0007.faults.sql": "df328e0c1bda4ace77817d9a99befc19adcbab050609e660ab0188695896c9ea",
    "orchestrator/store/migrations/0008.unread.sql": "e5b41070bb2a78a1d854d648adc8c48020a2839d6bb6ea648310891813bfab5c",
    "orchestrator/store/migrations/0009.releases.sql": "c43b0f7a89aeb4e417e5bfbccbc49d31c5b1b431b43546d1aa0c1d44f2a3bd92",
    "orchestrator/store/migrations/0010.deliveries.sql": "9a77827dca1f1dd50338219cb58d3866d1d49694d7bfaae12cc5574042491e92",
    "orchestrator/store/migrations/0011.applications.sql": "b66b6f15f66527668a95a61e0f6b179d1bacdfce96bb27bdd4f2a15c9a2a3382",
    "orchestrator/store/migrations/0012.strangers.sql": "a36bdd86fc445432fde7c53f6bb093575675df0dced40df831e6465e699fb8d5",
    "orchestrator/store/migrations/0013.credentials.sql": "d5725f23b328a5e50363014e3d82b35561a3ecc392532e7c6e83fc92b707ee24",
    "orchestrator/store/migrations/0014.sessions.sql": "500d178114c26e9331be3d4abd6ac7ef828b4907ded3e96f5152b726c9e43997",
    "orchestrator/store/migrations/0015.access.sql": "61ae70be30d2957f321ca79c7e0c60435ee9b524715b1152bd75abd23cb5eb90",
    "orchestrator/store/migrations/0016.webhooks.sql": "18f1eccc4ece4ebe032e39b162dbfb2709c3ad9015deff8bc1d4310f4090904d",
    "orchestrator/store/migrations/0017.readers.sql": "9f1b885e831cdca53ea29d427827d17c0e3b4468fe8fbc92d2d6bfd54e411465",
    "orchestrator/store/migrations/0018.overview.sql": "f9f5b3783660501f9158fb58f40ce01a6c4a418dd1a80085c9662d9394feb3b8",
    "orchestrator/store/migrations/0019.witnesses.sql": "2843f6367988f89e7015c4e25cab938c35c609118cd696981e1a15d9283bf2cf",
    "orchestrator/store/migrations/0020.bells.sql": "730fcf86a7b0a1d02b81923142594850c87115c4a0210035afcbc4dafbcf06d4",
    "orchestrator/store/migrations/0021.senders.sql": "e3e75c40d8df751c223f5748233ee9572098e6f423b10d2af0e6317800e57d52",
    "orchestrator/store/migrations/0022.passkeys.sql": "a8b614cb44c3809695463447d0762c9998adf494d846080dabb694211c0b01db",
    "workers/migrations/0001.state.sql": "eb1e3ee47a2d31d53611d32140081ef2354ca0db12eaf92670e02bad6985b77d",
    "workers/migrations/0002.slots.sql": "404815df460000a5911c87ed74cb13cc09e4e061134dd5b45c8131acbdf61496",
    "workers/migrations/0003.readers.sql": "8dd68b7dc23ede1a397c13776911f92b53f21d830f61adedfb8090f7ba2e4e99",
    "workers/sessions/migrations/0001.ledger.sql": "adff1b4e635a4cc53ff359c45d100cffaca049ae7d5042f5ecb85284df5b392f",
}


def test_migrations_are_what_databases_have_applied() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for folder in FOLDERS
        for path in (ROOT / folder).glob("*.sql")
    }
    assert found == APPLIED


def test_the_database_takes_every_answer_of_a_verification() -> None:
    """What it does not take is noticed only when a bundle has that answer."""
    text = (ROOT / "orchestrator/store/migrations/0012.strangers.sql").read_text("utf-8")
    assert f"outcomes <@ ARRAY[{', '.join(repr(name) for name in get_args(Outcome))}]" in text
