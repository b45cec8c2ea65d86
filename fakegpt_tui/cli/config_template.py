"""The configuration file that a person begins with."""

TEMPLATE = """\
# Settings of fakegpt-tui. Take the sign off a line to change what it says.
# Flags and FAKEGPT_* variables win over this file; `fakegpt-tui config show` tells which did.

# The service for new conversations.
#service = "embedded"

# How many replies may stream at once; more wait their turn.
#max_turns = 8

# Models that F6 shows first.
#favourites = ["ollama/llama3.2"]

# What enter does in the prompt, "send" or "newline"; ctrl+j does the other.
#enter = "newline"

# How a reply is announced that ends out of sight: "none", "bell" or "desktop".
#notify = "bell"

# How many columns é, §, Greek and the like take: "narrow" for one, "wide" for two, or "auto", which
# asks the terminal.
#ambiguous_width = "auto"

# A folder that has a Markdown file of every conversation, for Git, Obsidian and others.
#mirror = "~/notes/chats"

# Where saved files go.
#exports_dir = "~/chats"

# A service of the FakeGPT protocol.
#[services.work]
#kind = "fakegpt"
#url = "https://chat.example.org"
#model = "text-davinci-002-render-sha"
#proxy = "socks5://127.0.0.1:1080"

# A server of the OpenAI protocol.
#[services.ollama]
#kind = "openai"
#url = "http://127.0.0.1:11434"
#model = "llama3.2"

# Other keys, by the ids that F1 shows; no key turns one off.
#[keys]
#"chat.new" = "f12"
"""
"""Every line is a comment; without the signs it is a configuration that works."""
