"""Photo files, one or a hundred thousand."""
