from hashlib import sha256
from pathlib import Path

import pytest
from kombu.utils.url import parse_url

from embedded.redis import Broker, BrokerUser
from protocol.credentials import key_prefix
from protocol.errors import FormatError


def acl(folder: Path) -> dict[str, str]:
    lines = (folder / "users.acl").read_text().splitlines()
    return {line.split()[1]: line for line in lines}


def test_every_party_gets_its_own_prefix_and_password(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.add_parties(["lab", "lab-2"])
    users = acl(tmp_path / "broker")
    assert "~party.lab:*" in users["party-lab"].split()
    assert "&party.lab:*" in users["party-lab"].split()
    assert "~party.lab-2:*" in users["party-lab-2"].split()
    assert broker.party("lab").password != broker.party("lab-2").password
    for user in users.values():
        assert "nopass" not in user.split()
        assert "~*" not in user.split() or user.split()[1] == "admin"


def test_the_list_holds_hashes_only(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.add_parties(["lab"])
    content = (tmp_path / "broker" / "users.acl").read_text()
    password = broker.party("lab").password
    assert password not in content
    assert f"#{sha256(password.encode()).hexdigest()}" in content


def test_the_default_user_is_off(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.add_parties(["lab"])
    assert acl(tmp_path / "broker")["default"] == "user default off resetpass -@all"


def test_credentials_stay_when_parties_are_added(tmp_path: Path) -> None:
    Broker(tmp_path / "broker").add_parties(["lab"])
    before = Broker(tmp_path / "broker").party("lab")
    Broker(tmp_path / "broker").add_parties(["lab", "bank"])
    assert Broker(tmp_path / "broker").party("lab") == before


def test_users_that_the_coordinator_made_outlive_a_restart(tmp_path: Path) -> None:
    broker = Broker(tmp_path / "broker")
    broker.add_parties(["lab"])
    file = tmp_path / "broker" / "users.acl"
    issued = {
        name: f"user party-{name} on #{'ab' * 32} ~party.{name}:* resetchannels +@all" for name in ("clinic", "lab")
    }
    stranger = "user evil on nopass ~* +@all"
    kept = [line for line in file.read_text().splitlines() if not line.startswith("user party-lab")]
    file.write_text("\n".join([*kept, *issued.values(), stranger]) + "\n")
    broker.add_parties(["bank"])
    found = acl(tmp_path / "broker")
    assert (found["party-clinic"], found["party-lab"]) == (issued["clinic"], issued["lab"])
    assert set(found) == {"default", "party-bank", "party-clinic", "party-lab"}


def test_an_unknown_party_is_told(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="unknown_party"):
        Broker(tmp_path / "broker").party("lab")


@pytest.mark.parametrize("name", ["", "Lab", "a b", "a\nuser evil on nopass ~* +@all", "x" * 64, "a:b", "*"])
def test_a_name_cannot_write_rules(tmp_path: Path, name: str) -> None:
    with pytest.raises(FormatError):
        key_prefix(name)
    with pytest.raises(FormatError):
        Broker(tmp_path / "broker").add_parties([name])
    assert not (tmp_path / "broker").exists()


def test_the_url_is_what_kombu_reads() -> None:
    user = BrokerUser("party-lab", "p/w@:%", Path("/tmp/x y/redis.sock"), "party.lab:")
    inner = parse_url(user.url.replace("redis+socket://", "socket://"))
    assert (inner["userid"], inner["password"]) == ("party-lab", "p/w@:%")
    assert inner["virtual_host"] == "tmp/x y/redis.sock"


def test_a_path_that_the_configuration_cannot_hold_is_refused(tmp_path: Path) -> None:
    broker = Broker(tmp_path / 'bro"ker\nport 6379')
    with pytest.raises(FormatError, match=r"embedded\.path"):
        broker.start()
