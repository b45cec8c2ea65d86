"""Settings in plain mode: of the program and of the open conversation, and what it has cost."""

from dataclasses import replace
from decimal import Decimal

from fakegpt_tui.chat.argument_values import DEFAULT, NO_EFFORT
from fakegpt_tui.domain import GenerationSettings
from fakegpt_tui.domain.generation import format_generation, merge_settings, parse_assignment
from fakegpt_tui.domain.setting_kinds import InvalidSetting
from fakegpt_tui.plain.session import PlainSession


class PlainSettings:
    """Settings by their names in the configuration file."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._chat = session.chat
        self._ports = session.ports

    async def open(self, name: str = "", value: str = "") -> None:
        """Say all settings; with a name, one of them; with a value, change it."""
        if value:
            await self._change(name, value)
            return
        for each in await self._ports.settings.settings():
            if name not in ("", each.name):
                continue
            self._session.say(f"{each.name} is {each.value or 'not set'}, {each.origin}.")
            if name:
                self._session.say(each.description)
                self._session.say(
                    f"It takes {', '.join(each.choices)}." if each.choices else "It takes a text."
                )

    async def _change(self, name: str, value: str) -> None:
        await self._ports.settings.change(name, None if value == DEFAULT else value)
        is_used = self._use(name, value)
        when = "from now on" if is_used else "from the next start on"
        self._session.say(f"{name} is {value} {when}.")

    def _use(self, name: str, value: str) -> bool:
        """Use a setting at once, where that can be done."""
        match name:
            case "monthly_budget":
                self._chat.spending.budget = None if value == DEFAULT else Decimal(value)
            case "service" if value != DEFAULT:
                self._chat.services.set_default(value)
            case _:
                return False
        return True

    async def choose_theme(self, name: str = "") -> None:
        """Say the themes of the screen, or keep one of them for its next start."""
        if name:
            await self._ports.remember({"theme": name})
            self._session.say(f"The screen has the theme {name} from its next start on.")
            return
        await self.open("theme")
        self._session.say("Say /theme and a name.")

    def show_usage(self, group: str = "") -> None:
        """Say tokens and money by month, model or conversation."""
        from fakegpt_tui.chat.spending import SpendingGroup, cost_sentence  # noqa: PLC0415 - seldom

        rows = self._chat.spending.rows(SpendingGroup(group or SpendingGroup.MONTH))
        for row in rows:
            tokens = f"{row.prompt_tokens:,} tokens read, {row.reply_tokens:,} written"
            replies = f"{row.replies:,} {'reply' if row.replies == 1 else 'replies'}"
            told = filter(None, (replies, tokens, cost_sentence(row.cost)))
            self._session.say(f"{row.name}: {', '.join(told)}.")
        if not rows:
            self._session.say("Nothing was asked for yet.")


class PlainGeneration:
    """How the open conversation is answered: system prompt, generation settings, presets."""

    def __init__(self, session: PlainSession) -> None:
        self._session = session
        self._chat = session.chat

    def edit_system_prompt(self, text: str = "") -> None:
        """Say how this conversation should be answered; `none` takes it away."""
        conversation = self._session.open
        if not text:
            self._session.say(f"The system prompt is: {conversation.system_prompt or 'none'}")
            self._session.say("Say /system and a text, or /system none.")
            return
        self._configure("" if text == "none" else text, conversation.generation)

    def edit(self, typed: str = "") -> None:
        """Change a setting such as temperature=0.2; without one, say what is set."""
        conversation = self._session.open
        if not typed:
            for name, value in format_generation(conversation.generation).items():
                self._session.say(f"{name} is {value or 'left to the service'}.")
            self._session.say("Say /generation and a setting, such as temperature=0.2.")
            return
        try:
            changed = merge_settings(conversation.generation, parse_assignment(typed))
        except InvalidSetting as error:
            self._session.say(f"/generation takes {error}.")
            return
        self._configure(conversation.system_prompt, changed)

    async def cycle_effort(self, level: str = "") -> None:
        """Let the model think more or less; without a level, take the next one."""
        conversation = self._session.open
        levels = await self._chat.services.effort_levels(conversation.service, conversation.model)
        current = conversation.generation.effort
        place = levels.index(current) + 1 if current in levels else 0
        following = levels[place] if place < len(levels) else ""
        effort = following if not level else "" if level == NO_EFFORT else level
        self._configure(
            conversation.system_prompt, replace(conversation.generation, effort=effort), told=False
        )
        self._session.say(
            f"The effort is {effort}." if effort else "The effort is left to the service."
        )

    def choose_preset(self, name: str = "") -> None:
        if name:
            self._chat.actions.apply_preset(self._session.open.id, name)
            self._session.say(f"The preset {name} is used from now on.")
            return
        for each, preset in self._chat.presets.items():
            self._session.say(f"{each}: {preset.system_prompt}")
        self._session.say(
            "Say /preset and a name."
            if self._chat.presets
            else "There are no presets; they are [presets.NAME] tables of config.toml."
        )

    async def show_request(self, text: str = "") -> None:
        """Say what would be sent for a prompt, or for the last one once more."""
        request = await self._chat.requests.next(self._session.open, text)
        self._session.read_out(request.to_text())

    def _configure(
        self, system_prompt: str, generation: GenerationSettings, *, told: bool = True
    ) -> None:
        self._chat.actions.configure(
            self._session.open.id, system_prompt=system_prompt, generation=generation
        )
        if told:
            self._session.say("This holds from the next reply on. /undo takes it back.")
