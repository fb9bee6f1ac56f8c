"""Tasks: batches of them as plain tensors, and the samplers that make them.

task_batch                 TaskBatch: T tasks of the same shape
sampler                    what a sampler is: batch i is always the same
episodes, mixed_questions  samplers of N-way K-shot episodes
hidden_questions           a sampler of tasks that each ask about one attribute, without saying which
which_part                 a sampler of tasks about pages of characters, of which one counts
sinusoids                  a sampler of waves: regression tasks, of a hidden frequency
rendering                  drawings drawn again, with a pen, a size, a place, … of one's choice
questions                  the three questions that drawings can be asked
character_tasks            one task per character, the article's 1,200 + 423
single_task                one task from characters you name, or from loose images
lake_runs                  Lake's published one-shot runs
augment                    distorted copies of drawings
"""
