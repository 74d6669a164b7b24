"""A long list's outputs are those of one process, in the list's order."""

import pytest

from lookup import oprf
from workers.lookup.outputs import outputs


def test_a_short_list_needs_no_other_process() -> None:
    secret, inputs = oprf.draw(), [b"%d" % i for i in range(9)]
    assert outputs(secret, inputs) == oprf.known(secret, inputs)


@pytest.mark.slow
def test_several_processes_give_the_same_outputs_in_the_same_order() -> None:
    secret, inputs = oprf.draw(), [b"%d" % i for i in range(25)]
    assert outputs(secret, inputs, chunk=4) == oprf.known(secret, inputs)
