"""Dialogs: screens that ask for something and close."""
