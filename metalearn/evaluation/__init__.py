"""Evaluation: how accurate a learner is, what an embedding knows, and how sure that is.

estimate           Estimate: a mean with its 95 % interval
accuracy           evaluate: a learner's accuracy, with its own embedding or another
probes             what an embedding knows about tasks
embedding_sources  what a learner may be told about a task
tables             result tables as files
"""
