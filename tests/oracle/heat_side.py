"""Heat's side of the comparison: what Heat's own code, used as a library in this process, makes of a case.

No service, no database, no network: the engine's service object is made without being started, its context is a
bare one, and resources are given their data (ids, attributes) as the engine would have stored them."""
import copy
import json
import logging
import os
import warnings

os.environ.setdefault("EVENTLET_NO_GREENDNS", "yes")
warnings.simplefilter("ignore")

import eventlet  # noqa: E402
from oslo_config import cfg  # noqa: E402
from oslo_log import log  # noqa: E402
import oslo_messaging  # noqa: E402
from oslo_messaging._drivers import common as driver  # noqa: E402
import webob.exc  # noqa: E402

from heat.api.middleware import fault  # noqa: E402
from heat.api.openstack.v1 import stacks  # noqa: E402
from heat.common import config  # noqa: E402,F401  (registers the options)
from heat.common import context  # noqa: E402
from heat.common import environment_format  # noqa: E402
from heat.common import exception  # noqa: E402
from heat.common import template_format  # noqa: E402
from heat.engine import attributes  # noqa: E402
from heat.engine import environment  # noqa: E402
from heat.engine import function  # noqa: E402
from heat.engine import node_data  # noqa: E402
from heat.engine import resources  # noqa: E402
from heat.engine import service  # noqa: E402
from heat.engine import stk_defn  # noqa: E402
from heat.engine import template  # noqa: E402

PROJECT = "11112222333344445555666677778888"


class Permissive:
    """Stands in for the policy of resource types: everything is allowed, and looked at."""

    def enforce_stack(self, stack, *args, **kwargs):
        for resource in stack.resources.values():
            resource.type()

    def enforce(self, *args, **kwargs):
        return True


class Engine(service.EngineService):
    """The engine's calls without an engine around them."""

    def __init__(self):
        self.resource_enforcer = Permissive()

    def _validate_new_stack(self, cnxt, stack_name, parsed_template):
        self._validate_template(cnxt, parsed_template)


class World(node_data.NodeData):
    """A resource that is there: an id, and attributes by name."""

    def attribute(self, name):
        if isinstance(name, str):
            return self._attributes[name]
        return attributes.select_from_attribute(self._attributes[name[0]], name[1:])


def start():
    logging.disable(logging.CRITICAL)
    log.register_options(cfg.CONF)
    eventlet.sleep = lambda *args: None
    cfg.CONF([], project="heat", default_config_files=[], default_config_dirs=[])
    cfg.CONF.set_override("deferred_auth_method", "trusts")
    cfg.CONF.set_override("environment_dir", "/nonexistent")  # what a package may have put there is not Heat itself
    resources.initialise()


def request_context():
    return context.RequestContext(
        username="demo", password="secret", project_id=PROJECT, user_id="demo", is_admin=False, roles=[],
        auth_token="none")


def over_rpc(value):
    return json.loads(json.dumps(value))


def plain(value):
    """As the API would write it; what it could not write is an error."""
    return json.loads(json.dumps(value))


# ---- errors, as the API tells of them ----

WRAPPER = fault.FaultWrapper(None)
MALFORMED = "The server could not comply with the request since it is either malformed or otherwise incorrect."


class Remote:
    """What is raised inside went from the engine to the API, as data."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if error is None:
            return
        if isinstance(error, oslo_messaging.ExpectedException):
            kind, error, trace = error.exc_info
        try:
            data = driver.serialize_remote_exception((kind, error, trace))
        except Exception:
            raise Exception("the reply cannot be written")  # the API waits until it gives up
        raise driver.deserialize_remote_exception(data, ["heat.common.exception", "webob.exc"]) from None


def failure(error):
    if isinstance(error, TypeError):
        error = webob.exc.HTTPBadRequest(MALFORMED)
    if isinstance(error, webob.exc.HTTPException):
        error = exception.HTTPExceptionDisguise(error)
    elif not isinstance(error, exception.HeatException):
        error.safe = True  # else there is a type alone, and no message to compare
    made = WRAPPER._error(error)
    return {"error": {"type": made["error"]["type"], "message": made["error"].get("message", ""), "status": made["code"]}}


def failure_inside(error):
    return {"error": {"type": type(error).__name__, "message": str(error)}}


def outcome(function_, *args):
    try:
        return {"value": plain(function_(*args))}
    except Exception as error:
        return failure_inside(error)


# ---- a stack that was accepted ----

def enter_world(stack, world):
    for name in list(stack.resources):
        known = world.get(name, {})
        stk_defn.update_resource_data(
            stack.defn, name,
            World(1, name, "none", known.get("id"), copy.deepcopy(known.get("attributes") or {}), "CREATE", "COMPLETE"))


def resource_answer(definition):
    answer = {}
    if definition._properties is not None:
        answer["properties"] = outcome(lambda: function.resolve(definition._properties))
    if definition._metadata is not None:
        answer["metadata"] = outcome(lambda: function.resolve(definition._metadata))
    return answer


def edges(stack):
    graph = stack.dependencies.graph()
    return sorted("%s %s" % (res.name, required.name) for res in graph for required in graph[res])


def stack_answer(stack, world):
    found = edges(stack)
    enter_world(stack, world)
    return {
        "parameters": plain(stack.parameters.map(str)),
        "environment": plain(stack.env.env_as_dict()),
        "edges": found,
        "resources": {name: resource_answer(stack.defn.resource_definition(name)) for name in stack.resources},
        "outputs": {name: outcome(output.get_value) for name, output in stack.outputs.items()},
    }


# ---- kinds of cases ----

ENGINE = Engine()


def create(case):
    data = stacks.InstantiationData(case["request"])
    name = data.stack_name()
    document, env, files = data.template(), data.environment(), data.files()
    with Remote():
        stack = ENGINE._parse_template_and_validate_stack(
            request_context(), name, over_rpc(document), over_rpc(env), over_rpc(files), data.environment_files(),
            None, {}, convergence=True)
    return stack_answer(stack, case.get("world") or {})


def validate(case):
    data = stacks.InstantiationData(case["request"])
    document, env, files = data.template(), data.environment(), data.files()
    with Remote():
        found = ENGINE.validate_template(request_context(), over_rpc(document), over_rpc(env), files=over_rpc(files),
                                         environment_files=data.environment_files())
    if "Error" in found:
        raise webob.exc.HTTPBadRequest(found["Error"])
    return {"value": plain(found)}


def template_text(case):
    with stacks.InstantiationData.parse_error_check("Template"):
        return {"value": plain(template_format.simple_parse(case["text"]))}


def environment_text(case):
    with stacks.InstantiationData.parse_error_check("Environment"):
        return {"value": plain(environment_format.parse(case["text"]))}


KINDS = {"create": create, "validate": validate, "template": template_text, "environment": environment_text}


def evaluate(case):
    try:
        return KINDS[case["kind"]](copy.deepcopy(case))
    except Exception as error:
        return failure(error)


# ---- what there is to generate ----

def functions(key, version):
    """Names of the functions of a template version."""
    found = template.Template({key: version})
    return set(found.functions) | set(getattr(found, "condition_functions", {}))
