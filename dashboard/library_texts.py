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
# What pages call the names that stand in tables and files.
LEARNERS = {
    "prototypes": noted("Prototypical network"),
    "wide": noted("Prototypical network, wider and longer trained"),
    "ensemble": noted("Three wide prototypical networks side by side"),
    "scratch": noted("From scratch"),
    "maml": noted("Learned init (MAML)"),
    "fomaml": noted("Learned init (first-order MAML)"),
    "anil": noted("Learned init of the head (ANIL)"),
    "reptile": noted("Reptile"),
    "prototypes-twin": noted("Prototypical network, trained on"),
    "ridge": noted("Ridge regression (R2D2)"),
    "mahalanobis": noted("Prototypes, diagonal Mahalanobis"),
    "protomaml": noted("ProtoMAML"),
    "film": noted("From the prototypical network: plain steps"),
    "film-metasgd": noted("From the prototypical network: learned step sizes"),
    "film-alfa": noted("From the prototypical network: step sizes from gradients"),
    "film-recurrent": noted("From the prototypical network: recurrent optimizer"),
    "preinit": noted("Init set by the task embedding"),
    "neighbours": noted("Init from the nearest training tasks"),
    "literal": noted("Embedding copied into the first layer"),
    "step-sizes": noted("Step sizes set by the task embedding"),
    "step-sizes-each": noted("A step size for each number, set by the task embedding"),
    "recurrent": noted("Recurrent optimizer told the task embedding"),
    "attention": noted("Attention over a bank of modulations"),
    "selection": noted("Attention that selects channels"),
    "places": noted("Attention over places"),
    "all-three": noted("Init, steps and attention together"),
}
CONTROLS = {
    "twin": noted("the twin without an embedding"),
    "shuffled": noted("told another task's embedding"),
    "zero": noted("told nothing"),
    "random": noted("told noise"),
    "another of the same question": noted("told another task's of the same question"),
    "another question's": noted("told another question's embedding"),
    "trained on shuffled": noted("trained on shuffled embeddings"),
    "own": noted("told its own embedding"),
    "truth": noted("told the question itself"),
}
QUESTIONS = {
    "all": noted("all questions"),
    "character": noted("character"),
    "alphabet": noted("alphabet"),
    "drawer": noted("drawer"),
    "pen": noted("pen"),
    "size": noted("size"),
    "paper": noted("paper"),
    "turn": noted("turn"),
    "upper left": noted("upper left"),
    "upper right": noted("upper right"),
    "lower left": noted("lower left"),
    "lower right": noted("lower right"),
}
SETTINGS = {
    "unstructured": noted("any alphabets"),
    "within-alphabet": noted("within one alphabet"),
    "mixed": noted("mixed questions"),
    "hidden-5": noted("hidden questions (5)"),
    "which-part": noted("which part counts"),
    "article": noted("article split"),
    "lake": noted("lake split"),
    "raw": noted("as it is"),
    "whitened": noted("whitened"),
}
WORLDS = {
    "unstructured": noted("characters of any alphabets"),
    "within-alphabet": noted("characters of one alphabet"),
    "mixed": noted("mixed questions"),
    "hidden-5": noted("hidden questions (5)"),
    "which-part": noted("which part counts"),
}
EMBEDDINGS = {
    "gradient": noted("gradients"),
    "gradient-long": noted("gradients, longer training"),
    "gradient-trajectory": noted("gradients along the training"),
    "gradient-fisher": noted("gradients with Fisher information"),
    "prototype-gradient": noted("gradients of prototypes"),
    "adaptation": noted("adapted parameters"),
    "adaptation-context": noted("adapted context"),
    "collaborative": noted("scores of solvers"),
    "generative": noted("code of a generative model"),
    "generative-adversarial": noted("code of an adversarial model"),
    "scatter": noted("scatter of features"),
    "mean_features": noted("mean features"),
    "mean_pixels": noted("mean pixels"),
    "untrained_network": noted("gradients of an untrained network"),
}
IN_TABLES = {**EMBEDDINGS, **CONTROLS, **QUESTIONS, **SETTINGS, **LEARNERS}
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
GROUPS = (
    noted("training"),
    noted("validation"),
    noted("test"),
    noted("in no cluster"),
    noted("easiest fifth"),
    noted("second fifth"),
    noted("third fifth"),
    noted("fourth fifth"),
    noted("hardest fifth"),
)
COMPONENTS = (
    noted("first component"),
    noted("second component"),
    noted("third component"),
)
