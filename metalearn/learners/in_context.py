"""The in-context learner: a transformer that is shown labelled drawings and a query, and takes no step at all.

Its two parts meet in one vector per task. :class:`TaskReader` is the layers that read the support set: the vector is
what a token of the task has become when they are done. :class:`WeightedPrototypeInit` is the last layer, in which a
query looks at the labelled drawings and answers: what counts in that look is set by the vector. Nothing else tells the
query what is asked. So the vector can be read out, and another task's can be put in its place.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metalearn.errors import MetalearnError
from metalearn.learners._perceptron import two_layers
from metalearn.learners.backbone import AnyBackbone, Params
from metalearn.learners.hooks import Support, to_common_length
from metalearn.learners.init_hooks import class_means
from metalearn.learners.set_encoder import differences

HEADS, MOST_LAYERS = 4, 12


class TaskReader(nn.Module):
    """An encoder: self-attention over the support drawings and a token of the task; the token becomes the embedding.

    A label enters as what it says: by how much the drawing differs from its class, and the class from the task. With
    these differences as label codes, neither the order of the drawings nor the numbers of the classes matter, and
    there may be any number of either.

    Parameters
    ----------
    backbone : AnyBackbone
        The learner's backbone, whose features are read.
    size : int
        The length d of a task embedding.
    width, layers : int
        The length of a token, a multiple of 4, and how many layers there are, 1 to 12.
    seed : int
        Of the initial weights.

    Raises
    ------
    MetalearnError
        For another width, or another number of layers.

    References
    ----------
    Vaswani et al. 2017, "Attention is all you need"; Kirsch et al. 2022, "General-purpose in-context learning by
    meta-learning transformers" (GPICL); Fifty et al. 2024, "Context-aware meta-learning" (CAML); Hendel, Geva and
    Globerson 2023, "In-context learning creates task vectors".

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone = ml.Backbone()
    >>> init, reader = ml.WeightedPrototypeInit(backbone, 32), ml.TaskReader(backbone)
    >>> ml.Learner(backbone, init, ml.SGD(0.1), embedder=reader, steps=0)
    <Learner: WeightedPrototypeInit, SGD, 0 steps, embedder TaskReader, 272,897 parameters>
    """

    def __init__(self, backbone: AnyBackbone, size: int = 32, width: int = 64, layers: int = 2, seed: int = 0) -> None:
        super().__init__()
        if width % HEADS or not 1 <= layers <= MOST_LAYERS:
            raise MetalearnError(
                "a reader has 1 to {most} layers, and a width that is a multiple of {heads}; not {layers} and {width}",
                most=MOST_LAYERS,
                heads=HEADS,
                layers=layers,
                width=width,
            )
        self.size, self.width, self.layers = size, width, layers
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.of_drawing = nn.Linear(2 * backbone.features_size, width)
            self.attention = nn.ModuleList(_Layer(width) for _ in range(layers))
            self.of_token = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, size))
        self.token = nn.Parameter(torch.zeros(width))

    def encode(self, support: Support) -> Tensor:
        """Return the embedding of each task, ``[T, size]``, of length √size."""
        drawings = self.of_drawing(torch.cat(differences(support), dim=2))
        tokens = torch.cat([self.token.expand(len(drawings), 1, -1), drawings], dim=1)
        for layer in self.attention:
            tokens = layer(tokens)
        return to_common_length(self.of_token(tokens[:, 0]))


class _Layer(nn.Module):
    """A layer of a transformer: each token looks at all tokens of its task, then goes through a perceptron.

    Tokens are normalised before both (Xiong et al. 2020, "On layer normalization in the transformer architecture").
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.before_attention, self.before_perceptron = nn.LayerNorm(width), nn.LayerNorm(width)
        self.queries_keys_values, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.perceptron = nn.Sequential(nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width))

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the tokens ``[T, n, width]`` after the layer."""
        together = self.queries_keys_values(self.before_attention(tokens))
        by_head = (part.unflatten(2, (HEADS, -1)).transpose(1, 2) for part in together.chunk(3, dim=2))
        seen = F.scaled_dot_product_attention(*by_head).transpose(1, 2).flatten(2)
        tokens = tokens + self.out(seen)
        return tokens + self.perceptron(self.before_perceptron(tokens))


class WeightedPrototypeInit(nn.Module):
    """The head of a prototypical network whose distance counts each feature as the task embedding says.

    It is attention of a query to the classes: queries are the query's features and keys the means of the classes, both
    times the square root of the weights; the values are the class labels. A softmax of ``-Σ w (h - c)²`` over the
    classes is one of ``2 (w c)·h - Σ w c²``, so it is a linear head. At first all weights are one, and the learner is a
    prototypical network.

    Parameters
    ----------
    backbone : AnyBackbone
        The learner's backbone.
    embedding_size : int
        The length d of a task embedding.
    hidden_size : int
        The width of the network's hidden layer that turns the embedding into weights.
    seed : int
        Of its initial weights.

    References
    ----------
    Snell, Swersky and Zemel 2017, "Prototypical networks for few-shot learning", §2.4; Vinyals et al. 2016, "Matching
    networks for one shot learning" (the answer as attention to labelled examples).

    Examples
    --------
    >>> import metalearn as ml
    >>> backbone, embedder = ml.Backbone(), ml.load_embedder("episodes", "lake")
    >>> ml.Learner(backbone, ml.WeightedPrototypeInit(backbone, 32), ml.SGD(0.1), embedder=embedder, steps=0)
    <Learner: WeightedPrototypeInit, SGD, 0 steps, embedder Pipeline, 138,081 parameters>
    """

    def __init__(self, backbone: AnyBackbone, embedding_size: int, hidden_size: int = 64, seed: int = 0) -> None:
        super().__init__()
        self.embedding_size, self.hidden_size = embedding_size, hidden_size
        self.hidden, self.log_weights = two_layers(embedding_size, hidden_size, backbone.features_size, seed)

    def forward(self, support: Support) -> Params:
        """Return ``head_weight`` ``[T, ways, D]`` and ``head_bias`` ``[T, ways]``."""
        embedding = support.given_embedding(self.embedding_size).to(support.features)
        weights = self.log_weights(F.relu(self.hidden(embedding))).exp()[:, None]
        means = class_means(support.features, support.y, support.ways)
        return {"head_weight": 2 * weights * means, "head_bias": -(weights * means.square()).sum(-1)}
