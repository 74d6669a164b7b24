"""The coordinator's API as a reader reaches it through these pages: with the reader's own access token, and no right beyond it.

Who may see which evidence is for the coordinator alone to say; the explorer passes on what it answers.
"""

from http import HTTPStatus
from typing import Final, Protocol

import requests

from protocol.api import TaskDescriptions, TaskWords
from protocol.catalogue import DataSetDescriptor, read_description
from protocol.contract import TaskContract
from protocol.errors import FormatError, RefusedError, UnavailableError
from protocol.ids import prefixed
from protocol.limits import LIMITS

_TIMEOUT: Final = (3.0, 20.0)
_CHUNK: Final = 64 * 1024
_DESCRIPTIONS: Final = 16 * 1024 * 1024


class Reading(Protocol):
    """What is read in a reader's name."""

    def check(self, token: str) -> None:
        """Raise :class:`RefusedError` unless the coordinator takes this access token."""
        ...

    def evidence(self, task: bytes, token: str) -> bytes:
        """A task's evidence bundle; :class:`RefusedError` where it is not for this reader."""
        ...

    def contract(self, task: bytes, token: str) -> TaskContract:
        """A task's contract, as the coordinator says; :class:`RefusedError` where it is not for this reader."""
        ...

    def descriptions(self, task: bytes, token: str) -> tuple[DataSetDescriptor, ...]:
        """What owners describe of a task's data sets, as the coordinator says; :class:`RefusedError` where it is not for this reader."""
        ...


class HttpReading:
    """:class:`Reading` over HTTP; follows no redirects and no proxies from the environment."""

    def __init__(self, url: str) -> None:
        self._url: Final = url.rstrip("/")

    def check(self, token: str) -> None:
        """Raise :class:`RefusedError` unless the coordinator takes this access token."""
        self._get("/v1/evidence/reader", token, LIMITS.envelope)

    def evidence(self, task: bytes, token: str) -> bytes:
        """A task's evidence bundle; :class:`RefusedError` where it is not for this reader."""
        return self._get(f"/v1/tasks/{prefixed('task', task)}/evidence", token, LIMITS.bundle_unpacked)

    def contract(self, task: bytes, token: str) -> TaskContract:
        """A task's contract, as the coordinator says; :class:`RefusedError` where it is not for this reader."""
        path = f"/v1/tasks/{prefixed('task', task)}/evidence/contract"
        return TaskWords.read(self._get(path, token, 2 * LIMITS.task_contract)).contract

    def descriptions(self, task: bytes, token: str) -> tuple[DataSetDescriptor, ...]:
        """What owners describe of a task's data sets, as the coordinator says; :class:`RefusedError` where it is not for this reader."""
        path = f"/v1/tasks/{prefixed('task', task)}/evidence/descriptions"
        answer = TaskDescriptions.read(self._get(path, token, _DESCRIPTIONS))
        return tuple(read_description(data) for data in answer.descriptions)

    def _get(self, path: str, token: str, limit: int) -> bytes:
        found = bytearray()
        try:
            with requests.Session() as session:
                session.trust_env = False
                headers = {"authorization": token, "accept-encoding": "identity"}
                with session.get(
                    self._url + path, headers=headers, timeout=_TIMEOUT, stream=True, allow_redirects=False
                ) as answer:
                    for part in answer.iter_content(_CHUNK):
                        found += part
                        if len(found) > limit:
                            raise FormatError("explorer.answer", "The coordinator's answer is too large.", "Tell it.")
                    status = answer.status_code
        except requests.RequestException as error:
            raise UnavailableError(
                "explorer.coordinator", "The coordinator does not answer.", "Check it and try again."
            ) from error
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise UnavailableError("explorer.coordinator", "The coordinator does not answer.", "Try again.")
        if status != HTTPStatus.OK:
            raise RefusedError(
                "explorer.refused", f"The coordinator answered {status}.", "Sign in as who may read this."
            )
        return bytes(found)
