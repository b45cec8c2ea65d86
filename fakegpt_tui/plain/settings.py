"""Settings of the program in plain mode, and what it has cost."""

from decimal import Decimal

from fakegpt_tui.chat.argument_values import DEFAULT
from fakegpt_tui.plain.session import PlainPorts, PlainSession


class PlainSettings:
    """Settings by their names in the configuration file."""

    def __init__(self, session: PlainSession, ports: PlainPorts) -> None:
        self._session = session
        self._chat = session.chat
        self._ports = ports

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
            cost = cost_sentence(row.cost)
            self._session.say(f"{row.name}: {row.replies} replies, {tokens}. {cost}".rstrip())
        if not rows:
            self._session.say("Nothing was asked for yet.")
