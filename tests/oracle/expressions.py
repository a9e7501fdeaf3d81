"""Random expressions of the template language: every function of every version, mostly well typed, nested.

An expression is made for a type ("str", "list", "map", "int", "bool", "any"); what a function wants is written in
its maker below. Now and then a part is replaced by something of no matter what type."""
import values

HOT = ["2013-05-23", "2014-10-16", "2015-04-30", "2015-10-15", "2016-04-08", "2016-10-14", "newton", "2017-02-24", "ocata",
       "2017-09-01", "pike", "2018-03-02", "queens", "2018-08-31", "rocky", "2021-04-16", "wallaby"]
CFN = [("AWSTemplateFormatVersion", "2010-09-09"), ("HeatTemplateFormatVersion", "2012-12-12")]

MAKERS = {}  # function: (type of the result, maker of the arguments)


def maker(name, result):
    def note(make):
        MAKERS[name] = (result, make)
        return make
    return note


class Expressions:
    """names: the functions to choose from; None: all."""

    def __init__(self, rng, names=None, noise=0.06):
        self.rng = rng
        self.noise = noise
        self.names = [name for name in MAKERS if names is None or name in names]
        self.by_type = {}
        for name in self.names:
            self.by_type.setdefault(MAKERS[name][0], []).append(name)

    # ---- by type ----
    def of(self, kind, depth):
        rng = self.rng
        if rng.random() < self.noise:
            kind = rng.choice(["str", "list", "map", "int", "bool", "any"])
            if rng.random() < 0.5:
                return values.junk(rng)
        if depth > 0 and rng.random() < 0.55:
            fitting = self.by_type.get(kind, []) + self.by_type["any"]
            name = rng.choice(fitting) if kind != "any" else rng.choice(self.names)
            return self.call(name, depth - 1)
        return getattr(self, "plain_" + kind)(depth)

    def call(self, name, depth):
        _, make = MAKERS[name]
        if self.rng.random() < self.noise:
            return {name: values.junk(self.rng)}
        arguments = make(self, depth)
        if isinstance(arguments, list) and self.rng.random() < self.noise:
            arguments = arguments[:-1] if self.rng.random() < 0.5 else arguments + [values.junk(self.rng)]
        call = {name: arguments}
        if self.rng.random() < self.noise / 6:
            call["more"] = 1
        return call

    def plain_str(self, depth):
        return values.text(self.rng)

    def plain_int(self, depth):
        return values.integer(self.rng)

    def plain_bool(self, depth):
        return self.rng.choice([True, False])

    def plain_any(self, depth):
        if self.rng.random() < 0.5:
            return values.scalar(self.rng)
        return self.rng.choice([self.plain_list, self.plain_map])(depth)

    def plain_list(self, depth):
        return [self.of(self.rng.choice(["str", "str", "any"]), depth - 1) for _ in range(self.rng.randrange(4))]

    def plain_map(self, depth):
        return {self.rng.choice(values.KEYS): self.of(self.rng.choice(["str", "any"]), depth - 1)
                for _ in range(self.rng.randrange(4))}

    def list_of(self, kind, depth, least=0, most=3):
        return [self.of(kind, depth) for _ in range(self.rng.randint(least, most))]

    def strings(self, depth):
        if self.rng.random() < 0.3:
            return self.of("list", depth)
        return self.list_of("str", depth)

    # ---- conditions ----
    def condition(self, depth):
        """What may stand in the conditions section, or as first argument of "if"."""
        rng = self.rng
        if rng.random() < self.noise:
            return values.junk(rng)
        if depth <= 0 or rng.random() < 0.35:
            return rng.choice(["c_true", "c_false", "c_eq", "c_not", True, False, "c_none", {"get_param": "p_bool"}])
        cfn = rng.random() < (0.9 if "Fn::Join" in self.names and "list_join" not in self.names else 0.05)
        name = rng.choice(["equals", "not", "and", "or", "contains"] if not cfn else
                          ["Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or"])
        plain = name.split("::")[-1].lower()
        if plain == "equals":
            arguments = [self.compared(depth - 1), self.compared(depth - 1)]
        elif plain == "not":
            arguments = self.condition(depth - 1)
            if cfn:
                arguments = [arguments]
        elif plain == "contains":
            arguments = [self.compared(0), self.list_of("str", 0)]
        else:
            arguments = [self.condition(depth - 1) for _ in range(rng.randint(1, 3))]
        return {name: arguments}

    def compared(self, depth):
        rng = self.rng
        return rng.choice([lambda: values.scalar(rng), lambda: {"get_param": self.parameter()},
                           lambda: {"Ref": rng.choice(["p_str", "p_num", "p_bool", "a"])},
                           lambda: {"Fn::FindInMap": ["m", "a", "b"]},
                           lambda: values.junk(rng), lambda: self.condition(depth)])()

    def parameter(self):
        rng = self.rng
        name = rng.choice(["p_str", "p_num", "p_list", "p_json", "p_bool", "OS::stack_name", "p_none"])
        if rng.random() < 0.6:
            return name
        return [name] + values.list_of(rng, lambda: rng.choice(["a", "b", "k", 0, 1, -1, "0", "1", "x", 1.0, True, None]), 3)

    def resource(self):
        return self.rng.choice(["a", "b", "c", "c", "d"] if self.rng.random() > self.noise else values.NAMES)

    def attribute(self):
        """[resource, attribute], mostly one that exists."""
        name = self.resource()
        known = {"a": ["value"], "b": ["output"], "d": ["value"], "c": ["m", "l", "s", "n"]}.get(name, ["value"])
        return [name, self.rng.choice(known + ["show"] if self.rng.random() > self.noise else values.KEYS)]

    def path(self):
        rng = self.rng
        return values.list_of(rng, lambda: rng.choice(["a", "b", "k", 0, 1, -1, "0", "1", "x", 5]), 3)


# ---- HOT ----
@maker("get_param", "any")
def _(x, depth):
    return x.parameter()


@maker("get_resource", "str")
def _(x, depth):
    return x.resource()


@maker("get_attr", "any")
def _(x, depth):
    if x.rng.random() < 0.1:
        return [x.resource()]
    return x.attribute() + x.path()


@maker("get_file", "str")
def _(x, depth):
    return x.rng.choice(["f1", "f2", "f3", x.of("str", depth)])


@maker("digest", "str")
def _(x, depth):
    return [x.rng.choice(["md5", "sha1", "SHA256", "sha512", "sha384", "sha224", "Md5", "what"]), x.of("str", depth)]


@maker("str_split", "list")
def _(x, depth):
    split = [x.rng.choice([",", ".", " ", "a", ""]), x.of("str", depth)]
    if x.rng.random() < 0.4:
        split.append(x.rng.choice([0, 1, "0", "1", -1, 9, "x", 1.5, None, True]))
    return split


@maker("list_join", "str")
def _(x, depth):
    lists = [x.strings(depth) for _ in range(x.rng.choice([1, 1, 1, 2, 3]))]
    return [x.rng.choice([",", "", " ", x.of("str", depth)])] + lists


def replace_arguments(x, depth):
    template = x.rng.choice(["%a% and $x", "a b c", "aab k n", x.of("str", depth)])
    params = {x.rng.choice(["%a%", "$x", "a", "b", "aa", "k", "", "zz"]): x.of(x.rng.choice(["str", "any", "int"]), depth)
              for _ in range(x.rng.randrange(4))}
    return {"template": template, "params": params if x.rng.random() > 0.1 else x.of("map", depth)}


for _name in ("str_replace", "str_replace_strict", "str_replace_vstrict"):
    MAKERS[_name] = ("str", replace_arguments)


@maker("repeat", "list")
def _(x, depth):
    template = x.rng.choice(["%a%-%b%", {"%a%": "%b%"}, ["%a%", {"k": "%a%"}], {"k": 5}, x.of("any", depth)])
    each = {x.rng.choice(["%a%", "%b%", "", "k"]): x.rng.choice([x.strings, lambda d: x.of("map", d)])(depth)
            for _ in range(x.rng.randint(0 if x.rng.random() < 0.1 else 1, 2))}
    repeat = {"template": template, "for_each": each if x.rng.random() > 0.05 else x.of("map", depth)}
    if x.rng.random() < 0.4:
        repeat["permutations"] = x.rng.choice([True, False, False, "false", 0, None, {"get_param": "p_bool"}])
    return repeat


@maker("resource_facade", "any")
def _(x, depth):
    return x.rng.choice(["what", 5])  # the others have a meaning in a nested stack alone


@maker("map_merge", "map")
def _(x, depth):
    return x.list_of("map", depth) if x.rng.random() > 0.1 else x.of("list", depth)


@maker("map_replace", "map")
def _(x, depth):
    change = {}
    for part in ("keys", "values"):
        if x.rng.random() < 0.8:
            change[part] = {x.rng.choice(["a", "b", "c", "k", "1", "true"]): x.of("str", depth)
                            for _ in range(x.rng.randrange(3))}
    if x.rng.random() < 0.08:
        change["other"] = {}
    return [x.of("map", depth), change]


@maker("equals", "bool")
def _(x, depth):
    return [x.compared(depth), x.compared(depth)]


@maker("if", "any")
def _(x, depth):
    branches = [x.of("any", depth), x.of("any", depth)]
    return [x.condition(depth)] + (branches if x.rng.random() > 0.2 else branches[:1])


@maker("not", "bool")
def _(x, depth):
    return x.condition(depth)


@maker("and", "bool")
def _(x, depth):
    return [x.condition(depth), x.condition(depth)]


@maker("or", "bool")
def _(x, depth):
    return [x.condition(depth), x.condition(depth)]


@maker("contains", "bool")
def _(x, depth):
    return [x.of("str", depth), x.of(x.rng.choice(["list", "str"]), depth)]


@maker("filter", "list")
def _(x, depth):
    return [x.of("list", depth), x.of("list", depth)]


@maker("list_concat", "list")
def _(x, depth):
    return x.list_of("list", depth)


@maker("list_concat_unique", "list")
def _(x, depth):
    return x.list_of("list", depth)


@maker("make_url", "str")
def _(x, depth):
    rng = x.rng
    makers = {
        "scheme": lambda: rng.choice(["http", "https", "", "a:b", "HTTP", "file", x.of("str", depth)]),
        "username": lambda: rng.choice(["u", "", "u:s@r", x.of("str", depth)]),
        "password": lambda: rng.choice(["p", "", "p/w#", x.of("str", depth)]),
        "host": lambda: rng.choice(["example.com", "::1", "[::1]", "", "h st", "é.org", x.of("str", depth)]),
        "port": lambda: rng.choice([80, "80", 0, 65536, "x", " 80 ", "", True, 1.5, None, {"get_param": "p_num"}]),
        "path": lambda: rng.choice(["/a/b", "a b", "", "//x", "é", x.of("str", depth)]),
        "query": lambda: rng.choice([{"k": "v"}, {"a b": "c/d"}, {"n": 5, "t": True, "z": None}, {"l": ["a", "b"]}, {},
                                     {"é": "ü"}, {"f": 1.5}, x.of("map", depth)]),
        "fragment": lambda: rng.choice(["f", "", "f g#", x.of("str", depth)]),
    }
    chosen = [key for key in makers if rng.random() < 0.5]
    rng.shuffle(chosen)
    url = {key: makers[key]() for key in chosen}
    if rng.random() < 0.05:
        url["other"] = 1
    return url


# ---- CFN ----
@maker("Ref", "any")
def _(x, depth):
    return x.rng.choice([x.resource(), "p_str", "p_list", "p_json", "p_num", "AWS::StackName", "AWS::Region"])


@maker("Fn::GetAtt", "any")
def _(x, depth):
    return x.attribute()


@maker("Fn::Select", "any")
def _(x, depth):
    return [x.rng.choice([0, 1, "0", "1", "a", "k", -1, 9, 1.5, None, True]),
            x.of(x.rng.choice(["list", "map", "str"]), depth)]


@maker("Fn::Join", "str")
def _(x, depth):
    return [x.rng.choice([",", "", " "]), x.strings(depth)]


@maker("Fn::Split", "list")
def _(x, depth):
    return [x.rng.choice([",", "a", " ", ""]), x.of("str", depth)]


@maker("Fn::Replace", "str")
def _(x, depth):
    arguments = replace_arguments(x, depth)
    return [arguments["params"], arguments["template"]]


@maker("Fn::Base64", "str")
def _(x, depth):
    return x.of("str", depth)


@maker("Fn::MemberListToMap", "map")
def _(x, depth):
    members = [x.rng.choice([".member.0.Name=k", ".member.0.Value=v", ".member.1.Name=n", ".member.1.Value=", "x", "a=b",
                             ".member.0.Name", ".member.10.Name=z", ".member.2.Value=w", x.of("str", 0)])
               for _ in range(x.rng.randrange(5))]
    return [x.rng.choice(["Name", "Name", "Key", 5]), x.rng.choice(["Value", "Value", None]), members]


@maker("Fn::ResourceFacade", "any")
def _(x, depth):
    return x.rng.choice(["what", "metadata"])


@maker("Fn::FindInMap", "any")
def _(x, depth):
    rng = x.rng
    return [rng.choice(["m", "m", "m", "n", {"Ref": "p_str"}]), rng.choice(["a", "a", "b", "x"]),
            rng.choice(["b", "b", "c", "x", 1])]


@maker("Fn::If", "any")
def _(x, depth):
    return [x.rng.choice(["c_true", "c_false", "c_none", x.condition(depth)]), x.of("any", depth), x.of("any", depth)]


@maker("Fn::Equals", "bool")
def _(x, depth):
    return [x.compared(depth), x.compared(depth)]


@maker("Fn::Not", "bool")
def _(x, depth):
    return [x.condition(depth)]


@maker("Fn::And", "bool")
def _(x, depth):
    return [x.condition(depth), x.condition(depth)]


@maker("Fn::Or", "bool")
def _(x, depth):
    return [x.condition(depth), x.condition(depth)]
