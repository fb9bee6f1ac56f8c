"""Heads in closed form: what ridge regression and the Mahalanobis distance give, written out."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from torch import Tensor

from metalearn.learners.backbone import Backbone
from metalearn.learners.closed_form import MahalanobisInit, RidgeInit
from metalearn.learners.hooks import Init
from metalearn.learners.init_hooks import PrototypeInit, class_means
from metalearn.learners.learner import Learner
from metalearn.learners.update_hooks import SGD
from metalearn.tasks.task_batch import TaskBatch

NETWORK = Backbone(widths=(4, 4, 8), groups=2)


def learner(init: Init) -> Learner:
    return Learner(NETWORK, init, SGD(0.1), steps=0)


def test_ridge_is_ridge_regression(tasks: TaskBatch) -> None:
    solver = learner(RidgeInit(penalty=0.7))
    with torch.no_grad():
        found = solver.adapt(tasks).query_logits[-1]
        support, query = (NETWORK.features(solver.shared, x) for x in (tasks.support_x, tasks.query_x))
    for task in range(len(tasks)):
        x, answers = support[task].numpy(), np.eye(4)[tasks.support_y[task]]
        penalty = 0.7 * np.square(x - x.mean(0)).sum(1).mean()
        expected = Ridge(alpha=penalty).fit(x, answers).predict(query[task].numpy()) - answers.mean(0)
        np.testing.assert_allclose(found[task].numpy(), np.exp(2) * expected, atol=1e-4)


def test_mahalanobis_counts_a_feature_by_its_scatter_within_classes(tasks: TaskBatch) -> None:
    weighing = learner(MahalanobisInit(floor=0.2))
    with torch.no_grad():
        answers = weighing.adapt(tasks).query_logits[-1].log_softmax(2)
        support, query = (NETWORK.features(weighing.shared, x) for x in (tasks.support_x, tasks.query_x))
    means = class_means(support, tasks.support_y, 4)
    for task in range(len(tasks)):
        deviation = support[task] - means[task, tasks.support_y[task]]
        scatter = deviation.square().mean(0)
        counts = 1 / (scatter / scatter.mean() + 0.2)
        distances = (counts * (query[task][:, None] - means[task]).square()).sum(-1)
        torch.testing.assert_close(answers[task], (-distances).log_softmax(1), atol=1e-4, rtol=1e-4)


def test_one_shot_has_no_scatter_so_all_features_count_alike(tasks: TaskBatch) -> None:
    first = replace(tasks, support_x=tasks.support_x[:, ::2], support_y=tasks.support_y[:, ::2])
    with torch.no_grad():
        prototypes = learner(PrototypeInit()).adapt(first).query_logits[-1]
        weighed = learner(MahalanobisInit(floor=0.5)).adapt(first).query_logits[-1]
    torch.testing.assert_close(weighed, 2 * prototypes)


@pytest.mark.parametrize("make", [RidgeInit, MahalanobisInit])
def test_the_outer_gradient_is_right(
    make: Callable[[], Init],
    tasks: TaskBatch,
    shaken: Callable[[Learner], Learner],
    outer_gradient_error: Callable[[Learner, TaskBatch, Tensor | None], float],
) -> None:
    assert outer_gradient_error(shaken(learner(make())), tasks, None) < 1e-2
