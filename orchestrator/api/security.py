"""The reader behind a request, from its access token."""

from typing import Annotated

from fastapi import Depends, Header, Request

from orchestrator.api.context import Context
from orchestrator.services.access import reader
from protocol.access import resource_of

Token = Annotated[
    str | None,
    Header(alias="authorization", max_length=8300, description="`Tallystick <base64url of {message, signature}>`"),
]


def _reader(request: Request, context: Context, authorization: Token = None) -> str:
    with context.database.transaction() as tx:
        return reader(
            tx,
            context.chain,
            context.domains.domain("Tasks"),
            header=authorization,
            resource=resource_of(request.url.path),
            now=context.clock(),
        )


Reader = Annotated[str, Depends(_reader)]
