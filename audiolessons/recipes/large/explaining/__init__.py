"""A network with a secret, and what explanations say of it."""
