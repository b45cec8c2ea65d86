"""What model servers tell beside their list of models is read, where it is told."""

import json

import pytest

from fakegpt_tui.domain import Model
from tests import anthropic_server as anthropic
from tests import responses_server as responses
from tests.fault_server import FaultServer, Send, json_reply
from tests.openai_server import MODELS, backend_for, lists, service


async def listed(owner: str, *answers: tuple[str, object]) -> tuple[Model, FaultServer]:
    """The first model of a server, after its other answers."""
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "m", "owned_by": owner}))
        for path, answer in answers:
            server.script(path, Send(json_reply(answer)))
        found = await backend_for(service(f"{server.url}/v1", model="m")).models()
    return found[0], server


async def test_ollama_is_asked_what_a_model_can_do() -> None:
    told = {"capabilities": ["completion", "thinking"], "model_info": {"x.context_length": 9}}
    model, server = await listed("library", ("/api/show", told))
    assert (model.thinks, model.sees, model.window) == (True, False, None)
    (asked,) = server.asked("/api/show")
    assert json.loads(asked.body) == {"model": "m"}


async def test_ollama_tells_the_window_of_what_is_loaded() -> None:
    running = {"models": [{"model": "m", "context_length": 4096}, {"model": "n"}, 7]}
    show = {"capabilities": ["completion"]}
    model, _ = await listed("library", ("/api/show", show), ("/api/ps", running))
    assert (model.window, model.thinks) == (4096, False)


@pytest.mark.parametrize("kind", ["responses", "anthropic"])
async def test_they_tell_it_in_the_other_protocols_too(kind: str) -> None:
    told = {"default_generation_settings": {"n_ctx": 4096}}
    async with FaultServer() as server:
        server.script(MODELS, *lists({"id": "m", "owned_by": "llamacpp"}))
        server.script("/props", Send(json_reply(told)))
        others = {"responses": responses, "anthropic": anthropic}[kind]
        made = others.backend_for(others.service(f"{server.url}/v1", model="m"))
        (model,) = await made.models()
    assert model.window == 4096


async def test_llama_cpp_tells_the_window_that_it_was_given() -> None:
    told = {"default_generation_settings": {"n_ctx": 4096}, "modalities": {"vision": True}}
    model, _ = await listed("llamacpp", ("/props", told))
    assert (model.window, model.sees) == (4096, True)


async def test_lm_studio_has_a_list_of_its_own() -> None:
    told = {"data": [{"id": "m", "max_context_length": 131072, "loaded_context_length": 4096}]}
    model, _ = await listed("organization_owner", ("/api/v0/models", told))
    assert model.window == 4096


async def test_lm_studio_tells_more_in_its_newer_list() -> None:
    loaded = [{"id": "m", "config": {"context_length": 8192}}]
    able = {"vision": True, "reasoning": {"allowed_options": ["off", "low", "high"]}}
    told = {"models": [{"key": "m", "max_context_length": 131072, "loaded_instances": loaded,
                        "capabilities": able}]}  # fmt: skip
    model, server = await listed("organization_owner", ("/api/v1/models", told))
    assert (model.window, model.sees, model.thinks) == (8192, True, True)
    assert model.efforts == ("off", "low", "high")
    assert not server.asked("/api/v0/models")


@pytest.mark.parametrize("owner", ["library", "llamacpp", "organization_owner", "somewhere"])
async def test_what_is_not_told_leaves_the_list_as_it_is(owner: str) -> None:
    model, _ = await listed(owner)
    assert (model.id, model.thinks, model.window) == ("m", None, None)


@pytest.mark.parametrize("told", [[], {}, {"capabilities": 1, "default_generation_settings": 1}])
@pytest.mark.parametrize(("owner", "path"), [("library", "/api/show"), ("llamacpp", "/props")])
async def test_what_cannot_be_read_changes_nothing(owner: str, path: str, told: object) -> None:
    model, _ = await listed(owner, (path, told))
    assert (model.id, model.thinks, model.window) == ("m", None, None)
