"""Key footer widget: the keys that work here and now, in one line."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual import events
from textual.content import Content
from textual.reactive import reactive
from textual.screen import Screen
from textual.widget import Widget

from fakegpt_tui.fast_import import dataclass
from fakegpt_tui.ui.bindings import key_label
from fakegpt_tui.ui.widgets.drawing import RenderCache

_GAP = "  "
_QUIT = "quit"
"""The action that Textual itself binds, and hides."""
_LAST = ("Save", "Quit")
"""The labels that are left out first where there is no room for all."""
_TELLS_ALL = "Help"


@dataclass(frozen=True, slots=True)
class FooterKey:
    """How a key is displayed, what it does in a word, and its name to press it by."""

    display: str
    label: str
    name: str

    @property
    def width(self) -> int:
        return cell_len(f"{self.display} {self.label}")


def _width(keys: Sequence[FooterKey]) -> int:
    return sum(key.width for key in keys) + len(_GAP) * (len(keys) - 1)


def _importance(key: FooterKey) -> int:
    return _LAST.index(key.label) if key.label in _LAST else -1


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
        padding: 0 1;
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
            # After the next frame would be too late: a dialog that is closed before it draws takes
            # along what was to be done then.
            self.call_later(self._update_keys)

    def _update_keys(self) -> None:
        self._is_scheduled = False
        if not self.screen.is_active:
            return
        shown: dict[str, FooterKey] = {}
        for _, binding, _, _ in self.screen.active_bindings.values():
            action = binding.action.removeprefix("app.")
            if (binding.show or action == _QUIT) and binding.key and action not in shown:
                display = key_label(binding.key)
                shown[action] = FooterKey(display, binding.description, binding.key)
        self.keys = tuple(sorted(shown.values(), key=_importance))

    def _fitting(self) -> Sequence[FooterKey]:
        """The keys that fit; where not all do, the last one is the key that lists all."""
        keys, width = self.keys, self.size.width
        if _width(keys) <= width:
            return keys
        last = [key for key in keys if key.label == _TELLS_ALL]
        others = [key for key in keys if key.label != _TELLS_ALL]
        while others and _width([*others, *last]) > width:
            others.pop()
        return [*others, *last] if _width(last) <= width else ()

    def render(self) -> Content:
        key_style, label = (
            self.get_visual_style(f"key-footer--{part}") for part in ("key", "label")
        )
        return Content(_GAP).join(
            Content.assemble((key.display, key_style), " ", (key.label, label))
            for key in self._fitting()
        )

    def on_mouse_down(self, event: events.MouseDown) -> None:
        end = self.styles.padding.left
        for key in self._fitting():
            end += key.width + len(_GAP)
            if event.x < end:
                self.app.simulate_key(key.name)
                return
