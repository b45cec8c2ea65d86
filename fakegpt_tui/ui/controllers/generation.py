"""Generation controller: how the open conversation is answered, and the request that is sent."""

from dataclasses import replace

from fakegpt_tui.chat.argument_values import NO_EFFORT
from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain import FakeGPTError, GenerationSettings, Preset
from fakegpt_tui.domain.generation import merge_settings, parse_assignment
from fakegpt_tui.domain.setting_kinds import InvalidSetting
from fakegpt_tui.ui.bindings import first_key
from fakegpt_tui.ui.controllers.attachments import AttachmentController
from fakegpt_tui.ui.dialogs import Choice
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


class GenerationController:
    """Changes the system prompt, the generation settings and the effort; keeps presets."""

    def __init__(
        self,
        chat: ChatService,
        state: ChatState,
        window: Window,
        options: Options,
        attachments: AttachmentController,
    ) -> None:
        self._chat = chat
        self._state = state
        self._window = window
        self._options = options
        self._attachments = attachments

    async def cycle_effort(self, level: str = "") -> None:
        """Take a level, or the next of those that the model has, and none after the last."""
        asked = self._state.open
        levels = await self._chat.services.effort_levels(asked.service, asked.model)
        conversation = self._state.open
        if conversation.id != asked.id:
            return  # It was left while the list of models was on its way.
        current = conversation.generation.effort
        place = levels.index(current) + 1 if current in levels else 0
        following = levels[place] if place < len(levels) else ""
        effort = level.replace(NO_EFFORT, "") if level else following
        self._chat.actions.configure(
            conversation.id,
            system_prompt=conversation.system_prompt,
            generation=replace(conversation.generation, effort=effort),
        )
        left = "The effort is left to the service."
        self._window.notify(f"Effort: {effort}, if the model takes it." if effort else left)

    def edit_system_prompt(self, text: str = "") -> None:
        """Say how this conversation should be answered; `none` takes it away."""
        if text:
            self._configure("" if text == "none" else text, self._state.open.generation)
            return
        from fakegpt_tui.ui.dialogs.generation import SYSTEM_PROMPT  # noqa: PLC0415 - as below

        self._edit(SYSTEM_PROMPT)

    def edit(self, typed: str = "") -> None:
        """Show what is set; with `KEY=VALUE`, set that."""
        if not typed:
            self._edit("temperature")
            return
        conversation = self._state.open
        try:
            changed = merge_settings(conversation.generation, parse_assignment(typed))
        except InvalidSetting as error:
            self._window.prompt.restore_text(f"/generation {typed}")
            self._window.notify(f"/generation takes {error}.")
        else:
            self._configure(conversation.system_prompt, changed)

    def _configure(self, system_prompt: str, generation: GenerationSettings) -> None:
        self._chat.actions.configure(
            self._state.open.id, system_prompt=system_prompt, generation=generation
        )
        self._tell_changed()

    def _tell_changed(self) -> None:
        """Say from when on a change holds, until then; it outlives a quit."""
        self._window.save_typed()
        leaf_id = self._state.open.leaf_id
        self._window.notify(
            "This holds from the next reply on. /undo takes it back.",
            while_true=lambda: self._state.open.leaf_id == leaf_id,
        )

    def _edit(self, begin_at: str) -> None:
        from fakegpt_tui.domain.request_fields import hints_for  # noqa: PLC0415 - as below
        from fakegpt_tui.ui.dialogs.generation import GenerationScreen  # noqa: PLC0415 - after first paint

        conversation, service = self._state.open, self._state.service
        limited = service is not None and not service.kind.is_api

        def take(changed: Preset) -> None:
            self._chat.actions.configure(
                conversation.id,
                system_prompt=changed.system_prompt,
                generation=changed.generation,
            )
            self._tell_changed()

        screen = GenerationScreen(
            Preset("", conversation.system_prompt, conversation.generation),
            note=f"{service.name} is told the system prompt alone." if service and limited else "",
            presets=self._chat.presets,
            keep_preset=self._save_preset if self._options.save_preset else None,
            begin_at=begin_at,
            hints=hints_for(service) if service and not limited else {},
        )
        self._window.ask(screen, take)

    async def show_request(self, typed: str = "") -> None:
        """Show what would be sent for what is typed, or for the last prompt once more."""
        conversation, requests = self._state.open, self._chat.requests
        typed, edited = typed or self._window.prompt.text, self._state.edited_prompt
        await self._state.attachments.wait()
        text, parts = await self._attachments.prepare(typed, conversation.id)
        request = await requests.next(conversation, text, parts=parts, edited=edited)
        answer = await requests.last_answer(conversation.service)
        from fakegpt_tui.ui.dialogs.generation import RequestScreen  # noqa: PLC0415 - as above

        self._window.open(RequestScreen(request, answer, service=conversation.service))

    def choose_preset(self, name: str = "") -> None:
        """Use a preset, which the user chooses unless it is named."""
        conversation_id, presets = self._state.open.id, self._chat.presets
        if not presets:
            key = first_key("chat.generation", self._state.keys)
            self._window.notify(f"There are no presets yet; {key} makes one of what is set there.")
            return
        choices = [Choice(each, each, preset.system_prompt) for each, preset in presets.items()]

        def take(chosen: str) -> None:
            self._chat.actions.apply_preset(conversation_id, chosen)
            self._window.save_typed()
            self._window.notify(f"The preset {chosen} is used from now on.")

        if name:
            take(name)
            return
        self._window.pick("Presets", choices, take)

    async def _save_preset(self, preset: Preset) -> None:
        """Save a preset; undo restores the one of that name before it."""
        replaced = self._chat.presets.get(preset.name)
        if self._options.save_preset is not None:
            await self._options.save_preset(preset)
        if replaced is not None:
            self._record_replaced(replaced)

    def _record_replaced(self, replaced: Preset) -> None:
        def restore(preset: Preset) -> None:
            self._window.work(self._restore(preset), group="preset", exclusive=False)

        self._chat.actions.record_replaced_preset(replaced, restore)

    async def _restore(self, preset: Preset) -> None:
        if self._options.save_preset is None:
            return
        try:
            await self._options.save_preset(preset)
        except FakeGPTError as error:
            self._window.notify(f"The preset is still the new one: {error}")
            self._record_replaced(preset)
