"""The list of models is the same on both ends, the default one first."""

import json

import pytest

from fakegpt_tui.domain import BadReply, Model
from fakegpt_tui.protocol.fakegpt import models_body, read_models


def test_the_default_model_comes_first_and_the_others_keep_their_order() -> None:
    body = {
        "models": [
            {"slug": "b", "title": "B", "description": "second", "tags": ["x"]},
            {"slug": "a", "max_tokens": 8191},
            {"slug": "c", "title": None},
            {"title": "no slug"},
            "no model",
        ],
        "categories": [{"category": "x", "default_model": "a"}, {"default_model": "b"}],
    }
    models = read_models(json.dumps(body).encode())
    assert models == (Model("a"), Model("b", "B", "second"), Model("c"))


@pytest.mark.parametrize("categories", [None, [], [{}], "x", [{"default_model": "gone"}]])
def test_without_a_default_the_order_is_the_service_s(categories: object) -> None:
    body = {"models": [{"slug": "b"}, {"slug": "a"}], "categories": categories}
    assert read_models(json.dumps(body).encode()) == (Model("b"), Model("a"))


@pytest.mark.parametrize("body", [b"", b"{}", b'{"models": null}', b"<title>Sign in</title>"])
def test_another_body_than_a_list_of_models_is_an_error(body: bytes) -> None:
    with pytest.raises(BadReply, match="something other than a list of models"):
        read_models(body)


def test_a_host_s_models_are_a_client_s_models() -> None:
    models = (Model("b", "B", "The best."), Model("a", "A"))
    assert read_models(json.dumps(models_body(models)).encode()) == models
    assert read_models(json.dumps(models_body([])).encode()) == ()
    for entry in models_body(models)["models"]:  # type: ignore[attr-defined]
        assert {"slug", "title", "description", "tags"} <= entry.keys()
