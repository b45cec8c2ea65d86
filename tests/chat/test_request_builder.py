"""What a backend is asked, for everything that a person can ask."""

from fakegpt_tui.backends.base import Purpose, RemoteParent
from fakegpt_tui.domain import (
    ContextMessage,
    FinishReason,
    GenerationSettings,
    MessageStatus,
    Preset,
    RemoteIdAssigned,
    ReplyEnded,
    TextDelta,
    TextReplaced,
    Unreachable,
)
from tests.chat.fake_chat import ask, run, says, service_of, texts

KEPT = [RemoteIdAssigned("server-conversation", "server-reply"), *says("one")]


async def test_the_system_prompt_comes_first_and_the_settings_go_along() -> None:
    preset = Preset("terse", "Be brief.", GenerationSettings(temperature=0.0, max_tokens=9))
    chat, store, backend = service_of(says("one"), says("two"), presets={"terse": preset})
    conversation = chat.conversations.create()
    chat.actions.apply_preset(conversation.id, "terse")
    turn = await ask(chat, "hi", conversation)
    assert backend.requests[0].messages == (
        ContextMessage("system", "Be brief."),
        ContextMessage("user", "hi"),
    )
    assert backend.requests[0].generation == preset.generation
    assert store.headers[turn.conversation.id].system_prompt == "Be brief."
    seeded = GenerationSettings(seed=1)
    chat.actions.configure(turn.conversation.id, system_prompt="", generation=seeded)
    await ask(chat, "again", chat.conversations.get(turn.conversation.id))
    assert backend.requests[1].messages[0] == ContextMessage("user", "hi")
    assert backend.requests[1].generation == GenerationSettings(seed=1)


async def test_a_prompt_follows_the_reply_that_the_service_keeps() -> None:
    chat, store, backend = service_of(KEPT, says("two"))
    first = await ask(chat, "hi")
    assert backend.requests[0].remote_parent is None
    assert backend.requests[0].prompt_id == first.prompt.id
    assert store.headers[first.conversation.id].server_id == "server-conversation"
    assert store.nodes[first.reply.id].server_id == "server-reply"
    second = await ask(chat, "again", chat.conversations.get(first.conversation.id))
    assert backend.requests[1].remote_parent == RemoteParent("server-conversation", "server-reply")
    assert backend.requests[1].purpose is Purpose.NEXT
    assert backend.requests[1].prompt_id == second.prompt.id


async def test_a_variant_has_the_place_and_the_id_of_its_prompt() -> None:
    chat, _, backend = service_of(KEPT, says("two"), says("other"))
    first = await ask(chat, "hi")
    second = await ask(chat, "again", chat.conversations.get(first.conversation.id))
    other = await run(chat, chat.turns.regenerate(first.conversation.id, second.reply.id))
    request = backend.requests[2]
    assert request.purpose is Purpose.VARIANT
    assert request.prompt_id == second.prompt.id
    assert request.remote_parent == RemoteParent("server-conversation", "server-reply")
    assert [message.text for message in request.messages] == ["hi", "one", "again"]
    variants = chat.messages.variants(first.conversation.id, other.reply.id)
    assert (variants.position, variants.ids) == (2, (second.reply.id, other.reply.id))


async def test_a_prompt_of_which_nothing_came_is_asked_as_if_for_the_first_time() -> None:
    chat, _, backend = service_of([Unreachable("No.")], says("one"))
    failed = await ask(chat, "hi")
    await run(chat, chat.turns.regenerate(failed.conversation.id, failed.reply.id))
    assert backend.requests[1].purpose is Purpose.NEXT
    assert texts(chat, failed.conversation.id) == ["hi", "one"]


async def test_an_edited_prompt_is_a_variant_of_the_one_before() -> None:
    chat, _, backend = service_of(says("one"), says("two"), says("three"))
    first = await ask(chat, "hi")
    conversation_id = first.conversation.id
    second = await ask(chat, "wrng", chat.conversations.get(conversation_id))
    third = await run(chat, chat.turns.edit(conversation_id, second.prompt.id, "right"))
    assert backend.requests[2].purpose is Purpose.NEXT
    assert texts(chat, conversation_id) == ["hi", "one", "right", "three"]
    assert chat.messages.variants(conversation_id, third.prompt.id).count == 2
    assert chat.messages.step_variant(conversation_id, third.prompt.id, -1) == second.prompt.id
    assert texts(chat, conversation_id) == ["hi", "one", "wrng", "two"]
    assert chat.messages.step_variant(conversation_id, second.prompt.id, -1) is None


async def test_a_continued_reply_begins_with_what_there_was_and_keeps_it() -> None:
    cut = [RemoteIdAssigned("s", "r"), TextDelta("Once upon"), ReplyEnded(FinishReason.LENGTH)]
    chat, store, backend = service_of(cut, says(" a time"))
    first = await ask(chat, "tell")
    turn = chat.turns.continue_reply(first.conversation.id, first.reply.id)
    assert turn.draft_text == ""
    await run(chat, turn)
    assert turn.progress.length == len(" a time")
    request = backend.requests[1]
    assert request.purpose is Purpose.CONTINUE
    assert request.remote_parent == RemoteParent("s", "r")
    assert request.messages[-1] == ContextMessage("assistant", "Once upon")
    assert store.nodes[turn.reply.id].text == "Once upon a time"
    assert store.nodes[first.reply.id].text == "Once upon"
    assert turn.reply.status is MessageStatus.COMPLETE
    assert chat.messages.path(first.conversation.id) == (first.prompt, turn.reply)


async def test_what_a_continuation_rewrites_is_only_its_own() -> None:
    chat, _, _ = service_of([TextDelta("Once ")], [TextDelta("upno"), TextReplaced(2, "on")])
    first = await ask(chat, "tell")
    turn = await run(chat, chat.turns.continue_reply(first.conversation.id, first.reply.id))
    assert turn.reply.text == "Once upon"


async def test_another_service_is_recorded_for_each_reply_and_asked_for_all_of_it() -> None:
    chat, _, backend = service_of(KEPT, says("two"), says("three"))
    first = await ask(chat, "hi")
    conversation_id = first.conversation.id
    chat.actions.set_service(conversation_id, "other", "other-1")
    assert chat.conversations.get(conversation_id).server_id == ""
    second = await ask(chat, "again", chat.conversations.get(conversation_id))
    assert backend.requests[1].remote_parent is None
    assert backend.requests[1].model == "other-1"
    assert (first.reply.service, second.reply.service) == ("scripted", "other")
    assert (first.reply.model, second.reply.model) == ("scripted-1", "other-1")
    chat.actions.set_service(conversation_id, "scripted")
    await ask(chat, "back", chat.conversations.get(conversation_id))
    assert backend.requests[2].model == "scripted-1"
    assert backend.requests[2].remote_parent is None


async def test_a_service_is_not_told_the_place_of_a_reply_that_another_service_keeps() -> None:
    chat, _, backend = service_of(
        KEPT, [RemoteIdAssigned("elsewhere", "other-reply"), *says("two")], says("three")
    )
    first = await ask(chat, "hi")
    conversation_id = first.conversation.id
    chat.actions.set_service(conversation_id, "other", "other-1")
    other = await run(chat, chat.turns.regenerate(conversation_id, first.reply.id))
    assert chat.conversations.get(conversation_id).server_id == "elsewhere"
    chat.messages.show_variant(conversation_id, first.reply.id)
    await ask(chat, "again", chat.conversations.get(conversation_id))
    assert backend.requests[2].remote_parent is None
    assert other.reply.service == "other"


async def test_a_branch_is_a_conversation_of_its_own() -> None:
    chat, store, backend = service_of(KEPT, says("two"), says("three"))
    first = await ask(chat, "hi")
    await ask(chat, "again", chat.conversations.get(first.conversation.id))
    chat.actions.rename(first.conversation.id, "Mine")
    branch = chat.actions.branch(first.conversation.id, first.reply.id)
    assert {node.server_id for node in store.path(branch.id)} == {""}
    await ask(chat, "instead", branch)
    assert texts(chat, branch.id) == ["hi", "one", "instead", "three"]
    assert texts(chat, first.conversation.id) == ["hi", "one", "again", "two"]
    assert backend.requests[2].remote_parent is None
    assert {node.conversation_id for node in store.path(branch.id)} == {branch.id}
    assert chat.history.undo() == "“Mine” was branched off."
    assert [each.id for each in chat.conversations.all()] == [first.conversation.id]
    assert chat.history.undo() == "“Mine” was renamed."
