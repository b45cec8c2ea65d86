"""What the program costs, measured in a real terminal beside floors of the same run."""
