"""Every step of a workflow is reported from beginning to end, by every party, in counts that all know."""

from mpc.workflow.runner import run_workflow
from tests.patience import scaled
from tests.unit.mpc.simulation import FakeSession, run_sessions
from tests.unit.mpc.workflow.test_runner import BANK, SHOP, tables, workflow


def test_every_step_begins_and_ends_and_all_parties_say_the_same_ends() -> None:
    bank, shop = tables(40)
    flow = workflow(("fit.intercept",))
    own = {"bank": {BANK: bank}, "shop": {SHOP: shop}}

    async def party(session: FakeSession) -> list[tuple[str, int, int]]:
        await run_workflow(session, flow, own.get(session.names[session.pid], {}), deadline=scaled(28))
        return session.phases

    for said in run_sessions(flow.committee, party):
        assert not isinstance(said, BaseException), said
        assert list(dict.fromkeys(phase for phase, _, _ in said)) == [step.id for step in flow.steps]
        for name in [step.id for step in flow.steps]:
            points = [(step, total) for phase, step, total in said if phase == name]
            assert points[0][0] == 0
            assert points[-1][0] == points[-1][1] > 0
            assert [step for step, _ in points] == sorted(step for step, _ in points)
            assert all(type(number) is int for point in points for number in point)
