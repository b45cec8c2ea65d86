"""Conversations, turns and everything a front end does with them."""
