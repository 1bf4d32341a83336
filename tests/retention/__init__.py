"""What is no longer kept: forgotten people, and what has expired."""
