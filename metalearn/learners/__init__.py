"""Learners: a backbone plus a choice for each hook of the inner loop. One file a hook."""
