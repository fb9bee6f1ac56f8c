"""From task embeddings ``[tasks, D]`` to coordinates that one can look at."""

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from metalearn.learners.learner import Embedder
    from metalearn.tasks.task_batch import Tasks


def pca_in_chunks(embedder: "Embedder", tasks: "Tasks", size: int = 32, chunk: int = 500) -> np.ndarray:
    """Embed tasks and reduce them to ``size`` whitened components: float32 ``[tasks, size]``.

    The embeddings of all tasks are never in memory together (incremental PCA, Ross et al. 2008). The tasks are embedded
    twice, once to learn the components and once to project on them. The last chunk may have fewer than ``size`` tasks:
    it is projected, but no components are learned from it.
    """
    from sklearn.decomposition import IncrementalPCA

    reducer = IncrementalPCA(size, whiten=True)
    for batch in tasks.batches(chunk):
        if len(batch) >= size:
            reducer.partial_fit(embedder.transform(batch))
    rows = [reducer.transform(embedder.transform(batch)) for batch in tasks.batches(chunk)]
    return np.concatenate(rows).astype(np.float32)


def umap_coordinates(embedding: np.ndarray, count: int = 2, seed: int = 0) -> np.ndarray:
    """Lay the tasks out with UMAP (McInnes et al. 2018), cosine distances: ``[tasks, count]``. Takes half a minute."""
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="n_jobs value")  # a fixed seed means one thread: we know
        from umap import UMAP

        return np.asarray(
            UMAP(n_components=count, metric="cosine", random_state=seed).fit_transform(embedding), dtype=np.float32
        )
