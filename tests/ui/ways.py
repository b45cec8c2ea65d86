"""Ways by key: for each kind of cell that can be clicked, the keys that do the same."""

import ast
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path

from rich.segment import Segment
from textual import events
from textual.message_pump import MessagePump
from textual.screen import Screen
from textual.widget import Widget

import fakegpt_tui.ui
from fakegpt_tui.keymap import COMMANDS
from fakegpt_tui.ui.terminal.key_serializer import EditsInTurn
from fakegpt_tui.ui.widgets.key_footer import KeyFooter
from fakegpt_tui.ui.widgets.transcript.hint_targets import TargetKind, find_spots
from fakegpt_tui.ui.widgets.transcript.view import Transcript

WIDGETS = {
    "ConversationList": ("list.open", "list.up", "list.down"),
    "Transcript": ("transcript.mark-previous", "transcript.mark-next", "transcript.copy-message"),
    "FirstPage": ("up", "down", "enter"),
    "KeyFooter": (),  # It shows keys, each of which is one that works.
    "OptionList": ("up", "down", "enter"),
    "RadioSet": ("up", "down", "space"),
    "ToggleButton": ("space",),
    "Input": ("left", "right", "home", "end"),
    "TextArea": ("left", "right", "up", "down", "home", "end"),
    "ScrollBar": (),  # It moves what it is beside, and that has keys of its own.
}
"""What each class that hears clicks has, by its name: ids of commands, or keys that it binds."""

METAS = {
    "href": ("transcript.hints", TargetKind.LINK),
    "copy": ("transcript.hints", TargetKind.CODE),
    "fold": ("transcript.hints", TargetKind.FOLD),
    "blob": ("transcript.hints", TargetKind.PICTURE),
    "sideways": ("transcript.code-right", None),
    "transcript": ("transcript.last", None),
}
"""What cells of a transcript have that a click on them looks at, and the command that does so."""
NO_CLICKS = {"offset", "picture", "option", "@mouse.down", "@mouse.up"}
"""What cells have for selecting, for pictures, and for lists and scroll bars of Textual."""

IN_SCENES = {
    *("ChatScreen", "GenerationScreen", "HelpScreen", "PaletteScreen", "SearchScreen"),
    *("ServiceFormScreen", "ServicesScreen", "SettingsScreen", "SideBySideScreen"),
}
"""The screens that the scenes show."""

_HANDLERS = {"on_click", "on_mouse_down", "on_mouse_up"}
_EVENTS = {"Click", "MouseDown", "MouseUp"}
_SOURCES = Path(fakegpt_tui.ui.__file__).parent


def hears_clicks(widget: Widget) -> set[str]:
    """The classes that make a widget hear clicks, but for those by which every widget can."""
    return {each.__name__ for each in type(widget).__mro__ if _has_handler(each)} - {"Widget"}


def _has_handler(cls: type) -> bool:
    decorated = vars(cls).get("_decorated_handlers", {})
    return issubclass(cls, MessagePump) and (
        any(name.lstrip("_") in _HANDLERS for name in vars(cls))
        or any(getattr(events, name) in decorated for name in _EVENTS)
    )


def unreachable(screen: Screen[object]) -> Iterator[str]:
    """What can be clicked on a screen and has no way by key."""
    for widget in screen.query("*"):
        if not widget.display or not widget.size:
            continue
        for kind in hears_clicks(widget):
            yield from _without_keys(screen, widget, kind)
        if widget.show_vertical_scrollbar and not _can_reach(screen, widget, "pagedown"):
            yield f"{widget} has a scroll bar and no keys that scroll it"
    for segment in chain.from_iterable(screen._compositor.render_strips()):  # noqa: SLF001 - Textual has no public way
        for name in _meta(segment).keys() - METAS.keys() - NO_CLICKS:
            yield f"{segment.text!r} has the meta {name!r}, for which no command is named"
    for transcript in screen.query(Transcript):
        yield from _without_hints(screen, transcript)


def _meta(segment: Segment) -> dict[str, object]:
    return segment.style.meta if segment.style is not None else {}


def _without_keys(screen: Screen[object], widget: Widget, kind: str) -> Iterator[str]:
    if kind not in WIDGETS:
        yield f"{widget} hears clicks as {kind}, for which no key is named"
        return
    ids = {command.id for command in COMMANDS if command.keys}
    for way in WIDGETS[kind]:
        if way not in ids and not _can_reach(screen, widget, way):
            yield f"{widget} hears clicks as {kind}, and {way} does not do the same"
    if isinstance(widget, KeyFooter):
        for key in widget.keys:
            if key.name not in screen.active_bindings:
                yield f"{key.name} is shown and does nothing"


def _can_reach(screen: Screen[object], widget: Widget, key: str) -> bool:
    """Has the widget, or what it is in, the key and a way to the focus, or the screen the key?"""
    holders = [each for each in widget.ancestors_with_self if each in screen.focus_chain]
    own = any(key in each._bindings.key_to_bindings for each in holders)  # noqa: SLF001 - as above
    edits = any(isinstance(each, EditsInTurn) and each.edits_with(key) for each in holders)
    return own or edits or key in screen.active_bindings


def _without_hints(screen: Screen[object], transcript: Transcript) -> Iterator[str]:
    """The cells of a transcript that no hint is on, where there is one for cells like them."""
    spots = find_spots(transcript.viewport.positions, transcript.viewport.message_list)
    values = {(spot.target.kind, spot.target.value) for spot in spots}
    if not screen.check_action("run_command", ("hints", "show")):
        yield f"{screen} has no hints"
    for row in transcript.render_lines(transcript.size.region) if transcript.display else ():
        for segment in row:
            for name, value in _meta(segment).items():
                _, kind = METAS.get(name, ("", None))
                wanted = value[0] if isinstance(value, tuple) else value
                if kind and not {(kind, wanted), (TargetKind.FILE, wanted)} & values:
                    yield f"{segment.text!r} has the meta {name!r}, and no hint is on it"


def clicks_in_sources() -> tuple[set[str], set[str]]:
    """The classes of ours that hear clicks, and the metas of styles, wherever they are written."""
    classes: set[str] = set()
    metas: set[str] = set()
    for path in _SOURCES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef) and any(map(_hears, node.body)):
                classes.add(node.name)
            metas |= set(_metas(node, tree))
    return classes, metas


def _hears(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    calls = [each for each in node.decorator_list if isinstance(each, ast.Call) and each.args]
    names = {ast.unparse(each.args[0]).rpartition(".")[2] for each in calls}
    return node.name.lstrip("_") in _HANDLERS or bool(names & _EVENTS)


def _metas(node: ast.AST, tree: ast.Module) -> Iterable[str]:
    match node:
        case ast.Call(func=ast.Attribute(attr="from_meta"), args=[value]):
            yield from _keys(value, tree)
        case ast.keyword(arg="meta", value=value):
            yield from _keys(value, tree)
        case ast.Constant(value=str() as text) if "@click" in text:
            yield "@click"


def _keys(value: ast.expr, tree: ast.Module) -> Iterable[str]:
    """The keys of a dictionary, written there or as a constant of its module."""
    if isinstance(value, ast.Name):
        named = (each for each in tree.body if isinstance(each, ast.Assign))
        value = next(each.value for each in named if ast.unparse(each.targets[0]) == value.id)
    assert isinstance(value, ast.Dict)
    for key in value.keys:
        yield key.value if isinstance(key, ast.Constant) else ast.unparse(key)
