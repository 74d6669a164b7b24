"""Cases alike in kind that cost processes of their own: a few run always, the others with the slow tests."""

from collections.abc import Collection, Iterable, Sequence

import pytest


def some(cases: Iterable[object], always: Collection[int], *, names: Sequence[str] | None = None) -> list[object]:
    """Parameters of a test; all but those at the places ``always`` are slow."""
    return [
        pytest.param(
            *(case if isinstance(case, tuple) else (case,)),
            marks=[] if place in always else [pytest.mark.slow],
            **({} if names is None else {"id": names[place]}),
        )
        for place, case in enumerate(cases)
    ]
