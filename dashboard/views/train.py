"""Train: meta-train a small learner from nothing, watch it, then use it on the other pages."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import address, state, training
from dashboard.address import Choice
from dashboard.language import _, error_text
from dashboard.training import Training
from dashboard.widgets import chart, data_banner, miniatures, split_picker
from metalearn import plots
from metalearn.characters.character_set import CharacterSet


def choices() -> dict[str, Choice]:
    """Return what the page's address holds."""
    return {
        "split": state.SPLIT,
        "train": Choice(address.one_of(training.LEARNERS), training.LEARNERS[0]),
        "meta_steps": Choice(address.number(20, 400), 120),
        "train_seed": Choice(address.number(0, 9999), 0),
        "run": Choice(training.read_run, ""),
    }


def choose() -> tuple[Training, DeltaGenerator]:
    """Ask what to train, and for how long. Return it, and where a button that starts it has its place."""
    columns = st.columns([4, 5, 4, 3, 2], vertical_alignment="bottom")
    with columns[0]:
        split = split_picker.choose()
    titles = state.learner_titles(split)
    recipe = columns[1].selectbox(
        _("Learner"), training.LEARNERS, format_func=titles.__getitem__, key="train", persist_state="session"
    )
    steps = columns[2].slider(
        _("Meta-steps"),
        20,
        400,
        step=20,
        key="meta_steps",
        persist_state="session",
        help=_("In each, the learner adapts to some tasks, and its start is improved (outer loop, Finn et al. 2017)."),
    )
    seed = columns[3].number_input(_("Seed"), 0, 9999, key="train_seed", persist_state="session")
    return Training(recipe, split, int(steps), int(seed)), columns[4]


def start(wanted: Training, characters: CharacterSet) -> None:
    """Start the training, if nobody else is training."""
    if training.start(wanted, characters):
        st.session_state["run"] = wanted.name
    else:
        st.session_state["waiting"] = True


@st.fragment(run_every=1.0)
def watch(now: Training) -> None:
    """Show how far a training is, with its curves; a button stops it."""
    if now.finished:
        st.rerun()
    row = st.container(horizontal=True, vertical_alignment="center")
    row.progress(now.step / now.meta_steps, _("Meta-step {step} of {all}").format(step=now.step, all=now.meta_steps))
    row.button(_("Stop"), on_click=now.stopping.set, icon=":material/stop_circle:", disabled=now.stopping.is_set())
    miniatures.show(now)
    show_curves(now)


def show_curves(now: Training) -> None:
    """Draw the loss and the validation accuracy so far."""
    if now.progress is None or not now.progress.losses:
        st.caption(_("Getting ready: the first step waits for torch."))
        return
    left, right = st.columns(2)
    losses = plots.curves({_("query loss"): now.progress.losses}, _("query loss"), _("meta-step"))
    chart.show(losses, _("The query loss, meta-step by meta-step."), left)
    if now.progress.validation:
        figure = plots.curves(
            {_("validation"): [accuracy for _step, accuracy in now.progress.validation]},
            _("accuracy, 5-way 1-shot"),
            _("meta-step"),
            percent=True,
        )
        figure.update_traces(x=[step for step, _accuracy in now.progress.validation])
        chart.show(figure, _("The accuracy on validation tasks, every ten meta-steps."), right)


def show_result(done: Training) -> None:
    """Say how a training ended, and link to the page that uses its learner."""
    if done.error:
        st.error(error_text(done.error))
        return
    miniatures.show(done)
    best = max((accuracy for _step, accuracy in done.progress.validation), default=0.0) if done.progress else 0.0
    st.success(
        _(
            "After {step} meta-steps the best validation accuracy was {best:.1%} (40 tasks, 5-way 1-shot, characters "
            "that were not trained on). The learner is yours until the server stops."
        ).format(step=done.step, best=best)
    )
    st.page_link(
        "views/adaptation.py",
        label=_("Watch it adapt"),
        icon=":material/play_circle:",
        query_params=[("learners", done.name), ("split", done.split)],
    )
    show_curves(done)


def page() -> None:
    st.title(_("Train"))
    st.markdown(
        _(
            "Meta-training makes a start from which few examples are enough. Here a small one begins from nothing, and "
            "takes a minute or two. What ships was trained in the same way, longer."
        )
    )
    characters = state.characters()
    data_banner.warn()
    with address.synchronised(choices()):
        wanted, place = choose()
    now = training.find(st.session_state["run"])
    running = now is not None and not now.finished
    place.button(
        _("Train"), type="primary", on_click=start, args=(wanted, characters), disabled=running, width="stretch"
    )
    if st.session_state.pop("waiting", False):
        st.warning(_("Somebody else is training on this server. Try again in a minute."))
    if now is not None:
        now.join()
        if running:
            watch(now)
        else:
            show_result(now)
    data_banner.cite(characters)


page()
