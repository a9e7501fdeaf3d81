"""Makes a case that shows a difference as small as it gets while it still shows one."""
import copy

KEPT = [("kind",), ("text",), ("request",), ("request", "stack_name"), ("request", "files"), ("request", "environment_files"),
        ("request", "template"), ("world",)]
SMALL = [None, "", 0, "a", [], {}]


def paths(value, path=()):
    """Every place in a value, larger parts first."""
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def without(value, path):
    value = copy.deepcopy(value)
    del at(value, path[:-1])[path[-1]]
    return value


def replaced(value, path, new):
    if not path:
        return new
    value = copy.deepcopy(value)
    at(value, path[:-1])[path[-1]] = new
    return value


def shorter(part):
    """Simpler things that may stand in place of a part."""
    if isinstance(part, str) and len(part) > 1:
        half = len(part) // 2
        yield part[:half]
        yield part[half:]
        if len(part) < 60:
            for i in range(len(part)):
                yield part[:i] + part[i + 1:]
    elif isinstance(part, (dict, list)):
        for item in part.values() if isinstance(part, dict) else part:
            if isinstance(item, (dict, list)):
                yield item
    for small in SMALL:
        if isinstance(part, (dict, list)) and not part or part in SMALL[:4]:
            break
        yield small


def candidates(case):
    for path in list(paths(case)):
        if not path or path in KEPT:
            if path == ("text",):
                yield from (replaced(case, path, part) for part in shorter(case["text"]) if isinstance(part, str))
            continue
        yield without(case, path)
        for small in shorter(at(case, path)):
            yield replaced(case, path, small)


def smallest(case, differs, most=3000):
    """differs(case): the differences, empty when there are none. At most that many attempts."""
    def beginnings(found):
        return {(d.kind, d.heat[:24]) for d in found}

    def shows(candidate):
        found = differs(candidate)
        return bool(found) and beginnings(found) <= wanted

    wanted = beginnings(differs(case))
    attempts, progress = 0, True
    while progress:
        progress = False
        for candidate in candidates(case):
            attempts += 1
            if attempts > most:
                return case
            if shows(candidate):
                case, progress = candidate, True
                break
    return case
