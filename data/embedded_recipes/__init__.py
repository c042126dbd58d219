"""How each embedded set is made: one file per set, plus the tools they share."""
