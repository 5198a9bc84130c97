"""Which stage follows an outcome."""

import pytest

from tests.lessons import PLAN
from tutor.plan import Step, UnknownOutcomeError, route


def test_outcome_leads_to_the_stage_it_names():
    assert route(PLAN, "warm-up", "understood") == Step(PLAN.start.outcomes[0], PLAN.stage("order"))


def test_outcome_may_lead_back_to_its_own_stage():
    assert route(PLAN, "warm-up", "needs-practice") == Step(PLAN.start.outcomes[1], PLAN.start)


def test_outcome_without_a_next_stage_ends_the_lesson():
    assert route(PLAN, "goodbye", "done") == Step(PLAN.stages[2].outcomes[0], None)


def test_unknown_outcome_names_those_there_are():
    with pytest.raises(UnknownOutcomeError) as caught:
        route(PLAN, "warm-up", "done")
    assert caught.value.known == ("understood", "needs-practice")
    assert str(caught.value) == ("Stage “Warm-up” has no outcome “done”; choose one of: understood, needs-practice.")


def test_unknown_stage_is_a_key_error():
    with pytest.raises(KeyError, match="nowhere"):
        route(PLAN, "nowhere", "done")
