"""Texts of the library that pages show, listed here so that they get into the catalogues of translations."""


def noted(text: str) -> str:
    """Mark a text for the catalogues. It is translated where it is shown."""
    return text


PROJECTIONS = (
    noted("UMAP 2D"),
    noted("UMAP 2D, another seed"),
    noted("UMAP 3D"),
    noted("PCA 2D"),
    noted("PCA 3D"),
)
COLOURS = (
    noted("alphabet"),
    noted("question"),
    noted("split side"),
    noted("k-means cluster"),
    noted("HDBSCAN cluster"),
    noted("difficulty"),
)
MEASURES = (
    noted("nearest task of the same alphabet"),
    noted("of the ten nearest tasks, those of the same alphabet"),
    noted("agreement of clusters with alphabets (NMI)"),
    noted("which question a task asks, by its five nearest"),
    noted("a task is nearest to itself from other drawings"),
    noted("rank correlation of nearness with transfer"),
    noted("rank correlation of nearness with transfer: difference to the mean features, paired"),
    noted("rank correlation of length with difficulty"),
    noted("accuracy, 5-way 1-shot"),
    noted("gain in accuracy over the unconditioned twin"),
    noted("accuracy, 5-way 5-shot"),
    noted("nearest task of the same alphabet: difference to the mean features, paired"),
    noted("which question a task asks: difference to the scatter, paired"),
    noted("accuracy"),
    noted("accuracy within each alphabet, 20-way 1-shot"),
    noted("gain in accuracy over each control"),
    noted("accuracy, told its own embedding"),
    noted("accuracy, told one thing or another"),
    noted("which question a task asks, by a linear rule"),
)
LEARNERS = (
    noted("Prototypical network"),
    noted("Prototypical network, wider and longer trained"),
    noted("Three wide prototypical networks side by side"),
    noted("From scratch"),
    noted("Learned init of the head (ANIL)"),
    noted("Learned init (first-order MAML)"),
    noted("Learned init (MAML)"),
    noted("Reptile"),
    noted("Prototypical network, trained on"),
    noted("Ridge regression (R2D2)"),
    noted("Prototypes, diagonal Mahalanobis"),
    noted("ProtoMAML"),
    noted("From the prototypical network: plain steps"),
    noted("From the prototypical network: learned step sizes"),
    noted("From the prototypical network: step sizes from gradients"),
    noted("From the prototypical network: recurrent optimizer"),
    noted("Init set by the task embedding"),
    noted("Init from the nearest training tasks"),
    noted("Embedding copied into the first layer"),
    noted("Step sizes set by the task embedding"),
    noted("A step size for each number, set by the task embedding"),
    noted("Attention over places"),
    noted("Recurrent optimizer told the task embedding"),
    noted("Attention over a bank of modulations"),
    noted("Attention that selects channels"),
    noted("Init, steps and attention together"),
)
PLAYER = (
    noted("support loss, by step"),
    noted("query accuracy, by step"),
    noted("the task on the map"),
    noted("decision regions"),
    noted("attention weights"),
    noted("step sizes, {low} (dark) to {high} (light)"),
    noted("step sizes, {low} throughout"),
    noted("{layer}, step {step}: {size}"),
    noted("part {number}: {weight}"),
    noted("support, {name}"),
    noted("query, is {name}<br>taken for {guess}"),
    noted("query, is {name}<br>no answer yet"),
    noted("is {name}<br>taken for {guess}, {share}"),
    noted("is {name}<br>no answer yet"),
    noted("Play"),
    noted("Pause"),
    noted("◀ Step"),
    noted("Step ▶"),
    noted("step"),
)
COMPONENTS = (
    noted("first component"),
    noted("second component"),
    noted("third component"),
)
