"""Program descriptors of the version before: read as they were published, and said of them no more than they say."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.programs.catalogue import CATALOGUE
from protocol import canonical
from protocol.errors import FormatError
from protocol.programs import ProgramDescriptor, ProgramDescriptorV3, read_program

DESCRIPTORS = [program.published() for program in CATALOGUE.values()]


def of_version_3(descriptor: ProgramDescriptor) -> bytes:
    """What the release before wrote."""
    value = json.loads(descriptor.data())
    value["format"] = "tallystick/program/v3"
    for port in (*value["inputs"], *value["outputs"]):
        for name in ("values", "levels", "identified"):
            del port[name]
    value["disclosures"] = [item["about"] for item in value["disclosures"]]
    return canonical.dumps(value)


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda item: item.program)
def test_every_program_is_read_in_both_versions(descriptor: ProgramDescriptor) -> None:
    assert read_program(descriptor.data()) == descriptor
    data = of_version_3(descriptor)
    old = read_program(data)
    assert type(old) is ProgramDescriptor
    assert ProgramDescriptorV3.read(data).data() == data
    assert {port.values for port in (*old.inputs, *old.outputs)} == {"any"}
    assert [item.about for item in old.disclosures] == [item.about for item in descriptor.disclosures]
    assert old.disclosed_by((), ()) == old.disclosures
    assert old.seconds == descriptor.seconds


@given(st.sampled_from(DESCRIPTORS), st.sampled_from(["values", "levels", "identified"]))
def test_a_version_has_exactly_its_own_fields(descriptor: ProgramDescriptor, name: str) -> None:
    value = json.loads(descriptor.data())
    del value["inputs"][0][name]
    with pytest.raises(FormatError):
        read_program(canonical.dumps(value))
    old = json.loads(of_version_3(descriptor))
    old["inputs"][0][name] = "any"
    with pytest.raises(FormatError):
        read_program(canonical.dumps(old))
