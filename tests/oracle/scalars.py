"""Random YAML: scalars in odd spellings, and documents of them in odd structures."""

PIECES = ["0", "1", "7", "9", "_", ".", "e", "E", "+", "-", ":", "x", "o", "b", "f", "A", "n", "y", "~", "null", "inf", "nan", " "]
KNOWN = ["yes", "No", "ON", "off", "y", "n", "Y", "true", "TRUE", "True", "tRue", "~", "null", "Null", "NULL", "nULL", "", "0o17",
         "017", "0x1F", "0b101", "0b12", "08", "1_000", "1__0", "_1", "1_", "+1", "-1", "+0x1f", "-0b1", "190:20:30",
         "190:20:30.15", "1:60", "01:02", "-1:30", "1.5", "1.", ".5", "-.5", "+.5", "1e3", "1.0e3", "1.0e+3", "1.e+3", "1.5E-7",
         ".inf", "-.INF", "+.Inf", ".nan", ".NaN", ".NAN", "-.nan", "inf", "nan", "2001-12-14", "2001-12-14t21:59:43.10-05:00",
         "2001-1-1", "12:30:45", "1e400", "=", "<<", "9" * 30, "1_0.5", "0.", "0_", "0x_", "0b_", "0", "-0", "00", "0:0", "1:2:3",
         "a: b", "- a", "'it''s'", '"a\\tb"', '"\\u00e9"', '"\\x41"', '"\\U0001F600"', '"\\q"', "'x", '"x', "[a, b]", "{a: b}",
         "[a, [b, {c: d}]]", "{a, b}", "[a,]", "[,]", "{a: }", "{: a}", "!!str 5", "!!int 5", "!!int x", "!!float 1", "!!bool x",
         "!!null x", "!!binary aGk=", "!!binary '*'", "!!timestamp 2001-12-14", "!!set {a, b}", "!!omap [a: 1]", "!what x",
         "!!python/none x", "! x", "&x a", "*x", "&x [*x]", "| text", ">", "@a", "`a`", "%a", "a #b", "a#b", "#a", "?", "? a", "-",
         ": a", "a:", "'a': b", "!!map {a: b}", "!!seq [a]", "!!pairs [a: 1]", "é", "\u2028", "\ufeff", "\u0085", "\t", "a\tb", "\x07",
         "\U0001F600", "a\u00a0b", "0xG", "-", "--", "---", "...", "!!str", "!!int", "!", "!!merge <<", "!!value ="]
KEYS = ["a", "b", "c", "1", "1.0", "true", "~", "'a'", "\"b\"", "[x]", "{x: y}", "? a", "<<", "0x1", "2001-01-01", "", "é", "=",
        "yes", "!!str 1", "&k a", "a b", "a-b"]


def scalar(rng):
    if rng.random() < 0.75:
        return rng.choice(KNOWN)
    return "".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))


def block_scalar(rng, indent):
    header = rng.choice("|>") + rng.choice(["", "", "-", "+", "2", "1-", "0", "x"])
    lines = [rng.choice(["text", "", "  more", "\tx", "# no", "a: b", " "]) for _ in range(rng.randrange(4))]
    return header + "".join("\n" + indent + line for line in lines)


def node(rng, indent, depth):
    luck = rng.random()
    anchor = rng.choice(["", "", "", "", "", "", "&x ", "&y ", "!!str ", "!!map ", "!!seq ", "!foo "])
    if depth <= 0 or luck < 0.45:
        return anchor + scalar(rng)
    if luck < 0.55:
        return anchor + block_scalar(rng, indent + "  ")
    if luck < 0.62:
        return rng.choice(["*x", "*y", "*z"])
    if luck < 0.85:
        return anchor + mapping(rng, indent + "  ", depth - 1)
    items = "".join("\n%s- %s" % (indent, node(rng, indent + "  ", depth - 1)) for _ in range(rng.randint(1, 3)))
    return anchor + items


def mapping(rng, indent, depth):
    lines = []
    for _ in range(rng.randint(1, 4)):
        key = rng.choice(KEYS[:3]) if rng.random() < 0.6 else rng.choice(KEYS)
        if rng.random() < 0.1:
            lines.append("%s<<: %s" % (indent, rng.choice(["*x", "[*x, *y]", "{m: 1, a: 2}", "[{m: 1}, {m: 2, n: 3}]", "5", "*y"])))
        else:
            lines.append("%s%s: %s" % (indent, key, node(rng, indent, depth)))
    return "\n" + "\n".join(lines)


def damage(rng, text):
    if rng.random() < 0.8 or not text:
        return text
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(["", " ", "\t", "\n", ":", "'", '"', "{", "]", "-", "&", "*", "\r\n", "%"]) + text[at + 1:]


def document(rng):
    luck = rng.random()
    if luck < 0.35:
        return "v: %s\n" % scalar(rng)
    if luck < 0.42:
        return "%s: v\n" % scalar(rng)
    head = rng.choice(["", "", "", "", "---\n", "%YAML 1.1\n---\n", "# c\n", "--- # c\n", "%TAG ! tag:x,2000:\n---\n", "\ufeff"])
    tail = rng.choice(["\n", "\n", "\n", "", "\n...\n", "\n---\nx: 1\n", "\n# end"])
    return damage(rng, head + mapping(rng, "", 3).lstrip("\n") + tail)
