"""Pictures: from the bytes of a file to cells of a terminal, without knowing any screen."""
