"""What is unusual, and what is not."""
