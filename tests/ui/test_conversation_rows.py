"""Conversations as rows: groups by day, one sign of state each."""

from datetime import UTC, datetime, timedelta

from fakegpt_tui.domain import ChatMessage, Conversation, MessageStatus, Role
from fakegpt_tui.ui.conversation_rows import conversation_rows
from fakegpt_tui.ui.widgets import ConversationRow, RowStatus

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


def conversation(name: str, *, days: float = 0, **changes: object) -> Conversation:
    time = NOW - timedelta(days=days)
    values = {
        "id": name,
        "title": name,
        "service": "scripted",
        "model": "",
        "created_at": time,
        "updated_at": time,
    }
    return Conversation(**{**values, **changes})


def reply(status: MessageStatus) -> ChatMessage:
    return ChatMessage(
        id="r",
        conversation_id="c",
        parent_id=None,
        role=Role.ASSISTANT,
        text="",
        status=status,
        created_at=NOW,
    )


def test_what_leaves_nothing_on_disk_is_in_a_group_of_its_own() -> None:
    rows = conversation_rows(
        [conversation("now"), conversation("secret"), conversation("kept", pinned=True)],
        {},
        {},
        {},
        now=NOW,
        is_temporary=lambda name: name == "secret",
    )
    found = [(row.title, row.group) for row in rows]
    assert found == [("secret", "Temporary"), ("kept", "Pinned"), ("now", "Today")]


def test_groups_follow_the_days_of_the_person() -> None:
    rows = conversation_rows(
        [
            conversation("now"),
            conversation("tonight", days=0.4),
            conversation("last night", days=0.6),
            conversation("week", days=5),
            conversation("old", days=8),
            conversation("kept", days=300, pinned=True),
            conversation("away", archived=True),
        ],
        {},
        {},
        {},
        now=NOW,
    )
    assert [(row.title, row.group) for row in rows] == [
        ("kept", "Pinned"),
        ("now", "Today"),
        ("tonight", "Today"),
        ("last night", "Yesterday"),
        ("week", "7 days"),
        ("old", "March"),
    ]


def test_the_most_pressing_state_is_the_sign() -> None:
    rows = conversation_rows(
        [
            conversation("streaming", unread=True),
            conversation("queued"),
            conversation("failed", unread=True, leaf_id="r"),
            conversation("failed and read", leaf_id="r"),
            conversation("asked again", leaf_id="another"),
            conversation("unread", unread=True),
            conversation("draft"),
            conversation("quiet"),
        ],
        {"streaming": reply(MessageStatus.STREAMING), "queued": reply(MessageStatus.QUEUED)},
        {"failed": "r", "failed and read": "r", "asked again": "r"},
        {"draft", "unread"},
        now=NOW,
    )
    assert [row.status for row in rows] == [
        RowStatus.STREAMING,
        RowStatus.QUEUED,
        RowStatus.FAILED,
        RowStatus.FAILED,
        RowStatus.NONE,
        RowStatus.UNREAD,
        RowStatus.DRAFT,
        RowStatus.NONE,
    ]


def test_the_months_of_other_years_have_the_year() -> None:
    rows = conversation_rows(
        [conversation("a", days=40), conversation("b", days=100)], {}, {}, set(), now=NOW
    )
    assert [row.group for row in rows] == ["January", "November 2025"]


def test_titles_that_look_the_same_have_a_difference() -> None:
    same = {"title": "Trip to Norway in winter, please"}
    rows = conversation_rows(
        [
            conversation("a", days=0.1, **same),
            conversation("b", days=40, **same),
            conversation("c", days=40, title="Trip to Norway in summer"),
            conversation("d", title="Trip to Sweden"),
            conversation("e", days=50, **same),
            conversation("f", days=400, **same),
        ],
        {},
        {},
        {},
        now=NOW,
    )
    assert [row.difference for row in rows] == [
        "09:36",
        "29 Jan 12:00",
        "29 Jan 12:00 (2)",
        "",
        "19 Jan",
        "3 Feb 2025",
    ]


def test_folders_stand_between_pinned_and_other_conversations_each_before_what_is_in_it() -> None:
    rows = conversation_rows(
        [
            conversation("top"),
            conversation("plan", folder="work", tags=("a",)),
            conversation("sums", days=2, folder="work/B"),
            conversation("taxes", days=3, folder="work/B"),
            conversation("kept", days=9, folder="work", pinned=True),
            conversation("away", folder="archive", archived=True),
        ],
        {},
        {},
        set(),
        now=NOW,
        folders=("Empty/In it",),
    )
    assert [row.id for row in rows] == [
        "kept",
        *("/Empty", "/Empty/In it", "/work", "/work/B"),
        *("sums", "taxes", "plan", "top"),
    ]
    kept, plan = rows[0], rows[-2]
    assert isinstance(kept, ConversationRow)
    assert isinstance(plan, ConversationRow)
    assert (kept.folder, kept.group) == ("", "Pinned")
    assert (plan.folder, plan.group, plan.tags) == ("work", "", ("a",))
