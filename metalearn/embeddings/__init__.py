"""Task embeddings: scikit-learn transformers from tasks to vectors, one file per family.

gradient       gradients of the base model while it trains on the task
adaptation     what a meta-learned model changes to adapt
collaborative  the task's row of a tasks x solvers score matrix, factorised
generative     the code of the task's set of drawings
encoded        the vector that a learner with an encoder reads off the task
scatter        how drawings scatter within and between classes: two numbers, as a control
controls       what every family is compared with
geometry       cosines, neighbours and clusters in the embedding space
"""
