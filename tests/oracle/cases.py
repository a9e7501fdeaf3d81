"""Random cases: whole requests, with everything a request may say about a stack. Each maker is one subject; a case is
made by one of them, from a seed of its own, so that any case can be made again alone."""
import json
import random

import expressions
import scalars
import values

WORLD = {
    "a": {"id": "id-a", "attributes": {"value": {"a": [1, 2], "b": {"k": "v"}, "1": "one"}, "show": None}},
    "b": {"id": "id-b", "attributes": {"output": "out", "show": None}},
    "c": {"id": "id-c", "attributes": {"m": {"a": {"b": "deep"}, "k": 5}, "l": ["x", "y", ["z"]], "s": "text,more", "n": None}},
    "d": {"id": "id-d", "attributes": {"value": "abc123", "show": {"s": 1}}},
}
TYPES = ["OS::Heat::Value", "OS::Heat::TestResource", "OS::Heat::None", "OS::Heat::RandomString"]


# ---- templates around something ----

class Dialect:
    """How a version spells things."""

    def __init__(self, rng, cfn=None):
        self.cfn = rng.random() < 0.2 if cfn is None else cfn
        if self.cfn:
            self.key, self.version = rng.choice(expressions.CFN)
        else:
            self.key, self.version = "heat_template_version", rng.choice(expressions.HOT)

    def __call__(self, hot):
        """A HOT name as this dialect has it."""
        if not self.cfn:
            return hot
        return {"parameters": "Parameters", "resources": "Resources", "outputs": "Outputs", "conditions": "Conditions",
                "mappings": "Mappings", "type": "Type", "properties": "Properties", "metadata": "Metadata",
                "depends_on": "DependsOn", "deletion_policy": "DeletionPolicy", "update_policy": "UpdatePolicy",
                "condition": "Condition", "value": "Value", "description": "Description", "default": "Default",
                "hidden": "NoEcho", "label": "Label"}.get(hot, hot)

    def template(self, **sections):
        template = {self.key: self.version}
        for name, section in sections.items():
            if section is not None:
                template[self(name)] = section
        return template

    def parameter(self, type_name, **more):
        cfn = {"string": "String", "number": "Number", "comma_delimited_list": "CommaDelimitedList", "json": "Json",
               "boolean": "Boolean"}
        return {self("type"): cfn.get(type_name, type_name) if self.cfn else type_name,
                **{self(name): value for name, value in more.items()}}

    def resource(self, type_name, properties=None, **more):
        resource = {self("type"): type_name}
        if properties is not None:
            resource[self("properties")] = properties
        resource.update({self(name): value for name, value in more.items()})
        return resource


def usual_parameters(dialect):
    return {
        "p_str": dialect.parameter("string", default="m"),
        "p_num": dialect.parameter("number", default=8080),
        "p_list": dialect.parameter("comma_delimited_list", default="x,y,z"),
        "p_json": dialect.parameter("json", default={"a": {"b": [1, {"k": "v"}]}, "k": "v"}),
        "p_bool": dialect.parameter("boolean", default=True) if not dialect.cfn else dialect.parameter("string", default="true"),
    }


def usual_resources(dialect):
    return {
        "a": dialect.resource("OS::Heat::Value", {"value": "v"}),
        "b": dialect.resource("OS::Heat::TestResource"),
        "c": dialect.resource("OS::Heat::None"),
        "d": dialect.resource("OS::Heat::RandomString"),
    }


def usual_conditions(dialect):
    if dialect.cfn:
        if dialect.key == "HeatTemplateFormatVersion":
            return None
        return {"c_true": {"Fn::Equals": [1, 1]}, "c_false": {"Fn::Equals": [1, 2]},
                "c_eq": {"Fn::Equals": [{"Ref": "p_str"}, "m"]}, "c_not": {"Fn::Not": ["c_false"]}}
    if dialect.version < "2016-10-14":
        return None
    return {"c_true": {"equals": [1, 1]}, "c_false": {"equals": [1, 2]}, "c_eq": {"equals": [{"get_param": "p_str"}, "m"]},
            "c_not": {"not": "c_false"}}


def request(template, **more):
    return {"kind": "create", "request": {"stack_name": "s", "template": template, **more}, "world": WORLD}


# ---- subjects ----

def snippet(rng, functions):
    """An expression, as a property that takes anything."""
    dialect = Dialect(rng)
    x = expressions.Expressions(rng, functions(dialect.key, dialect.version) if rng.random() < 0.95 else None)
    depth = rng.choice([1, 1, 2, 2, 3])
    resources = usual_resources(dialect)
    kind = rng.random()
    if kind < 0.8:
        resources["t"] = dialect.resource("OS::Heat::Value", {"value": x.of("any", depth)})
    elif kind < 0.9:
        resources["t"] = dialect.resource("OS::Heat::TestResource", {"value": x.of("str", depth)})
    else:
        resources["t"] = dialect.resource("OS::Heat::RandomString", metadata={"x": x.of("any", depth)})
    outputs = None
    if rng.random() < 0.2:
        outputs = {"o": {dialect("value"): x.of("any", depth)}}
    template = dialect.template(
        parameters=usual_parameters(dialect), conditions=usual_conditions(dialect), resources=resources, outputs=outputs,
        mappings={"m": {"a": {"b": "c", "c": 1}, "b": {"b": [1]}}} if dialect.cfn else None)
    return request(template, files={"f1": "content", "f2": ""})


def conditions(rng, functions):
    dialect = Dialect(rng)
    x = expressions.Expressions(rng, functions(dialect.key, dialect.version), noise=0.08)
    names = ["c_true", "c_false", "c_eq", "c_not", "c5"]
    chosen = {name: x.condition(rng.choice([1, 2, 3])) for name in names if rng.random() < 0.7}
    resources = usual_resources(dialect)
    for name in list(resources):
        if rng.random() < 0.4:
            resources[name][dialect("condition")] = x.condition(2) if rng.random() < 0.3 else rng.choice(names)
    if rng.random() < 0.4:
        resources["a"][dialect("depends_on")] = rng.choice(["b", "c", ["b", "d"]])
    if_name = "Fn::If" if dialect.cfn else "if"
    resources["t"] = dialect.resource("OS::Heat::Value", {"value": {if_name: [x.condition(1), "yes", "no"]}})
    outputs = {"o": {dialect("value"): {"Ref" if dialect.cfn else "get_resource": rng.choice("abcd")}}}
    if rng.random() < 0.6:
        outputs["o"][dialect("condition")] = x.condition(1)
    return request(dialect.template(parameters=usual_parameters(dialect), conditions=chosen, resources=resources,
                                    outputs=outputs))


PARAMETER_TYPES = ["string", "number", "comma_delimited_list", "json", "boolean"]
ODD_NUMBERS = ["1", "1.0", " 1 ", "1e3", "0x10", "1_000", "-0", "+5", "inf", "nan", "-Infinity", "٣", "1.", ".5", "", "abc",
               "9" * 25, 1, 1.0, 0, -0.0, 1e400, 2 ** 70, True, None, [1], {}]
ODD_BOOLEANS = [True, False, "true", "TRUE", "t", "yes", "y", "on", "1", 1, 0, "0", "off", "n", "no", "F", "", "maybe", 2, 1.0, None]
ODD_LISTS = ["", "a", "a,b", "a, b", ",", "a,,b", [], ["a"], ["a", 1], [1, None], [["x"]], {"a": 1}, 5, None, True, "[1,2]"]
ODD_MAPS = ["{}", '{"a": 1}', "[1]", "5", "", "x", '"x"', "null", {"a": None}, {}, [], [1], 5, None, True, {"a": {"b": 1.0}}]


def parameter_value(rng, type_name):
    lists = {"string": values.WORDS + [5, 1.5, True, None, [], {"a": 1}], "number": ODD_NUMBERS,
             "comma_delimited_list": ODD_LISTS, "json": ODD_MAPS, "boolean": ODD_BOOLEANS}
    if rng.random() < 0.1:
        return values.junk(rng)
    return rng.choice(lists[type_name])


def bound(rng):
    return rng.choice([0, 1, 2, 3, 10, -1, "1", "3", "x", 1.5, None, True, 100])


def constraint(rng, type_name):
    kinds = {
        "range": lambda: {key: bound(rng) for key in ("min", "max") if rng.random() < 0.7},
        "length": lambda: {key: bound(rng) for key in ("min", "max") if rng.random() < 0.7},
        "modulo": lambda: {key: bound(rng) for key in ("step", "offset") if rng.random() < 0.9},
        "allowed_values": lambda: rng.choice([["a", "b"], [1, 2, 3], ["1", 2], [True], [], "ab", {"a": 1}, [["x"]],
                                              {"get_param": "q"}, ["", None]]),
        "allowed_pattern": lambda: rng.choice(["a", "[a-z]+", "^x$", "a.*", "", "(", "\\d+", 5, None, "[0-9]{1,2}", "a|b",
                                               ".", "\\w*", "[\\s]"]),
        "custom_constraint": lambda: rng.choice(["nobody", "nova.flavor", "", 5]),
    }
    fitting = {"string": ["length", "allowed_values", "allowed_pattern"], "number": ["range", "modulo", "allowed_values"],
               "comma_delimited_list": ["length", "allowed_values"], "json": ["length"],
               "boolean": ["allowed_values"]}.get(type_name, [])
    name = rng.choice(fitting or list(kinds)) if rng.random() < 0.85 else rng.choice(list(kinds))
    made = {name: kinds[name]()}
    if rng.random() < 0.2:
        made["description"] = rng.choice(["must be so", "", 5, None])
    if rng.random() < 0.03:
        made[rng.choice(["range", "what"])] = {"min": 1}
    return made


def cfn_constraints(rng):
    kinds = {"MinLength": lambda: bound(rng), "MaxLength": lambda: bound(rng), "MinValue": lambda: bound(rng),
             "MaxValue": lambda: bound(rng), "AllowedValues": lambda: rng.choice([["a", "b"], [1, 2], "ab", []]),
             "AllowedPattern": lambda: rng.choice(["[a-z]+", "(", "", 5]),
             "ConstraintDescription": lambda: rng.choice(["must be so", 5]), "NoEcho": lambda: rng.choice([True, "true", "no", 1]),
             "CustomConstraint": lambda: "nobody", "Label": lambda: rng.choice(["l", 5])}
    return {name: make() for name, make in kinds.items() if rng.random() < 0.18}


def parameter_schema(rng, dialect, type_name):
    schema = dialect.parameter(type_name if rng.random() > 0.04 else rng.choice(["String", "text", None, 5, "list"]))
    if rng.random() < 0.6:
        schema[dialect("default")] = parameter_value(rng, type_name)
    if dialect.cfn:
        schema.update(cfn_constraints(rng))
    elif rng.random() < 0.6:
        schema["constraints"] = values.list_of(rng, lambda: constraint(rng, type_name), 3) if rng.random() > 0.05 else values.junk(rng)
    extras = {"description": lambda: rng.choice(["d", "", 5, None, ["x"]]), "label": lambda: rng.choice(["l", 5]),
              "hidden": lambda: rng.choice(ODD_BOOLEANS), "immutable": lambda: rng.choice(ODD_BOOLEANS),
              "tags": lambda: rng.choice([["x", "y"], "x", [], [1], None, {"a": 1}]), "what": lambda: 1}
    for name, make in extras.items():
        if rng.random() < 0.08:
            schema[name] = make()
    return schema


def parameters(rng, functions):
    """Parameters of all types, and values for them from all the places values come from."""
    dialect = Dialect(rng)
    names = ["p", "q"] if rng.random() < 0.4 else ["p"]
    types = {name: rng.choice(PARAMETER_TYPES) for name in names}
    schemata = {name: parameter_schema(rng, dialect, types[name]) for name in names}
    given, environment = {}, {}
    for name in names:
        if rng.random() < 0.6:
            given[name] = parameter_value(rng, types[name])
        if rng.random() < 0.2:
            environment.setdefault("parameters", {})[name] = parameter_value(rng, types[name])
        if rng.random() < 0.2:
            environment.setdefault("parameter_defaults", {})[name] = parameter_value(rng, types[name])
    if rng.random() < 0.04:
        given["unknown"] = 1
    groups = None
    if rng.random() < 0.12:
        groups = rng.choice([[{"label": "g", "description": "d", "parameters": ["p"]}], [{"parameters": ["p", "p"]}], [{}],
                             [{"parameters": ["nobody"]}], [{"parameters": "p"}], "x", [["p"]], {"parameters": ["p"]}, None,
                             [{"parameters": ["p"]}, {"parameters": ["p"]}], [5], []])
    get = "Ref" if dialect.cfn else "get_param"
    template = dialect.template(
        parameters=schemata, resources={"t": dialect.resource("OS::Heat::Value", {"value": {get: rng.choice(names)}})})
    if groups is not None:
        template["ParameterGroups" if dialect.cfn else "parameter_groups"] = groups
    case = request(template, environment=environment)
    if given:
        case["request"]["parameters"] = given
    if rng.random() < 0.35:
        case["kind"] = "validate"
    return case


# ---- environments ----

def environment_document(rng, types):
    environment = {}
    for section in ("parameters", "parameter_defaults"):
        if rng.random() < 0.7:
            environment[section] = {name: parameter_value(rng, types[name]) for name in types if rng.random() < 0.6}
    if rng.random() < 0.6:
        strategies = ["overwrite", "merge", "deep_merge", "what", None]
        environment["parameter_merge_strategies"] = {name: rng.choice(strategies) for name in list(types) + ["default"]
                                                     if rng.random() < 0.5}
    if rng.random() < 0.2:
        environment["encrypted_param_names"] = rng.choice([["p"], [], "p", {"a": 1}])
    if rng.random() < 0.2:
        environment["event_sinks"] = rng.choice([[{"type": "zaqar-queue", "target": "q"}], [], ["x"], {}])
    if rng.random() < 0.3:
        environment["resource_registry"] = registry(rng)
    if rng.random() < 0.04:
        environment[rng.choice(["parameters", "event_sinks", "what", "resource_registry"])] = rng.choice([None, [], "x", {"a": 1}, 5])
    return environment


def registry(rng):
    entries = {"OS::A::B": "OS::Heat::None", "OS::A::*": rng.choice(["OS::Heat::*", "OS::Heat::None"]),
               "X": rng.choice(["OS::A::B", "OS::Heat::Value", "nobody"]), "OS::Heat::Value": "OS::Heat::None",
               "resources": rng.choice([{}, {"t": {"X": "OS::Heat::None"}}, {"t": {"hooks": "pre-create"}},
                                        {"t": {"hooks": ["pre-create", "what"]}}, {"*": {"X": "OS::Heat::TestResource"}}])}
    return {name: entries[name] for name in entries if rng.random() < 0.4}


def environments(rng, functions):
    """Several environment files, merged; or one environment with a registry."""
    dialect = Dialect(rng, cfn=False)
    types = {"p": rng.choice(PARAMETER_TYPES), "q": rng.choice(PARAMETER_TYPES)}
    schemata = {name: dialect.parameter(type_name) for name, type_name in types.items()}
    for name in schemata:
        if rng.random() < 0.5:
            schemata[name]["default"] = {"string": "s", "number": 1, "comma_delimited_list": "a", "json": {},
                                         "boolean": True}[types[name]]
    resources = {"t": dialect.resource(rng.choice(["OS::Heat::None", "X", "OS::A::B", "OS::A::Value", "OS::Heat::Value"]),
                                       {"value": [{"get_param": "p"}, {"get_param": "q"}]})}
    case = request(dialect.template(parameters=schemata, resources=resources))
    if rng.random() < 0.3:
        case["request"]["environment"] = environment_document(rng, types)
        return case
    files = {"e%d" % i: json.dumps(environment_document(rng, types)) for i in range(rng.randint(1, 3))}
    case["request"].update(files=files, environment_files=list(files))
    if rng.random() < 0.2:
        case["request"]["parameters"] = {"p": parameter_value(rng, types["p"])}
    return case


# ---- the shape of templates ----

def damaged(rng, value, chance):
    """The same with a part here and there left out, renamed or replaced."""
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            luck = rng.random()
            if luck < chance / 3:
                continue
            if luck < chance / 2:
                key = rng.choice([key.lower(), key.title(), key + "s", "what", "5"])
            result[key] = values.junk(rng) if rng.random() < chance else damaged(rng, item, chance)
        return result
    if isinstance(value, list):
        return [damaged(rng, item, chance) for item in value]
    return value if rng.random() > chance / 2 else values.junk(rng)


def shapes(rng, functions):
    dialect = Dialect(rng)
    resources = usual_resources(dialect)
    policies = ["Delete", "Retain", "Snapshot", "delete", "retain", "snapshot", "what", None, {"get_param": "p_str"}, 5]
    for resource in resources.values():
        for name, make in {"depends_on": lambda: rng.choice(["a", "b", ["c", "d"], [], None, "nobody", {"get_param": "p_str"}, 5]),
                           "deletion_policy": lambda: rng.choice(policies), "metadata": lambda: rng.choice([{"k": "v"}, None, "x", [], 5]),
                           "update_policy": lambda: rng.choice([{}, {"a": 1}, None, "x", 5]),
                           "condition": lambda: rng.choice(["c_true", "c_false", True, None, "nobody"]),
                           "description": lambda: rng.choice(["d", None, 5]),
                           "external_id": lambda: rng.choice(["x", None, 5, {"get_param": "p_str"}])}.items():
            if rng.random() < 0.12:
                resource[dialect(name)] = make()
    if rng.random() < 0.4:
        resources["a"][dialect("properties")] = {"value": {"Ref" if dialect.cfn else "get_resource": rng.choice("abcde")}}
    outputs = {"o": {dialect("value"): rng.choice(["x", None, {"Ref" if dialect.cfn else "get_resource": "a"}])},
               "o2": {dialect("value"): {"Fn::GetAtt" if dialect.cfn else "get_attr": rng.choice([["a", "value"], ["b", "what"], ["x", "y"]])},
                      dialect("description"): rng.choice(["d", 5, None])}}
    template = dialect.template(parameters=usual_parameters(dialect), conditions=usual_conditions(dialect), resources=resources,
                                outputs=outputs, mappings={"m": {"a": {"b": "c"}}} if dialect.cfn else None)
    if rng.random() < 0.2:
        template[dialect("description")] = rng.choice(["text", 5, None, ["x"]])
    case = request(damaged(rng, template, rng.choice([0, 0.01, 0.04])))
    if rng.random() < 0.3:
        case["kind"] = "validate"
    return case


# ---- properties against their schemata ----

PROPERTIES = {
    "OS::Heat::Value": {"type": ["string", "number", "comma_delimited_list", "json", "boolean", "what", 5, None],
                        "value": None},
    "OS::Heat::TestResource": {"value": None, "fail": ODD_BOOLEANS, "update_replace": ODD_BOOLEANS, "wait_secs": ODD_NUMBERS,
                               "action_wait_secs": [{}, {"create": 1}, {"create": "x"}, {"what": 1}, 5, "x", []],
                               "constraint_prop_secs": ODD_NUMBERS, "client_name": ["x", 5, None],
                               "attr_wait_secs": ODD_NUMBERS, "update_replace_value": ["x", 5], "fail_prop": [1]},
    "OS::Heat::RandomString": {"length": ODD_NUMBERS + [32, 512, 513], "salt": ["x", 5, None, []],
                               "sequence": ["letters", "octdigits", "what", 5],
                               "character_classes": [[{"class": "digits", "min": 1}], [{"class": "what"}], [{}], [], "x", {},
                                                     [{"min": 600}], [{"class": "all", "min": "x"}], None, [5]],
                               "character_sequences": [[{"sequence": "abc", "min": 1}], [{}], [{"min": 1}], "x", [5], None]},
    "OS::Heat::Delay": {"min_wait": ODD_NUMBERS, "max_jitter": ODD_NUMBERS, "jitter_multiplier": ODD_NUMBERS,
                        "actions": [["CREATE"], ["what"], [], "CREATE", None, ["CREATE", "CREATE"]]},
    "OS::Heat::WaitCondition": {"handle": ["h", None, 5, {"get_resource": "a"}, []], "timeout": ODD_NUMBERS, "count": ODD_NUMBERS},
    "OS::Heat::WaitConditionHandle": {"signal_transport": ["CFN_SIGNAL", "TOKEN_SIGNAL", "what", 5, None]},
}


def properties(rng, functions):
    dialect = Dialect(rng)
    type_name = rng.choice(list(PROPERTIES))
    chosen = {}
    for name, known in PROPERTIES[type_name].items():
        if rng.random() < 0.5:
            chosen[name] = values.junk(rng) if known is None or rng.random() < 0.08 else rng.choice(known)
    if rng.random() < 0.04:
        chosen["unknown"] = 1
    get = "Ref" if dialect.cfn else "get_param"
    for name in list(chosen):
        if rng.random() < 0.1:
            chosen[name] = {get: rng.choice(["p_str", "p_num", "p_list", "p_json", "p_bool"])}
    resources = {"a": dialect.resource("OS::Heat::Value", {"value": "v"}), "t": dialect.resource(type_name, chosen)}
    case = request(dialect.template(parameters=usual_parameters(dialect), resources=resources))
    if rng.random() < 0.2:
        case["kind"] = "validate"
    return case


# ---- texts ----

def template_text(rng, functions):
    return {"kind": "template", "text": scalars.document(rng)}


def environment_text(rng, functions):
    text = scalars.document(rng) if rng.random() < 0.5 else "parameters:\n  p: %s\n" % scalars.scalar(rng)
    return {"kind": "environment", "text": text}


SUBJECTS = [(snippet, 40), (conditions, 10), (parameters, 16), (environments, 10), (shapes, 8), (properties, 6),
            (template_text, 8), (environment_text, 2)]


def make(seed, number, functions, subject=None):
    rng = random.Random("%s/%s" % (seed, number))
    makers = [maker for maker, weight in SUBJECTS]
    chosen = rng.choices(makers, [weight for maker, weight in SUBJECTS])[0]
    if subject:
        chosen = {maker.__name__: maker for maker in makers}[subject]
    case = chosen(rng, functions)
    return chosen.__name__, json.loads(json.dumps(case))
