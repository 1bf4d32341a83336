"""What sources do: one conformance suite for all, and the odd cases of each format."""
