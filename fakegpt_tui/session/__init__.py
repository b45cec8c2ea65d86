"""Being signed in: the login steps, the token, and the file it is kept in."""
