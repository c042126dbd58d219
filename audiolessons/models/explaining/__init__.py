"""What a network looks at, and what fools it."""
