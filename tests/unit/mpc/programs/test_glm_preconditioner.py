"""Newton's step on shares against numpy: where the Hessian's eigenvalues are a millionth of its trace, too."""

from typing import Any

import numpy as np

from mpc.arrays.interface import share
from mpc.programs.glm.solvers.preconditioner import preconditioner
from tests.unit.mpc.simulation import opened, run_arrays

ROWS, SIZE, PENALTY = 40_000, 24, 1.0


def hard() -> tuple[Any, Any, Any]:
    """A Hessian of 40,000 rows of dummies, some of which only the penalty tells apart, a gradient, and the step H^-1·g."""
    rng = np.random.default_rng(9)
    turn, _ = np.linalg.qr(rng.normal(size=(SIZE, SIZE)))
    spectrum = np.append(np.full(5, PENALTY), np.geomspace(2, 0.2 * ROWS, SIZE - 5))
    hessian = (turn * spectrum) @ turn.T
    step = rng.normal(size=SIZE) * 0.05
    return hessian, hessian @ step, step


def test_a_solution_has_digits_where_a_product_with_the_inverse_has_none_and_the_next_has_the_gradients_own() -> None:
    """Regression: many rare dummies ended 3.5e-2 from the optimum, however many steps were made."""
    hessian, gradient, step = hard()

    async def body(backend: Any) -> None:
        def given(values: Any, limit: float) -> Any:
            own = values if backend.pid == 0 else None
            return share(backend, own, shape=values.shape, owner=0, fraction_bits=24, limit=limit)

        known = await preconditioner(given(hessian, 0.26 * ROWS), rows=ROWS, gradient_limit=1.1, penalty=PENALTY)
        slope = given(gradient, ROWS)
        coarse, fine = await opened(known.times(slope)), await opened(await known.solved(slope))
        rest = await opened(await known.solved(given(gradient - hessian @ fine, ROWS)))
        assert np.abs(coarse - step).max() > 1e-2
        assert np.abs(fine - step).max() < 1e-3
        assert np.abs(fine + rest - step).max() < 5e-6

    run_arrays(body, kind="fast")
