"""Features of a view's records by kind of data: `sequence` for letters, `profile` for expression."""
