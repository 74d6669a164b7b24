"""A fit's opened outputs as the result file that its reader has."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from client.result_file import MadeBy, NamedResult
from mpc.programs.catalogue import CATALOGUE
from protocol.axes import Axis
from protocol.backends import MODULUS
from protocol.commitments import SHARE_BYTES, Tensor
from workers.results import Result

BITS = 40
FIGURES = {
    "convergence": (
        "largest change in the last step", "largest mean gradient", "coefficients at the limit", "rows beyond the risk limit",
    ),
    "log_likelihood": ("log partial likelihood, no covariate", "log partial likelihood"),
    "fitted_rows": ("rows", "events"),
    "likelihood": ("mean of y log mu - mu", "mean of y log y", "mean of log y!"),
    "loss": ("mean log loss",),
    "spread": ("residual standard error", "standard deviation of the target"),
}  # fmt: skip


def tensor(values: Any) -> Tensor:
    numbers = [round(float(each) * 2**BITS) % MODULUS for each in np.ravel(values)]
    return Tensor(np.shape(values), BITS, b"".join(each.to_bytes(SHARE_BYTES, "little") for each in numbers))


def result_of(
    opened: Mapping[str, Any], columns: tuple[str, ...], program: str = "glm.logistic@1.0.0", **given: str
) -> NamedResult:
    """``fit.…`` with these columns, and the step's parameters, defaults filled in."""
    parameters = {spec.name: str(spec.default) for spec in CATALOGUE[program].parameters} | given
    names = {
        f"fit.{name}": tuple(
            Axis("figure", FIGURES[name][: len(values)]) if name in FIGURES else Axis("column", columns)
            for _ in np.shape(values)
        )
        for name, values in opened.items()
    }
    outputs = tuple((f"fit.{name}", (bytes(32),), tensor(values)) for name, values in opened.items())
    made = (MadeBy("fit", program, parameters),)
    return NamedResult.read(Result(b"\7" * 32, b"\2" * 32, True, outputs, names, made).data())
