import pytest
from eth_abi.abi import encode
from eth_hash.auto import keccak

from chain.endpoint import RawLog
from chain.events import Undecoded, decode_log, decode_logs, decode_revert
from protocol import events
from protocol.errors import FormatError

TASKS, CONSENTS = "0x" + "11" * 20, "0x" + "22" * 20
CONTRACTS = {"Tasks": "0x" + "11" * 20, "Consents": "0x" + "22" * 20}
TASK, RUN = b"\1" * 32, b"\2" * 32


def log(address: str = TASKS, topics: tuple[bytes, ...] | None = None, data: bytes = RUN) -> RawLog:
    topics = (keccak(b"TaskCompleted(bytes32,bytes32)"), TASK) if topics is None else topics
    return RawLog(address, topics, data, 5, b"\3" * 32, b"\4" * 32, 0, 7, 1_700_000_000)


def test_a_log_becomes_its_event_with_its_place() -> None:
    found = decode_log(CONTRACTS, log())
    assert found.event == events.TaskCompleted(TASK, RUN)
    assert (found.contract, found.name, found.id) == ("Tasks", "TaskCompleted", "evt_5-7")


def test_addresses_are_compared_without_case() -> None:
    assert decode_log({"Tasks": "0x" + "aB" * 20}, log("0x" + "Ab" * 20)).contract == "Tasks"


def test_a_foreign_log_is_refused() -> None:
    with pytest.raises(FormatError):
        decode_log(CONTRACTS, log("0x" + "33" * 20))


@pytest.mark.parametrize(
    ("wrong", "subject", "code"),
    [
        (log(CONSENTS), TASK, "event.unknown"),
        (log(topics=()), None, "event.unknown"),
        (log(topics=(keccak(b"TaskCompleted(bytes32,bytes32)"),)), None, "event.malformed"),
        (log(topics=(keccak(b"Unknown()"), TASK)), TASK, "event.unknown"),
        (log(data=b""), TASK, "event.malformed"),
        (log(data=RUN + bytes(32)), TASK, "event.malformed"),
    ],
)
def test_what_is_not_exactly_one_of_ours_is_kept_as_it_came_and_holds_up_no_other(
    wrong: RawLog, subject: bytes | None, code: str
) -> None:
    before, found, after = decode_logs(CONTRACTS, [log(), wrong, log()])
    assert isinstance(found.event, Undecoded)
    assert (found.event.subject, found.event.topics, found.event.data, found.event.code) == (
        subject, wrong.topics, wrong.data, code,
    )  # fmt: skip
    assert found.id == "evt_5-7"
    assert before.event == after.event == events.TaskCompleted(TASK, RUN)


@pytest.mark.parametrize("event", events.EVENTS, ids=lambda event: event.__name__)
@pytest.mark.parametrize("change", ["a topic too many", "nothing but its name", "data cut off", "data too long"])
def test_no_event_of_ours_stops_the_others_when_it_is_malformed(event: type[events.Event], change: str) -> None:
    topics, data = (event.topic(), TASK, TASK, TASK), bytes(32)
    if change == "a topic too many":
        topics = (*topics, TASK)
    elif change == "nothing but its name":
        topics, data = topics[:1], b"" if event.parameters() else b"\1"
    data = {"data cut off": b"\1", "data too long": bytes(32 * 64 + 1)}.get(change, data)
    contract = next(iter(event.CONTRACTS))
    found = decode_logs({contract: TASKS}, [log(topics=topics, data=data)])
    assert isinstance(found[0].event, Undecoded)
    assert found[0].event.subject == (topics[1] if len(topics) > 1 else None)


def test_other_contracts_logs_are_left_out() -> None:
    assert [found.log_index for found in decode_logs(CONTRACTS, [log("0x" + "33" * 20), log()])] == [7]


def test_an_error_of_the_called_contract_is_named_with_its_arguments() -> None:
    data = keccak(b"TaskExists(bytes32)")[:4] + TASK
    error = decode_revert("Tasks", "Tasks.propose", data)
    assert (error.code, error.name, error.arguments) == ("chain.revert.TaskExists", "TaskExists", {"task": TASK})
    assert error.call == "Tasks.propose"
    assert f"0x{TASK.hex()}" in str(error)


def test_an_error_that_another_contract_raised_is_named_too() -> None:
    data = keccak(b"UnknownRelease(bytes32)")[:4] + TASK
    assert decode_revert("Tasks", "Tasks.start", data).code == "chain.revert.UnknownRelease"


def test_fields_that_the_contracts_name_by_text_are_shown_as_text() -> None:
    data = keccak(b"ZeroValue(bytes32)")[:4] + b"deadline".ljust(32, b"\0")
    assert "field=deadline" in str(decode_revert("Tasks", "Tasks.propose", data))


def test_soliditys_own_errors_are_named() -> None:
    reason = keccak(b"Error(string)")[:4] + encode(["string"], ["too late"])
    assert decode_revert("Tasks", "Tasks.start", reason).arguments == {"reason": "too late"}
    overflow = keccak(b"Panic(uint256)")[:4] + encode(["uint256"], [0x11])
    assert decode_revert("Tasks", "Tasks.start", overflow).code == "chain.revert.Panic"


@pytest.mark.parametrize("data", [b"", b"\1\2", b"\1\2\3\4", keccak(b"TaskExists(bytes32)")[:4] + b"short"])
def test_what_cannot_be_explained_says_so(data: bytes) -> None:
    error = decode_revert("Tasks", "Tasks.start", data, "execution reverted")
    assert error.code == "chain.revert.Unexplained"
    assert error.arguments["data"] == data
