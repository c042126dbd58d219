"""How each embedded set is made: one file a set, named like it, and the tools they share."""
