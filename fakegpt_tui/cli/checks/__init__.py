"""What `doctor` looks at, a module for each thing that can be well or not."""
