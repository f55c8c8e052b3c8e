"""Work that grows: each module makes its data in a folder (`make`) and works through it (`work`).

`python -m benchmarks.workloads MODULE make|work COUNT FOLDER` runs one of the two.
"""
