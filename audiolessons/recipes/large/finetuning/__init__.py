"""Pre-training on speech without labels, and adapting what was learned to digits of a new voice."""
