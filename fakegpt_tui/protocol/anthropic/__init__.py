"""The Messages protocol as a server has it: requests read, replies, models and errors written.

https://platform.claude.com/docs/en/api/messages
"""
