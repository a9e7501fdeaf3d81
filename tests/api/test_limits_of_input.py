"""What a template or environment may not do to the service, seen through the API."""


def preview(service, template, **body):
    return service.api("POST", "/stacks/preview", {"stack_name": "never", "template": template, **body})


def error(reply, status=400):
    return reply.expect(status).json["error"]["type"]


def test_aliases_that_explode(service):
    levels = ["a: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    template = "heat_template_version: 2021-04-16\nparameter_groups:\n" + "".join(f"  {level}\n" for level in levels)
    assert error(preview(service, template)) == "RequestLimitExceeded"


def test_environments_that_disagree_on_merging(service):
    template = {"heat_template_version": "2021-04-16", "parameters": {"p": {"type": "json", "default": {}}}}
    files = {"one": '{"parameters": {"p": {"a": 1}}, "parameter_merge_strategies": {"p": "deep_merge"}}',
             "two": '{"parameters": {"p": {"b": 2}}, "parameter_merge_strategies": {"p": "overwrite"}}'}
    reply = preview(service, template, files=files, environment_files=["one", "two"])
    assert error(reply) == "InvalidMergeStrategyForParam"
