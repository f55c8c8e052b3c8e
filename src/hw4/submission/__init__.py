"""From documents and results to the submission: press, code windows, rubric, proof-reading."""
