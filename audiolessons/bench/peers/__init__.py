"""Other people's packages, which ours are measured beside: one adapter each.

`peers.txt` in the folder above says how to install them. No chapter needs one: the rows that were
measured with them are stored, and a bench leaves out what is not installed.
"""
