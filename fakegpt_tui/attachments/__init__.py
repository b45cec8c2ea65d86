"""What a user gives to a model besides typed words: files, pastes, pictures, output of commands."""
