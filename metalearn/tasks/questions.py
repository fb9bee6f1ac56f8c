"""The three questions that can be asked of the same drawings. Nothing here needs torch."""

QUESTIONS = ("character", "alphabet", "drawer")
