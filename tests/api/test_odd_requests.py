"""Odd requests are answered as Heat answers them: every method at every path, slashes and suffixes, headers, broken
bodies, repeated parameters. What Heat said was recorded by tests/tools/odd_requests.py; what differs on purpose is
listed with its reason in tests/tools/odd_requests.tsv."""

import fnmatch
import importlib.util

import hearth

spec = importlib.util.spec_from_file_location("odd_requests", hearth.ROOT / "tests" / "tools" / "odd_requests.py")
odd = importlib.util.module_from_spec(spec)
spec.loader.exec_module(odd)


def test_odd_requests_are_answered_as_recorded(service):
    side = odd.Side(f"{service.url}/v1/{service.project_id()}", service.token())
    known, used, different = odd.known_differences(), set(), []
    recorded = odd.recorded()
    side.make_stack()
    try:
        for (name, heat), request in zip(recorded, odd.requests(), strict=True):
            assert name == odd.label(request), "recorded from other requests: tests/tools/odd_requests.py --record"
            answer = side.answer(request)
            if answer == heat:
                continue
            if not odd.explained(name, heat, answer, known):
                different.append(f"{name}\n  heat   {heat}\n  hearth {answer}")
            used |= {row[0] for row in known if odd.explained(name, heat, answer, [row])}
    finally:
        side.remove_stack()
    assert not different, "\n".join(different)
    unused = [row[0] for row in known if row[0] not in used]
    assert not unused, f"nothing differs in this way any more: {unused}"
    assert len(recorded) > 1500 and any(fnmatch.fnmatch(heat, "200 *") for _, heat in recorded)
