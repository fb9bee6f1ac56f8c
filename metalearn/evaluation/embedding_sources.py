"""What a learner that uses an embedding may be told about a task. Nothing here needs torch.

Its own embedding; that of another task; zeros; or noise. A learner that does as well with another task's embedding does
not use what the embedding says of the task.
"""

EMBEDDING_SOURCES = ("own", "shuffled", "zero", "random")
