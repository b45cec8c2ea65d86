"""What the protocols of APIs share: lists of models, errors, requests and the text of a reply."""
