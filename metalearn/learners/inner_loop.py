"""The inner loop: how a learner adapts to a batch of tasks, with three places where a task embedding can help.

    φ0 = init(e_j)                             parameter pre-initialisation
    φ_{k+1} = φ_k + update(e_j, ∇L(φ_k), k)    meta-optimizer
    predictions use modulate(e_j, φ_k)         attention over parameters

Every learner and every baseline of the kit is a choice of these three; there is no other loop. All tasks of a batch
take their steps at once. That works because task parameters have a leading task dimension: the gradient of the summed
support losses with respect to them holds each task's own gradient.
"""

from typing import Any

import torch
from torch import Tensor

from metalearn.errors import MetalearnError
from metalearn.learners.backbone import HEAD, AnyBackbone, Params
from metalearn.learners.hooks import Init, Modulate, Support, Update
from metalearn.learners.task_loss import Loss, task_losses
from metalearn.learners.trajectory import History, Trajectory
from metalearn.tasks.task_batch import TaskBatch


def adapt(
    backbone: AnyBackbone,
    parameters: Params,
    batch: TaskBatch,
    *,
    init: Init,
    update: Update,
    modulate: Modulate | None = None,
    embedding: Tensor | None = None,
    steps: int = 5,
    second_order: bool = False,
    step_ways: int | None = None,
    every_query: bool = True,
    loss: Loss = task_losses,
) -> Trajectory:
    """Adapt to all tasks of a batch on their support sets, and answer their queries.

    Parameters
    ----------
    backbone : AnyBackbone
        The network, as a function of its parameters.
    parameters : dict of str to Tensor
        The meta-learned parameters that all tasks share. They are never changed.
    batch : TaskBatch
        T tasks.
    init, update, modulate : Init, Update, Modulate
        The three hooks; ``modulate`` may be left out.
    embedding : Tensor, optional
        The task embeddings that the hooks see, ``[T, d]``.
    steps : int
        How many inner steps to take.
    second_order : bool
        Whether the outer loss can be differentiated through the gradients of the steps (MAML), or takes them as
        constants (first-order MAML).
    step_ways : int, optional
        How many classes each task had when step sizes were learned. A task's loss is the mean over its drawings, so
        with fewer classes each pulls harder, and steps that were learned on many classes overshoot. The gradients of a
        task of N classes are therefore multiplied by N / step_ways. By default they are taken as they are.
    every_query : bool
        Whether to answer the queries before every step. False answers them at the end alone, which is all that
        training needs.
    loss : callable
        What the steps reduce: given answers ``[T, n, ways]`` and the right classes ``[T, n]``, each task's loss
        ``[T]``. By default every class counts the same.

    Returns
    -------
    Trajectory
        Losses, answers, parameters and gradients, step by step. Under ``torch.no_grad()``, as in evaluation, no
        graph is kept from one step to the next.

    Raises
    ------
    MetalearnError
        Where the init hook returns no head, or one that does not fit the features.

    References
    ----------
    Finn, Abbeel and Levine 2017, "Model-agnostic meta-learning for fast adaptation of deep networks", algorithm 1.

    Examples
    --------
    >>> import metalearn as ml
    >>> characters = ml.load_characters("glyphs")
    >>> batch = ml.Episodes(characters, ml.split(characters, "lake").test, queries=3, batch_size=8).batch(0)
    >>> backbone = ml.Backbone()
    >>> ml.adapt(backbone, backbone.initial(), batch, init=ml.PrototypeInit(), update=ml.SGD(0.1), steps=2).steps
    2
    """
    # Are we inside the outer loop? Then everything below stays differentiable, back to the meta-parameters. Evaluation
    # runs under no_grad, and still needs gradients for its steps, but one step at a time.
    learning = torch.is_grad_enabled()
    if not learning:
        parameters = {name: p.detach() for name, p in parameters.items()}
    support = Support(backbone, parameters, batch.support_x, batch.support_y, batch.ways, embedding, modulate)
    task_parameters = _with_head(init(support), backbone, batch)
    # If tasks change nothing but their heads, the features are the same at every step: compute them once.
    fixed_body = set(task_parameters) <= set(HEAD)
    support_features = support.features if fixed_body else None
    query_features = backbone.features(support.modulated(parameters)[0], batch.query_x) if fixed_body else None

    def logits(current: Params, x: Tensor, features: Tensor | None) -> tuple[Tensor, Tensor | None]:
        # Task parameters take the place of the shared ones of the same name; then the modulate hook has its say.
        effective, attention = support.modulated({**parameters, **current})
        if features is None:
            features = backbone.features(effective, x)
        return backbone.classify(effective, features), attention

    scale = batch.ways / step_ways if step_ways else 1.0
    history = History()
    memory: Any = None  # whatever the update hook wants to remember, such as the state of an LSTM
    for step in range(steps + 1):  # one round more than there are steps, to look at where the last one led
        last = step == steps
        # In training the graph runs back through every step to the meta-parameters. In evaluation every step starts a
        # graph of its own: its parameters are leaves, and the graph is gone once their gradients are known.
        task_parameters = {
            name: p if learning and p.requires_grad else p.detach().requires_grad_(not last)
            for name, p in task_parameters.items()
        }
        if not last or every_query:
            with torch.set_grad_enabled(not last):
                support_logits, attention = logits(task_parameters, support.x, support_features)
                support_loss = loss(support_logits, support.y)
                gradients = {} if last else _gradients(scale * support_loss, task_parameters, second_order and learning)
            history.support(support_loss.detach())
        if last or every_query:
            # The outer loss is that of the answers after the last step, so only these keep a graph.
            with torch.set_grad_enabled(learning and last):
                query_logits, attention = logits(task_parameters, batch.query_x, query_features)
                history.query(query_logits, loss(query_logits, batch.query_y))
        history.state(task_parameters, attention)
        if not last:
            move = update(support, step, task_parameters, gradients, memory)
            memory = move.memory
            history.move(gradients, move.step_sizes)
            # Not +=, which would change them in place: the outer gradient needs the parameters of every step.
            task_parameters = {name: p + move.change[name] for name, p in task_parameters.items()}
    return history.trajectory(batch.query_y)


def _with_head(start: Params, backbone: AnyBackbone, batch: TaskBatch) -> Params:
    """Return what an init hook gave, once it is sure to hold a head of the right shape."""
    expected = (len(batch), batch.ways, backbone.features_size)
    found = tuple(start["head_weight"].shape) if "head_weight" in start else None
    if "head_bias" not in start or found != expected:
        raise MetalearnError(
            "the init hook should return head_weight [tasks, ways, features] of {expected}, and head_bias; it returned "
            "{found}",
            expected=list(expected),
            found=list(found) if found else f"only {', '.join(start) or 'nothing'}",
        )
    return start


def _gradients(task_losses: Tensor, parameters: Params, second_order: bool) -> Params:
    """Return each task's gradient of its own loss.

    Tasks share no task parameter, so one backward pass of the sum of their losses gives each task its own gradient. The
    mean would give the wrong ones: among T tasks, each would step only 1/T as far as it does alone.
    """
    found = torch.autograd.grad(task_losses.sum(), list(parameters.values()), create_graph=second_order)
    return dict(zip(parameters, found, strict=True))
