"""Random plain values: what stands in templates where no function does."""

NAMES = ["a", "b", "c", "d", "p_str", "p_num", "p_list", "p_json", "p_bool", "p_none", "nobody", "", "OS::stack_name"]
WORDS = ["", "a", "b", "ab", "abc", "x,y", "a b", "foo", "é", "ß→", "%a%", "$x", "1", "0", "-1", "1.5", "true", "False", "null",
         "[1, 2]", '{"k": "v"}', "a=b", "http", "/p/q", "10.0.0.1", "0x1f", "1_000", " 7 ", "\n", "\u00a0", "k", "n"]
NUMBERS = [0, 1, 2, -1, 3, 7, 255, 65535, 65536, 2 ** 31, 2 ** 63, -2 ** 64, 10 ** 30, 0.0, 1.0, 1.5, -2.25, 1e20, 1e-7, 1e300]
KEYS = ["a", "b", "c", "k", "n", "keys", "values", "template", "for_each", "%a%", "$x", "1", ""]


def scalar(rng):
    return rng.choice((lambda: rng.choice(WORDS), lambda: rng.choice(NUMBERS), lambda: rng.choice([True, False]),
                       lambda: None))()


def text(rng):
    return rng.choice(WORDS)


def junk(rng, depth=2):
    """Any value of JSON."""
    kind = rng.random()
    if depth <= 0 or kind < 0.6:
        return scalar(rng)
    if kind < 0.8:
        return [junk(rng, depth - 1) for _ in range(rng.randrange(4))]
    return {rng.choice(KEYS): junk(rng, depth - 1) for _ in range(rng.randrange(4))}


def integer(rng):
    return rng.choice([0, 1, 2, 3, -1, 10])


def list_of(rng, make, most=4):
    return [make() for _ in range(rng.randrange(most))]
