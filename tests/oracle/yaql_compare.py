#!/usr/bin/python3
"""Compares template/yaql*.c with the yaql library that Heat uses, on random expressions.

    tests/oracle/yaql_compare.py [--count N] [--seed N] [--build DIR]

Makes N expressions, lets the library (python3-yaql, set up as Heat sets it up) say what each gives, writes that as
cases of the template language, and runs them with the case runner, DIR/unit/template_cases. The same seed makes the
same expressions. Exit status 1 when any differs; 77 when the library is not there.
"""
import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile

try:
    import yaql
    from yaql.language import exceptions
except ImportError:
    print("python3-yaql is not installed", file=sys.stderr)
    sys.exit(77)

DATA = {
    "n": [3, 1, 2, 3],
    "e": [],
    "f": [1.5, -2.25, 12345678.5],
    "s": ["b", "a", "é", "", "ab c"],
    "t": "Hello, World",
    "m": {"x": 1, "y": [1, 2], "z": {"k": "v"}},
    "l": [{"id": 1, "v": "a", "g": "p"}, {"id": 2, "v": "b", "g": "q"}, {"id": 3, "v": "c", "g": "p"}],
    "i": 7,
    "b": True,
    "u": None,
    "p": [[1, "a"], [2, "b"]],
}


class Library:
    """The real thing, with Heat's limits."""

    def __init__(self):
        options = {"yaql.limitIterators": 200, "yaql.memoryQuota": 10000}
        self.parser = yaql.YaqlFactory().create(options)
        self.context = yaql.create_context()

    def ask(self, expression):
        """("result", JSON text), ("error", message), or None for what cannot be compared."""
        try:
            statement = self.parser(expression)
        except exceptions.YaqlException as error:
            return "error", "Bad expression %s." % error
        try:
            value = statement.evaluate({"data": DATA}, self.context.create_child_context())
            return "result", json.dumps(plain(value))
        except (RecursionError, NotComparable):
            return None
        except Exception as error:
            return "error", str(error)


class NotComparable(Exception):
    pass


def plain(value):
    """As Heat makes it JSON; sets have no order, and other objects are refused."""
    if isinstance(value, dict):
        return {key if isinstance(key, str) else json.dumps(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        if len(value) > 1:
            raise NotComparable
        return [plain(item) for item in value]
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise NotComparable


class Maker:
    """Random expressions, of the wanted type nine times in ten, so that most of them mean something."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        return self.random.choice(choices)

    def any(self, depth):
        return self.pick(self.number, self.text, self.list, self.truth, self.map, self.leaf)(depth)

    def of(self, kind, depth):
        if self.random.random() < 0.08:
            return self.any(depth - 1)
        return kind(depth - 1)

    def leaf(self, _depth=0):
        return self.pick("$", "$.data.i", "$.data.u", "null", "true", "1", "$.data.t", "$.data.m", "$.data.n", "foo",
                         "$1", "$x", "$.data.l", "$.data.nope", "$.id", "'q'", "2.5")

    def number(self, depth):
        if depth <= 0:
            return self.pick("0", "1", "2", "-3", "10", "1.5", "0.1", "$.data.i", "$.data.n[0]", "100000000000000000000")
        n, t, items = (lambda: self.of(self.number, depth)), (lambda: self.of(self.text, depth)), (
            lambda: self.of(self.list, depth))
        return self.pick(
            lambda: "%s + %s" % (n(), n()), lambda: "%s - %s" % (n(), n()), lambda: "%s * %s" % (n(), n()),
            lambda: "%s / %s" % (n(), n()), lambda: "(%s) mod (%s)" % (n(), n()), lambda: "-(%s)" % n(),
            lambda: "abs(%s)" % n(), lambda: "len(%s)" % items(), lambda: "(%s).sum(0)" % items(),
            lambda: "int(%s)" % self.any(depth - 1), lambda: "float(%s)" % n(), lambda: "round(%s, 1)" % n(),
            lambda: "sign(%s)" % n(), lambda: "pow(%s, 2)" % n(), lambda: "max(%s, %s)" % (n(), n()),
            lambda: "bitwiseAnd(%s, 6)" % n(), lambda: "shiftBitsLeft(%s, 2)" % n(), lambda: "bitwiseNot(%s)" % n(),
            lambda: "(%s).indexOf(%s)" % (items(), n()), lambda: "(%s).indexOf(%s)" % (t(), t()),
            lambda: "(%s).count()" % items(), lambda: "(%s).aggregate($1 + $2, 0)" % items(),
            lambda: "(%s).max()" % items(), lambda: "(%s).first(%s)" % (items(), n()),
            lambda: "let(x => %s) -> $x + %s" % (n(), n()), lambda: "def(f, $ * 2) -> f(%s)" % n(),
        )()

    def text(self, depth):
        if depth <= 0:
            return self.pick("'abc'", '"x y"', "$.data.t", "$.data.s[1]", "'é日'", "''", "` a `", "$.data.m.z.k")
        t, n, items = (lambda: self.of(self.text, depth)), (lambda: self.of(self.number, depth)), (
            lambda: self.of(self.list, depth))
        return self.pick(
            lambda: "%s + %s" % (t(), t()), lambda: "(%s).toUpper()" % t(), lambda: "(%s).toLower()" % t(),
            lambda: "str(%s)" % self.any(depth - 1), lambda: "(%s).trim()" % t(), lambda: "(%s).trimLeft('a')" % t(),
            lambda: "(%s).replace(%s, %s)" % (t(), t(), t()), lambda: "(%s).replace({a => b, %s => 1})" % (t(), t()),
            lambda: "(%s).substring(%s)" % (t(), n()), lambda: "(%s).substring(%s, %s)" % (t(), n(), n()),
            lambda: "(%s).join(%s)" % (items(), t()), lambda: "(%s).join(%s)" % (t(), items()),
            lambda: "(%s) * 2" % t(), lambda: "'{0}-{1}'.format(%s, %s)" % (self.any(depth - 1), t()),
            lambda: "format('{:>6}|{:<4}', %s, %s)" % (t(), n()), lambda: "hex(%s)" % n(),
            lambda: "regex('[a-c]+').replace(%s, '<\\\\g<0>>')" % t(), lambda: "norm(%s)" % t(),
            lambda: "(%s).replaceBy(regex('(.)b?'), $.value + '.')" % t(), lambda: "regex('l+').search(%s)" % t(),
            lambda: "switch(%s => %s, true => %s)" % (self.of(self.truth, depth), t(), t()),
        )()

    def truth(self, depth):
        if depth <= 0:
            return self.pick("true", "false", "$.data.b", "$.data.u = null")
        b, n, t = (lambda: self.of(self.truth, depth)), (lambda: self.of(self.number, depth)), (
            lambda: self.of(self.text, depth))
        return self.pick(
            lambda: "%s and %s" % (b(), b()), lambda: "%s or %s" % (b(), b()), lambda: "not %s" % b(),
            lambda: "%s < %s" % (n(), n()), lambda: "%s >= %s" % (t(), t()), lambda: "%s = %s" % (n(), n()),
            lambda: "%s != %s" % (self.any(depth - 1), self.any(depth - 1)),
            lambda: "%s in %s" % (n(), self.of(self.list, depth)), lambda: "%s in %s" % (t(), t()),
            lambda: "%s =~ 'l+'" % t(), lambda: "%s !~ '^a'" % t(), lambda: "(%s).any()" % self.of(self.list, depth),
            lambda: "(%s).all($ > 0)" % self.of(self.list, depth), lambda: "isString(%s)" % self.any(depth - 1),
            lambda: "isNumber(%s)" % self.any(depth - 1), lambda: "isList(%s)" % self.any(depth - 1),
            lambda: "isDict(%s)" % self.any(depth - 1), lambda: "isIterable(%s)" % self.any(depth - 1),
            lambda: "(%s).containsKey(x)" % self.of(self.map, depth), lambda: "bool(%s)" % self.any(depth - 1),
            lambda: "isEmpty(%s)" % t(), lambda: "(%s).startsWith(a, b)" % t(), lambda: "%s < null" % n(),
            lambda: "(%s).contains(%s)" % (self.of(self.list, depth), n()),
            lambda: "set(1, 2) <= (%s).toSet()" % self.of(self.list, depth),
        )()

    def list(self, depth):
        if depth <= 0:
            return self.pick("[]", "[1, 2, 3]", "$.data.n", "$.data.s", "$.data.e", "range(4)", "[a, b, a]", "$.data.p",
                             "$.data.f", "$.data.m.y")
        items, n, any_ = (lambda: self.of(self.list, depth)), (lambda: self.of(self.number, depth)), (
            lambda: self.any(depth - 1))
        return self.pick(
            lambda: "(%s).select(%s)" % (items(), self.pick("$ + 1", "[$, $]", "str($)", any_())),
            lambda: "(%s).where(%s)" % (items(), self.pick("$ > 1", "$", any_())),
            lambda: "(%s).distinct()" % items(), lambda: "(%s).orderBy($)" % items(),
            lambda: "(%s).orderByDescending($)" % items(), lambda: "(%s).reverse()" % items(),
            lambda: "(%s).skip(%s)" % (items(), n()), lambda: "(%s).take(2)" % items(),
            lambda: "%s + %s" % (items(), items()), lambda: "[%s, %s]" % (any_(), any_()),
            lambda: "list(%s, %s)" % (items(), any_()), lambda: "(%s).flatten()" % items(),
            lambda: "(%s).zip(%s)" % (items(), items()), lambda: "(%s).enumerate(1)" % items(),
            lambda: "(%s).selectMany(%s)" % (items(), any_()), lambda: "(%s).slice(2)" % items(),
            lambda: "(%s).groupBy($)" % items(), lambda: "$.data.l.groupBy($.g, $.id, $.sum())",
            lambda: "$.data.l.%s" % self.pick("id", "v", "nope"), lambda: "(%s).accumulate($1 + $2)" % items(),
            lambda: "(%s).split(%s)" % (self.of(self.text, depth), self.of(self.text, depth)),
            lambda: "(%s).rightSplit(' ', 1)" % self.of(self.text, depth),
            lambda: "(%s).toCharArray()" % self.of(self.text, depth), lambda: "(%s).insert(%s, 9)" % (items(), n()),
            lambda: "(%s).delete(%s, %s)" % (items(), n(), n()), lambda: "(%s).replace(1, %s)" % (items(), any_()),
            lambda: "(%s).insertMany(%s, [7, 8])" % (items(), n()), lambda: "(%s).splitAt(%s)" % (items(), n()),
            lambda: "(%s).splitWhere($ = 1)" % items(), lambda: "(%s).sliceWhere($ = 1)" % items(),
            lambda: "(%s).takeWhile($ < 3)" % items(), lambda: "(%s).skipWhile($ < 2)" % items(),
            lambda: "generate(0, $ < 5, $ + 1)", lambda: "(%s).append(%s)" % (items(), any_()),
            lambda: "(%s).join(%s, $1 = $2, $1)" % (items(), items()), lambda: "(%s) * 2" % items(),
            lambda: "regex('[ab]').searchAll(%s)" % self.of(self.text, depth), lambda: "(%s).cycle().take(5)" % items(),
            lambda: "(%s).split(regex('(l)|o'))" % self.of(self.text, depth), lambda: "(%s).defaultIfEmpty([0])" % items(),
            lambda: "(%s).zipLongest(%s, default => 0)" % (items(), items()), lambda: "(%s).toSet().len()" % items(),
        )()

    def map(self, depth):
        if depth <= 0:
            return self.pick("{}", "$.data.m", "{a => 1}", "{x => [2, 3], w => null}", "$.data.l[0]")
        maps, any_ = (lambda: self.of(self.map, depth)), (lambda: self.any(depth - 1))
        return self.pick(
            lambda: "{%s => %s, b => %s}" % (any_(), any_(), any_()), lambda: "%s + %s" % (maps(), maps()),
            lambda: "(%s).set(x, %s)" % (maps(), any_()), lambda: "(%s).set(x => %s)" % (maps(), any_()),
            lambda: "(%s).delete(x)" % maps(), lambda: "(%s).toDict($, %s)" % (self.of(self.list, depth), any_()),
            lambda: "(%s).mergeWith(%s)" % (maps(), maps()), lambda: "dict(%s)" % self.of(self.list, depth),
            lambda: "(%s).values().toList()" % maps(), lambda: "(%s).items().toList()" % maps(),
            lambda: "(%s).keys().toList()" % maps(), lambda: "(%s).get(x, %s)" % (maps(), any_()),
            lambda: "(%s)?.x" % maps(), lambda: "(%s).x" % maps(), lambda: "(%s)[y]" % maps(),
            lambda: "dict((%s).items().select([$[1], $[0]]))" % maps(),
        )()

    def damaged(self, text):
        """With one character gone or put in: mostly no expression any more."""
        at = self.random.randrange(len(text))
        return text[:at] + self.pick("", ",", ")", "(", "=>", ".", " ", "not ", "[", "'") + text[at + self.pick(0, 1):]

    def expression(self):
        text = self.any(self.pick(1, 2, 2, 3, 3, 4))
        return self.damaged(text) if self.random.random() < 0.1 else text


def write_case(out, number, expression, expected):
    function = {"yaql": {"expression": expression, "data": DATA}}
    kind, text = expected
    # An expression that starts as a heading of a case does cannot be written; there is none.
    out.write("=== %d: %s\n--- value\n%s\n" % (number, expression.replace("\n", " "),
                                             json.dumps(function, ensure_ascii=False)))
    out.write("--- result\n%s\n\n" % text if kind == "result" else "--- error STACK_VALIDATION\n%s\n\n" % text)


# Python's names of its many kinds of iterators, and addresses of objects.
UNEQUAL = re.compile(r"\bat 0x|(not|passed to) '?(map|filter|zip|range_iterator|itertools|reversed|[A-Z]\w+View|Order)|NoValue",
                     re.IGNORECASE)


def comparable(expected):
    """Not messages without any text either, which the case runner has no way to write, nor text of iterators that was
    taken apart."""
    if not expected or not expected[1].strip() or "\n" in expected[1] or UNEQUAL.search(expected[1]):
        return False
    return not re.search("objectat|objects?lice_|generatorobject", re.sub(r"\W", "", expected[1]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--build", default=os.environ.get("HEARTH_BUILD", "build"))
    options = parser.parse_args()
    library, maker, skipped = Library(), Maker(options.seed), 0
    with tempfile.NamedTemporaryFile("w", suffix=".test", encoding="utf-8", delete=False) as out:
        for number in range(options.count):
            expression = maker.expression()
            expected = library.ask(expression)
            if comparable(expected):
                write_case(out, number, expression, expected)
            else:
                skipped += 1
    result = subprocess.run([os.path.join(options.build, "unit", "template_cases"), out.name], check=False)
    print("%d expressions, %d not comparable, cases in %s" % (options.count, skipped, out.name))
    if result.returncode == 0:
        os.unlink(out.name)
    sys.exit(1 if result.returncode else 0)


if __name__ == "__main__":
    main()
