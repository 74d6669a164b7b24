"""One party's part of a model that stays at the nodes: its shares of the weights and its own scalings, as bytes to encrypt.

Weights are reshared before they are kept, so that the parts say nothing about the run they come from. The committee of a
later run must be the same in the same order: shares belong to their Shamir points.
"""

import base64
from typing import Any, Final, cast, get_args

import numpy as np

from mpc.arrays.backend import Backend
from mpc.arrays.field import ELEMENT_BYTES
from mpc.arrays.interface import SecureArray
from mpc.workflow.values import Link, Model, TrainedOn
from protocol import canonical, ids
from protocol.errors import FormatError
from protocol.limits import LIMITS
from protocol.record import Record

FORMAT: Final = "tallystick/kept-model/v1"
LIMIT: Final = 64 * 1024 * 1024
_LINKS: Final[dict[str, Link]] = {link: link for link in get_args(Link)}
_TRAINED_ON: Final[dict[str, TrainedOn]] = {kind: kind for kind in get_args(TrainedOn)}


async def dump(backend: Backend, model: Model) -> bytes:
    """One party's part; at an owner outside the committee it holds scalings only."""
    weights = model.weights
    shares = await backend.export(weights.shares, weights.shape)
    return canonical.dumps(
        {
            "format": FORMAT,
            "link": model.link,
            "columns": list(model.columns),
            "shape": list(weights.shape),
            "fraction_bits": weights.fraction_bits,
            "bound": str(weights.bound),
            "limit": repr(model.limit),
            "trained_on": model.trained_on,
            "owners": list(model.owners),
            "scalings": {name: [repr(mean), repr(deviation)] for name, (mean, deviation) in model.scalings.items()},
            "shares": base64.b64encode(shares).decode(),
        }
    )


def load(backend: Backend, data: bytes) -> Model:
    """The model in a run of the same committee; anything that :func:`dump` did not write is refused."""
    record = Record(canonical.loads(data, LIMIT), "model")
    record.const("format", FORMAT)
    link = record.text("link", 20)
    if link not in _LINKS:
        raise _broken(f"the link {link!r}")
    columns = record.list("columns", LIMITS.columns, lambda item, where: Record({"v": item}, where).text("v", 200))
    shape = record.list("shape", 2, lambda item, where: Record({"v": item}, where).integer("v", 1, LIMITS.columns + 1))
    fraction_bits, bound = record.integer("fraction_bits", 0, 61), record.decimal("bound", 64)
    limit, trained_on = float(record.text("limit", 40)), record.text("trained_on", 20)
    if trained_on not in _TRAINED_ON:
        raise _broken(f"rows of the kind {trained_on!r}")
    owners = record.list("owners", LIMITS.run_parties, ids.name)
    scalings = {name: _pair(item) for name, item in record.mapping("scalings", LIMITS.columns).items()}
    shares = record.base64("shares", LIMIT)
    record.done()
    if not shape or shape[0] != len(columns) + 1:
        raise _broken(f"weights of shape {shape} for {len(columns)} columns")
    if owners and shape[1:] != (len(owners),):
        raise _broken(f"weights of shape {shape} for {len(owners)} owners")
    if len(shares) not in (0, int(np.prod(shape)) * ELEMENT_BYTES):
        raise _broken(f"{len(shares)} bytes of shares for shape {shape}")
    weights = SecureArray(backend, backend.restore(shares, shape), shape, fraction_bits, bound)
    return Model(_LINKS[link], columns, weights, limit, _TRAINED_ON[trained_on], scalings, owners)


def _pair(value: Any) -> tuple[float, float]:  # noqa: ANN401 - JSON
    if not isinstance(value, list) or len(cast("list[object]", value)) != 2:
        raise _broken("a scaling that is no pair")
    mean, deviation = (float(str(item)) for item in cast("list[object]", value))
    return mean, deviation


def _broken(what: str) -> FormatError:
    return FormatError("model.malformed", f"A kept model has {what}.", "Restore the node's folder from its backup.")
