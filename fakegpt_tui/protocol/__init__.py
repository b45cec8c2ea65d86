"""Wire formats that clients and the host share."""
