"""From documents and results to the submission: press, code windows, rubric, proof-reading.

Whatever here a user can put right is raised as a `UserError`: one sentence, with file and line.
"""
