"""The one exception that is written for people."""


class UserError(RuntimeError):
    """One sentence that says what is wrong and what to do; shown as it is, without a traceback.

    A RuntimeError, since LangGraph's server says "An internal error occurred" for kinds that it does not know.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
