"""Key footer widget: the keys that work here and now, in one line."""

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.ui.widgets.drawing import RenderCache

_GAP = " "


@dataclass(frozen=True, slots=True)
class FooterKey:
    """How a key is displayed, what it does in a word, and its name to press it by."""

    display: str
    label: str
    name: str


class KeyFooter(RenderCache, Widget):
    """What Textual's Footer shows, in one widget. A click on a key presses it.

    Textual's mounts a widget for each key whenever the focus moves or a reply begins, which takes
    longer than everything else that happens then.
    """

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    KeyFooter {
        height: 1;
        width: 1fr;
        text-wrap: nowrap;

        .key-footer--key {
            color: $footer-key-foreground;
            text-style: bold;
        }

        .key-footer--label {
            color: $footer-description-foreground;
        }
    }
    """
    COMPONENT_CLASSES = {"key-footer--key", "key-footer--label"}

    keys: reactive[tuple[FooterKey, ...]] = reactive(())

    def on_mount(self) -> None:
        self._is_scheduled = False
        self.screen.bindings_updated_signal.subscribe(self, self._schedule_update)

    def _schedule_update(self, screen: Screen[object]) -> None:
        """Update the keys after everything that may have changed them."""
        if not self._is_scheduled and screen.app.app_focus:
            self._is_scheduled = True
            self.call_after_refresh(self._update_keys)

    def _update_keys(self) -> None:
        self._is_scheduled = False
        if not self.screen.is_active:
            return
        shown: dict[str, FooterKey] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            if binding.show and binding.key and binding.action not in shown:
                display = self.app.get_key_display(binding)
                shown[binding.action] = FooterKey(display, binding.description, binding.key)
        self.keys = tuple(shown.values())

    def render(self) -> Content:
        key_style, label = (
            self.get_visual_style(f"key-footer--{part}") for part in ("key", "label")
        )
        return Content(_GAP).join(
            Content.assemble((key.display, key_style), _GAP, (key.label, label))
            for key in self.keys
        )

    def on_mouse_down(self, event: events.MouseDown) -> None:
        end = 0
        for key in self.keys:
            end += cell_len(key.display + _GAP + key.label + _GAP)
            if event.x < end:
                self.app.simulate_key(key.name)
                return
