"""The one exception that is written for people."""


class UserError(Exception):
    """One sentence that says what is wrong and what to do; shown as it is, without a traceback."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
