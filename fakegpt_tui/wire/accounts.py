"""What a host says of an account."""

_NO_CAP = 1_000_000
"""Messages in the window: clients count down from it, so that it must be a number."""


def account_body(account: str) -> dict[str, object]:
    """The answer to `GET /api/accounts/check/…`: one account, and nothing that is paid for."""
    told = {
        "account": {
            "account_id": account,
            "account_user_role": "account-owner",
            "structure": "personal",
            "is_deactivated": False,
        },
        "features": [],
        "entitlement": {
            "subscription_id": None,
            "has_active_subscription": False,
            "subscription_plan": "chatgptfreeplan",
            "expires_at": None,
        },
    }
    return {"accounts": {"default": told}, "account_ordering": ["default"]}


def limit_body() -> dict[str, object]:
    """The answer to `GET /api/conversation_limit`: there is none."""
    said = "This host does not limit how much you ask."
    return {
        "message_cap": _NO_CAP,
        "message_cap_window": 180,
        "message_disclaimer": {"textarea": said, "model-switcher": said},
    }
