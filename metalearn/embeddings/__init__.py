"""Four families of task embeddings, one file each, with scikit-learn's verbs: ``fit(tasks)``, ``transform(tasks)``."""
