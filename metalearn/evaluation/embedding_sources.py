"""What a learner that uses an embedding may be told about a task. Nothing here needs torch.

Its own embedding; that of another task; zeros; or noise. A learner that does as well with another task's embedding does
not use what the embedding says of the task.
"""

EMBEDDING_SOURCES = ("own", "shuffled", "zero", "random")

SAME_QUESTION = "another of the same question"
"""How tables name the embedding of another task that asks the same: with it, a learner should do as well."""
