"""One server and one template for the folder; every history begins from it anew."""

from collections.abc import Iterator

import pytest

from tests.simulation.faults.template import Template, template


@pytest.fixture(scope="package")
def made() -> Iterator[Template]:
    """See :func:`tests.simulation.faults.template.template`."""
    with template() as found:
        yield found
