"""The table of bad inputs: what a user may put in front of the program, and what it answers.

Each kind has a module with its rows (`CASES`); `python -m tests.bad_inputs` prints all of them with
the sentences they end in.
"""
