"""Controllers: the commands of the main screen, by what they are about.

They are imported with the first command or report, which is after the first frame.
"""

from fakegpt_tui.chat.service import ChatService
from fakegpt_tui.domain.fast_dataclass import dataclass
from fakegpt_tui.ui.controllers.attachments import AttachmentController
from fakegpt_tui.ui.controllers.conversations import ConversationController
from fakegpt_tui.ui.controllers.files import FileController
from fakegpt_tui.ui.controllers.items import ItemController
from fakegpt_tui.ui.controllers.messages import MessageController
from fakegpt_tui.ui.controllers.prompt import PromptController
from fakegpt_tui.ui.controllers.services import ServiceController
from fakegpt_tui.ui.controllers.settings import SettingsController
from fakegpt_tui.ui.controllers.side_by_side import SideBySideController
from fakegpt_tui.ui.options import Options
from fakegpt_tui.ui.state import ChatState
from fakegpt_tui.ui.window import Window


@dataclass(frozen=True, slots=True)
class Controllers:
    """The controllers of one main screen; the keymap names them as the fields are named."""

    attachments: AttachmentController
    prompt: PromptController
    conversations: ConversationController
    messages: MessageController
    files: FileController
    items: ItemController
    services: ServiceController
    settings: SettingsController
    side_by_side: SideBySideController


def build_controllers(
    chat: ChatService, state: ChatState, window: Window, options: Options
) -> Controllers:
    conversations = ConversationController(chat, state, window, options.clock)
    attachments = AttachmentController(chat, state, window)
    services = ServiceController(chat, state, window, options)
    return Controllers(
        attachments=attachments,
        prompt=PromptController(chat, state, window, attachments, services.choose_model),
        conversations=conversations,
        messages=MessageController(chat, state, window, conversations.open, options.clock),
        files=FileController(chat, state, window, options.exports),
        items=ItemController(chat, state, window),
        services=services,
        settings=SettingsController(chat, state, window, options),
        side_by_side=SideBySideController(chat, state, window, options, attachments),
    )
