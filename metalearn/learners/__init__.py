"""Learners: a backbone, one inner loop, and a choice for each of its three hooks. Read in this order:

backbone, network       the network as a function of its parameters; a network of your own
convolution             a convolution for each task, cheap to differentiate twice
hooks                   what the three hooks are given and return
inner_loop, trajectory  the one inner loop, and what happened in it
init_hooks              where a task's parameters start
update_hooks            how a step is taken
modulate_hooks          what re-weights the network
in_context, set_encoder what reads a task embedding off the support set, and is trained with the learner
learner, saving         Learner: all of it together; how it is written to a file
"""
