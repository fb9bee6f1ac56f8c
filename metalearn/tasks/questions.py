"""What tasks can ask of drawings. Nothing here needs torch."""

QUESTIONS = ("character", "alphabet", "drawer")
"""The three questions that can be asked of the same drawings."""

HIDDEN_QUESTIONS = ("character", "pen", "size", "turn", "paper", "across", "frame", "up")
"""What tasks of :class:`HiddenQuestions` ask about: the character, or an attribute that drawings are drawn with."""

PLACES = ("upper left", "upper right", "lower left", "lower right")
"""What tasks of :class:`WhichPart` ask about: places on a page."""
