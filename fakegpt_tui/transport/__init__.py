"""HTTP clients for a service, and what their failures mean for a person."""
