"""Maps of the task space.

task_map     TaskMap: tasks as points, with clusters and difficulty
build        building one from an embedder and a learner
projections  UMAP, and PCA of more tasks than fit into memory
user_tasks   a user's own characters among those on a map
"""
