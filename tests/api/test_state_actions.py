"""Every call in every state of a stack is answered as Heat answers it, and leads where it leads there: state_actions.tsv,
read off a Heat by tests/tools/state_actions.py, with what differs on purpose and why."""

import importlib.util

import pytest

import hearth

spec = importlib.util.spec_from_file_location("state_actions", hearth.ROOT / "tests" / "tools" / "state_actions.py")
state_actions = importlib.util.module_from_spec(spec)
spec.loader.exec_module(state_actions)
TABLE = state_actions.table()


@pytest.fixture(scope="module")
def observed(make_module_service):
    service = make_module_service(config={"enable_stack_abandon": "true", "enable_stack_adopt": "true",
                                          "max_stacks_per_tenant": "-1"})
    api = state_actions.Service(f"{service.url}/v1/{service.project_id()}", service.token(), lasting=4)
    return state_actions.observe_all(api, state_actions.pairs(), 24)


def test_the_table_is_complete():
    assert sorted(TABLE) == sorted(state_actions.pairs()), "run tests/tools/state_actions.py"


@pytest.mark.parametrize("state,call", state_actions.pairs())
def test_call_in_state(observed, state, call):
    row = TABLE[state, call]
    expected = row[2:4] if len(row) > 2 else row[:2]
    assert list(observed[state, call]) == expected
    assert len(row) == 2 or (len(row) == 5 and row[4] and row[2:4] != row[:2]), "a difference has a reason"
