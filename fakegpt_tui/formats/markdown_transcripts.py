"""Transcripts that other programs write as Markdown, in which labels say who speaks.

There is no standard: labels are headings (`## User`), bold words (`**You:**`) or marks of LibreChat
(`>> user:`), and those of one kind divide a file. Both a person and a model must have spoken.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from fakegpt_tui.domain import Role
from fakegpt_tui.formats.base import ImportItem, Record, SourceDefaults, TextFormat
from fakegpt_tui.formats.foreign_values import read_time
from fakegpt_tui.formats.openai_messages import add_messages, first_exchange
from fakegpt_tui.formats.source_tree import SourceConversation, SourceMessage

_LABELS = (
    re.compile(r"(?P<level>#{1,6})[ \t]+(?P<who>[^\n]{1,80}?)[ \t#]*"),
    re.compile(r"(?P<level>\*\*)(?P<who>[^*\n]{1,80}):[ \t]*\*\*(?P<said>.*)"),
    re.compile(r"(?P<level>\*\*)(?P<who>[^*\n]{1,80})\*\*(?:[ \t]*:(?P<said>.*)|[ \t]*)"),
    re.compile(r"(?P<level>>>) (?P<who>[^:\n]{1,80}):(?P<said>.*)"),
)
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)")
_FRONT_MATTER = re.compile(r"---\n(?P<fields>[\s\S]*?\n)---(?:\n|$)")
_TITLE = re.compile(r"""^(?:#[ \t]+|title:[ \t]*)(["']?)(?P<title>[^\n]+?)\1[ \t]*$\n?""", re.M)
_RULE = re.compile(r"(?:^|\n)[ \t]*(?:-{3,}|\*{3,}|_{3,})\s*$")
_DECORATION = re.compile(r"^[\W_]+|[\s:*_]+$")
_REMARK = re.compile(r"\s*\((?P<remark>[^()]*)\)$")

_PEOPLE = frozenset(("user", "you", "me", "human"))
_UNNAMED = frozenset(("assistant", "ai", "bot", "chatbot", "llm"))
_MODEL = re.compile(
    r"(?:chatgpt|gpt|claude|gemini|bard|copilot|perplexity|grok|deepseek|mistral|llama|qwen|kimi|phi"
    r"|gemma|o[134])[\d.]*[a-z]?"
)
_KINDS = frozenset(
    (
        *("pro", "sonnet", "opus", "haiku", "flash", "turbo", "mini", "nano", "plus", "large"),
        *("small", "medium", "instruct", "chat", "preview", "thinking", "advanced", "max"),
    )
)


class _Label(NamedTuple):
    """A line that says who speaks; what was said goes from `end` to the next label's `start`."""

    level: str
    role: Role
    remark: str
    start: int
    end: int


def _labels(text: str) -> list[_Label]:
    """The labels of the first kind by which both a person and a model speak; may be none."""
    levels: dict[str, list[_Label]] = {}
    for each in _all_labels(text):
        levels.setdefault(each.level, []).append(each)
    for found in levels.values():
        if {Role.USER, Role.ASSISTANT} <= {each.role for each in found}:
            return found
    return []


def _all_labels(text: str) -> Iterator[_Label]:
    """Every line outside of code that could be a label."""
    start, fence = 0, ""
    for line in text.splitlines(keepends=True):
        mark = _FENCE.match(line)
        if mark is None:
            if not fence and (label := _parse_label(line, start)):
                yield label
        elif not fence:
            fence = mark["fence"]
        elif mark["fence"].startswith(fence) and not mark["info"].strip():
            fence = ""
        start += len(line)


def _parse_label(line: str, start: int) -> _Label | None:
    for pattern in _LABELS:
        if match := pattern.fullmatch(line.rstrip()):
            who = _DECORATION.sub("", match["who"])
            remark = _REMARK.search(who)
            name = who[: remark.start()] if remark else who
            said = match.groupdict().get("said")
            end = start + (len(line) if said is None else match.start("said"))
            if role := _speaker(name):
                told = remark["remark"] if remark else ""
                if not told and role is Role.ASSISTANT and name.lower() not in _UNNAMED:
                    told = name
                return _Label(match["level"], role, told, start, end)
    return None


def _speaker(name: str) -> Role | None:
    """Who is called so, if anyone is."""
    first, *others = re.split(r"[\s:/_-]+", name.lower().removesuffix(" said")) or [""]
    if first in _PEOPLE and not others:
        return Role.USER
    if first == "system" and others in ([], ["prompt"]):
        return Role.SYSTEM
    is_model = first in _UNNAMED or _MODEL.fullmatch(first) is not None
    is_kind = all(each in _KINDS or re.search(r"\d", each) for each in others)
    return Role.ASSISTANT if is_model and is_kind else None


def _sniff(head: str) -> str:
    is_one = bool(_labels(head.replace("\r\n", "\n")))
    return "labels in it say what a person and what a model said" if is_one else ""


def _read(text: str, origin: SourceDefaults) -> Iterator[ImportItem]:
    text = text.replace("\r\n", "\n")
    labels = _labels(text)
    ends = [*(each.start for each in labels[1:]), len(text)]
    messages = [
        _message(label, text[label.end : end]) for label, end in zip(labels, ends, strict=True)
    ]
    title, note = _introduction(text[: labels[0].start])
    conversation = SourceConversation(program="markdown", key=first_exchange(messages), title=title)
    if note:
        conversation.chain([SourceMessage(key="note", parent=None, role=Role.SYSTEM, text=note)])
    add_messages(conversation, messages)
    yield conversation.build(origin)


def _message(label: _Label, text: str) -> Record:
    said = _RULE.sub("", text.rstrip()).strip("\n").strip()
    time = read_time(label.remark) if ":" in label.remark else None
    return {
        "role": label.role.value,
        "content": said,
        "created_at": label.remark if time else None,
        "model": "" if time else label.remark,
    }


def _introduction(text: str) -> tuple[str, str]:
    """The title of a transcript, and what else stands before its first label."""
    front = _FRONT_MATTER.match(text)
    body = text[front.end() :] if front else text
    named = _TITLE.search(front["fields"]) if front else None
    if named is None and (named := _TITLE.search(body)):
        body = body[: named.start()] + body[named.end() :]
    return named["title"] if named else "", _RULE.sub("", body.rstrip()).strip()


FORMAT = TextFormat(name="Markdown of others", sniff=_sniff, read=_read)
