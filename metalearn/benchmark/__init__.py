"""Benchmark: how fast the kit is, compared with plain code that does the same.

cases, timing  what is timed, against what, and how
reference      the plain code
peers          other packages that do the same, if they are installed
growth         how the time of a meta-step grows, with tasks, ways, shots, steps and image size
scaling        what many tasks cost in time and memory
on_device      the same on a GPU, into one file
"""
