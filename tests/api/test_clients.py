"""The stock clients: every command of python-heatclient prints what it prints with Heat (tests/api/client_commands.txt,
recorded by tests/tools/client_commands.py), and openstacksdk's calls of the orchestration service work."""

import importlib.util
import os
import re
import subprocess

import pytest
import yaml

import hearth

TOOL = hearth.ROOT / "tests" / "tools" / "client_commands.py"
RECORDED = hearth.ROOT / "tests" / "api" / "client_commands.txt"
spec = importlib.util.spec_from_file_location("client_commands", TOOL)
client_commands = importlib.util.module_from_spec(spec)
spec.loader.exec_module(client_commands)

# Commands whose output differs: how it is compared, and why.
#   less REGEX    without the lines that fit, on both sides
#   words         the same words in any order
#   column        the first cells of the table, in any order
#   exit N        that exit status, whatever is printed
DIFFERENCES = {
    "orchestration resource type show OS::Heat::Value --template-type hot": ("exit 0", "Heat breaks over this type."),
    "orchestration resource type show OS::Heat::Value": ("less .*description:.*|  *with type determined.*|  *[A-Z].*[a-z]\\.$",
                                                         "The descriptions are our own words."),
    "orchestration template function list": ("column", "The order of functions varies; the descriptions are our own words."),
    "stack create --dry-run": ("words", "The order of outputs varies."),
    "stack create --wait --poll 1 -f json": ("words", "The order of outputs varies."),
    "stack show": ("words", "The order of outputs varies; stack_user_project_id is null until a resource needs a user."),
    "stack output list": ("words", "The order of outputs varies."),
    "stack output show --all": ("words", "The order of outputs varies."),
    "stack list": (r"less \| <id-\d+> \| (?!cl-).*|\+-.*|\| ID .*", "Others' stacks were there when it was recorded."),
    "stack snapshot show": (r"less  *(- )?stack_user_project_id:.*", "Null until a resource needs a user."),
    "stack event show cl-one value {event}": (r"less .*(from-environment|\*{6}).*", "Made of attributes, in a stack with a "
                                              "hidden parameter: masked."),
    "stack delete --yes --wait cl-slow": (r"less <time> \[.*", "Which events are seen is a matter of time."),
    "stack delete --yes --wait cl-one": (r"less <time> \[.*", "Which events are seen is a matter of time."),
}


def sections(text):
    """{number and command: output}"""
    found = re.split(r"^\$ (.*)\n", text, flags=re.M)[1:]
    return [(command, output.strip("\n")) for command, output in zip(found[::2], found[1::2])]


@pytest.fixture(scope="module")
def abandoning(make_module_service):
    return make_module_service(config={"enable_stack_abandon": "true", "enable_stack_adopt": "true"})


@pytest.fixture(scope="module")
def printed(abandoning):
    service = abandoning
    env = {key: value for key, value in os.environ.items() if not key.startswith(("OS_", "PYTHON"))}
    env.update(service.openrc())
    done = subprocess.run(["/usr/bin/python3", str(TOOL)], env=env, cwd="/", capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return sections(done.stdout)


def test_every_command_of_the_plugin_has_a_case():
    used = {client_commands.of_plugin(command) for _, command in client_commands.COMMANDS}
    assert set(client_commands.plugin_commands()) - used == set()
    assert None not in used


def numbered(output):
    """Ids are numbered anew for each command: how many another one shows may differ."""
    seen = {}
    return re.sub(r"<id-\d+>", lambda match: seen.setdefault(match.group(0), f"<id-{len(seen) + 1}>"), output)


def rule_of(command):
    beginning = max((name for name in DIFFERENCES if command.startswith(name)), key=len, default=None)
    return DIFFERENCES[beginning][0] if beginning else ""


def comparable(command, output):
    how, _, argument = rule_of(command).partition(" ")
    if how == "less":
        output = "\n".join(line for line in output.split("\n") if not re.fullmatch(argument, line))
    if how == "words":
        output = re.sub(r".*stack_user_project_id.*", "", output)
        return sorted(re.findall(r"[^\s|]+", re.sub(r"\boutputs\b|- description", "", numbered(output))))
    if how == "column":
        return sorted(line.split("|")[1].strip() for line in output.split("\n") if line.startswith("|"))
    return numbered(output)


@pytest.mark.parametrize("number", range(len(client_commands.COMMANDS)),
                         ids=[command.split(" -")[0] for _, command in client_commands.COMMANDS])
def test_command_prints_what_it_prints_with_heat(printed, number):
    recorded = sections(RECORDED.read_text())
    assert [command for command, _ in recorded] == [command for _, command in client_commands.COMMANDS], f"record anew: {TOOL}"
    command, output = printed[number]
    if rule_of(command).startswith("exit "):
        assert output.startswith(rule_of(command))
        assert not recorded[number][1].startswith(rule_of(command)), "no difference any more"
    else:
        assert comparable(command, output) == comparable(command, recorded[number][1])


# ---- openstacksdk ----

TEMPLATE = client_commands.FILES["basic.yaml"]


def test_openstacksdk_does_all_it_can_with_stacks(service, stack_name):
    heat, template = service.sdk().orchestration, yaml.load(TEMPLATE, Loader=yaml.BaseLoader)
    stack = heat.create_stack(name=stack_name, template=template, parameters={"word": "b"})
    stack = heat.wait_for_status(stack, "CREATE_COMPLETE", failures=["CREATE_FAILED"], interval=0.2, wait=60)
    assert heat.find_stack(stack_name).id == stack.id == heat.get_stack(stack).id
    assert stack.id in [found.id for found in heat.stacks(name=stack_name)]
    assert {resource.name for resource in heat.resources(stack)} == {"test", "value"}
    # get_stack_template, _environment and _files of openstacksdk 0.101 fail before they send anything.
    heat.update_stack(stack.id, name=stack_name, template=template, parameters={"word": "c"})
    heat.wait_for_status(heat.get_stack(stack), "UPDATE_COMPLETE", failures=["UPDATE_FAILED"], interval=0.2, wait=60)
    heat.check_stack(stack)
    heat.wait_for_status(heat.get_stack(stack), "CHECK_COMPLETE", failures=["CHECK_FAILED"], interval=0.2, wait=60)
    assert heat.validate_template(template)["Description"] == "for clients"
    heat.delete_stack(stack)
    hearth.wait_until("the end", lambda: heat.find_stack(stack_name) is None)


def test_openstacksdk_makes_software_configurations(service):
    heat = service.sdk().orchestration
    config = heat.create_software_config(name="sdk", group="script", config="echo")
    assert heat.get_software_config(config).config == "echo"
    assert config.id in [found.id for found in heat.software_configs()]
    deployment = heat.create_software_deployment(config_id=config.id, server_id="sdk-server", action="CREATE", status="IN_PROGRESS")
    deployment = heat.update_software_deployment(deployment, status="COMPLETE", status_reason="done")
    assert heat.get_software_deployment(deployment).status == "COMPLETE"
    assert deployment.id in [found.id for found in heat.software_deployments()]
    heat.delete_software_deployment(deployment)
    heat.delete_software_config(config)


def test_openstacksdk_cloud_layer(service, stack_name, tmp_path):
    cloud = service.sdk()
    file = tmp_path / "t.yaml"
    file.write_text(TEMPLATE)
    cloud.create_stack(stack_name, template_file=str(file), wait=True, timeout=60)
    assert cloud.get_stack(stack_name)["stack_status"] == "CREATE_COMPLETE"
    assert cloud.search_stacks(stack_name) and any(stack["name"] == stack_name for stack in cloud.list_stacks())
    cloud.update_stack(stack_name, template_file=str(file), word="z", wait=True, timeout=60)
    assert cloud.get_stack(stack_name)["stack_status"] == "UPDATE_COMPLETE"
    assert cloud.delete_stack(stack_name, wait=True)
    assert cloud.get_stack(stack_name) is None
