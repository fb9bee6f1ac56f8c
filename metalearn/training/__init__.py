"""Training: the outer loop and what it minimises.

outer_loop   train: meta-training with validation, checkpoints and resuming
objectives   query loss, Reptile's distance, all pairs
schedule     how fast
checkpoint   the state of a run
distributed  several processes that train one learner together
"""
