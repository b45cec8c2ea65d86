"""Find in the open conversation: pattern, matches, input line and controller."""
