"""What a person does about how the open conversation is answered."""

from textual import work

from fakegpt_tui.domain import FakeGPTError, Preset, Service, ServiceKind
from fakegpt_tui.domain.generation_form import GenerationField
from fakegpt_tui.ui.screens.parts import ChatScreenBase


class GenerationController(ChatScreenBase):
    """Seeing and changing the system prompt and the generation settings."""

    def action_edit_system_prompt(self) -> None:
        from fakegpt_tui.ui.screens.generation import SYSTEM_PROMPT  # noqa: PLC0415 - as below

        self._edit_generation(SYSTEM_PROMPT)

    def action_edit_generation(self) -> None:
        self._edit_generation(GenerationField.TEMPERATURE)

    def _edit_generation(self, begin_at: str) -> None:
        conversation = self._workspace.open
        service = self._workspace.service

        def take(kept: Preset | None) -> None:
            if kept is None:
                return
            with self.notify_errors():
                self._chat.actions.configure(
                    conversation.id,
                    system_prompt=kept.system_prompt,
                    generation=kept.generation,
                )
                self._workspace.reload()
                self.notice("This holds from the next reply on. /undo takes it back.")

        from fakegpt_tui.ui.screens.generation import GenerationScreen  # noqa: PLC0415 - after first paint

        screen = GenerationScreen(
            Preset("", conversation.system_prompt, conversation.generation),
            note=_limits(service),
            presets=self._chat.presets,
            keep_preset=self._keep_preset if self._options.save_preset else None,
            begin_at=begin_at,
        )
        self.app.push_screen(screen, take)

    async def _keep_preset(self, preset: Preset) -> None:
        """Keep a preset; undo puts the one back that it replaces."""
        replaced = self._chat.presets.get(preset.name)
        if self._options.save_preset is not None:
            await self._options.save_preset(preset)
        if replaced is not None:
            self._note_preset(replaced)

    def _note_preset(self, replaced: Preset) -> None:
        def put_back(preset: Preset) -> None:
            self._put_preset_back(preset)

        self._chat.actions.record_replaced_preset(replaced, put_back)

    @work(group="preset")
    async def _put_preset_back(self, preset: Preset) -> None:
        if self._options.save_preset is None:
            return
        try:
            await self._options.save_preset(preset)
        except FakeGPTError as error:
            self.notice(f"The preset is still the new one: {error}")
            self._note_preset(preset)


def _limits(service: Service | None) -> str:
    """What a service makes of the settings, where that is less than all."""
    if service is None or service.kind is ServiceKind.OPENAI:
        return ""
    return f"{service.name} is told the system prompt alone."
