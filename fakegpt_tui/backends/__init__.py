"""What can reply: one module per protocol, behind one small interface."""
