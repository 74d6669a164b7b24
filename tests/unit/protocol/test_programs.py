"""Program descriptors of earlier versions: read as they were published, and said of them no more than they say."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mpc.programs.catalogue import CATALOGUE
from protocol import canonical
from protocol.errors import FormatError
from protocol.program_versions import ProgramDescriptorV3, ProgramDescriptorV4, ProgramDescriptorV5, read_program
from protocol.programs import ProgramDescriptor

DESCRIPTORS = [program.published() for program in CATALOGUE.values()]
V5, V4, V3 = "tallystick/program/v5", "tallystick/program/v4", "tallystick/program/v3"


def earlier(descriptor: ProgramDescriptor, version: str) -> bytes:
    """What a release before wrote."""
    value = json.loads(descriptor.data())
    value["format"] = version
    del value["measured"]
    value |= {"traffic": "rows", "memory": "8e7 + rows", "truncation_failure": "0"}
    if version == V5:
        return canonical.dumps(value)
    del value["pairs"]
    for port in (*value["inputs"], *value["outputs"]):
        port["support"] = "per-person" if port["support"] == "per-person" else "aggregate"
    if version == V3:
        for port in (*value["inputs"], *value["outputs"]):
            for name in ("values", "levels", "identified"):
                del port[name]
        value["disclosures"] = [item["about"] for item in value["disclosures"]]
    return canonical.dumps(value)


@pytest.mark.parametrize("descriptor", DESCRIPTORS, ids=lambda item: item.program)
def test_every_program_is_read_in_all_versions(descriptor: ProgramDescriptor) -> None:
    assert read_program(descriptor.data()) == descriptor
    data = earlier(descriptor, V5)
    assert ProgramDescriptorV5.read(data).data() == data
    assert read_program(data) == replace(descriptor, measured=())  # what it does not say is not guessed
    for version, kind in ((V4, ProgramDescriptorV4), (V3, ProgramDescriptorV3)):
        data = earlier(descriptor, version)
        old = read_program(data)
        assert type(old) is ProgramDescriptor
        assert kind.read(data).data() == data
        assert {port.support for port in (*old.inputs, *old.outputs)} <= {"aggregate", "per-person"}
        assert old.pairs == ()
        assert [item.about for item in old.disclosures] == [item.about for item in descriptor.disclosures]
        assert old.seconds == descriptor.seconds
        assert (version == V3) == ({port.values for port in (*old.inputs, *old.outputs)} == {"any"}) or version == V4
        if version == V3:
            assert old.disclosed_by((), ()) == old.disclosures


@given(st.sampled_from(DESCRIPTORS), st.sampled_from(["values", "levels", "identified", "support"]))
def test_a_version_has_exactly_its_own_fields(descriptor: ProgramDescriptor, name: str) -> None:
    value = json.loads(descriptor.data())
    del value["inputs"][0][name]
    with pytest.raises(FormatError):
        read_program(canonical.dumps(value))
    old = json.loads(earlier(descriptor, V3))
    old["inputs"][0][name] = "any"
    with pytest.raises(FormatError):
        read_program(canonical.dumps(old))
    for version in (V5, V4, V3):
        measured = json.loads(earlier(descriptor, version))
        measured["measured"] = []
        with pytest.raises(FormatError):
            read_program(canonical.dumps(measured))
    for version in (V4, V3):
        paired = json.loads(earlier(descriptor, version))
        paired["pairs"] = []
        with pytest.raises(FormatError):
            read_program(canonical.dumps(paired))
        other = json.loads(earlier(descriptor, version))
        other["outputs"][0]["support"] = "order-statistic"
        with pytest.raises(FormatError):
            read_program(canonical.dumps(other))
