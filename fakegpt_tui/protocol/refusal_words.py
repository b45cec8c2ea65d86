"""Words of refusals: those of a content filter, and those about a field of the request."""

from typing import Final

from fakegpt_tui.fast_import import lazy_pattern

_FILTER_CODE: Final = lazy_pattern(
    r'"(?:code|type|reason|status)"\s*:\s*"(?:1301|[a-z_]*(?:content_filter|content_policy|moderation'
    r"_block|data_inspection_fail|safety|guardrail|sensitive_?content|prohibited_content))"
    r"|responsibleaipolicyviolation|datainspectionfailed"
)
_FILTER_WORDS: Final = lazy_pattern(
    r"content management policy|content exists risk|considered high risk|new_sensitive"
    r"|content filtering policy|safety system|sensitive (?:content|information|words)|敏感"
    r"|by (?:\w+ ){0,3}(?:content.?filter|moderation)|flagged (?:as|by|for)|\bis unsafe\b"
    r"|violat\w+ (?:\w+ ){0,3}(?:polic|guideline)"
)
_REPLY: Final = lazy_pattern(r"\boutput (?:data|text|content|may|was|is|has)\b")
_REFUSED_FIELD: Final = lazy_pattern(
    r"stream_options|system role not supported|roles must alternate|only user and assistant roles"
    r"|(?:unsupported|unknown|invalid) (?:parameter|value|argument|field)"
    r"|unrecogni[sz]ed request argument|extra inputs are not|bad ?request ?error"
    r"|(?:supported|deprecated) (?:with|by|for|on) this model"
    r"|max_(?:completion_|output_|new_)?tokens\W* (?:is too|must|exceed)"
)


def names_filter(body: str, message: str) -> bool:
    """Does an error say that a content filter stopped it?

    `body` is the whole of it and `message` what it says, both in small letters.
    """
    return bool(_FILTER_CODE.search(body) or _FILTER_WORDS.search(message))


def is_about_reply(body: str) -> bool:
    """Did a filter stop the reply rather than the prompt?"""
    return _REPLY.search(body) is not None


def names_refused_field(body: str) -> bool:
    """Does an error refuse the form of a request, whatever its status says?"""
    return _REFUSED_FIELD.search(body) is not None
